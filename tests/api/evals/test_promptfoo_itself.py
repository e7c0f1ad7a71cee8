"""promptfoo itself on our exports: it asks the same, and passes and fails the same items.

It is large, so it is not installed with the other tools of the tests: `npm install promptfoo` and
name its executable in PROMPTFOO, or put it on the PATH.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from tests.api.evals.eval_requests import finished, items_of, make_eval
from tests.api.evals.eval_runner import running_runner
from tests.api.harness import BASE, RunningServer
from understudy.cli.evals.export import promptfoo_yaml

PROMPTFOO = os.environ.get("PROMPTFOO") or shutil.which("promptfoo")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(PROMPTFOO is None, reason="promptfoo is not installed; see PROMPTFOO"),
]

OUTPUT, REFERENCE = "{{ sample.output_text }}", "{{ item.answer }}"
ITEM_SCHEMA = {"type": "object", "properties": {"answer": {}, "question": {}}}
CONFIG = {"type": "custom", "item_schema": ITEM_SCHEMA, "include_sample_schema": True}
CHECKS = [
    {
        **{"type": "string_check", "name": operation, "operation": operation},
        **{"input": OUTPUT, "reference": REFERENCE},
    }
    for operation in ("eq", "ne", "like", "ilike")
]
SIMILARITIES = [
    {
        **{"type": "text_similarity", "name": metric, "evaluation_metric": metric},
        **{"input": OUTPUT, "reference": REFERENCE, "pass_threshold": 0.6},
    }
    for metric in ("fuzzy_match", "bleu", "gleu", "meteor", "rouge_1", "rouge_5", "rouge_l")
]
PYTHON = {
    "type": "python",
    "name": "python",
    "source": (
        "MARKS = '''{{ x }} {% y %}\n  {# z #}'''\n\n\ndef grade(sample, item):\n"
        "    assert set(sample) >= {'output_text', 'output_json', 'output_tools', 'choices'}\n"
        "    assert MARKS.splitlines()[1] == '  {' + '# z #}'\n"
        "    said = sample['choices'][0]['message']['content']\n"
        "    calls = [call['function']['name'] for call in sample['output_tools']]\n"
        "    return float(said == item['answer'] or calls == ['look_up'])\n"
    ),
}
MULTI = {
    **{"type": "multi", "name": "multi", "calculate_output": "max(a, b)", "pass_threshold": 0.7},
    "graders": {"a": CHECKS[0], "b": SIMILARITIES[0]},
}
CALL = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}
# Answer and what was said: alike and not, and texts that promptfoo likes to rewrite.
GIVEN: list[tuple[Any, str]] = [
    ("Paris", "Paris"),
    ("Paris.", "paris"),
    ("the cat sat on the mat", "The cat sat on a mat, it seems."),
    ("東京は日本の首都です", "東京は日本の首都だ"),
    ('{"x": 1}', '{"x": 1}'),
    ('{"x": 1}', '{"x":1}'),
    ({"x": 1.0}, '{"x": 1.0}'),
    ("{{ item.question }}", "{{ item.question }}"),
    ("{% raw %} {# c #}", "{% raw %} {# c #}"),
    ("file:///etc/hostname", "file:///etc/hostname"),
    ("", ""),
    ("x", ""),
    (5, "5"),
    (True, "true"),
    (None, "null"),
    ("a\n\"b\" & <c> 'd'\\", "a\n\"b\" & <c> 'd'\\"),
]


@pytest.fixture(scope="module", autouse=True)
def _runner(server: RunningServer) -> Iterator[None]:
    with running_runner(server):
        yield


def promptfoo(client: OpenAI, eval_id: str, directory: Path) -> tuple[str, list[dict[str, Any]]]:
    """Export an eval's latest run; return the configuration and promptfoo's results in order."""
    text, _ = promptfoo_yaml(client, eval_id, None)
    (directory / "c.yaml").write_text(text)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "OPENAI_BASE_URL": str(client.base_url).rstrip("/"),
        "OPENAI_API_KEY": client.api_key,
        "PROMPTFOO_CONFIG_DIR": str(directory),
        "PROMPTFOO_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PROMPTFOO_DISABLE_TELEMETRY": "1",
        "PROMPTFOO_DISABLE_UPDATE": "1",
        "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
    }
    options = ("--no-cache", "--no-progress-bar", "--no-table", "--max-concurrency", "1")
    ran = subprocess.run(
        [str(PROMPTFOO), "eval", "-c", "c.yaml", "-o", "out.json", *options],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode in (0, 100), ran.stdout + ran.stderr  # 100: some items fail
    results = json.loads((directory / "out.json").read_text())["results"]["results"]
    return text, sorted(results, key=lambda result: result["testIdx"])


def verdicts(result: dict[str, Any]) -> dict[str, bool]:
    assert result["gradingResult"] is not None, result.get("error")
    components = result["gradingResult"]["componentResults"]
    return {each["assertion"]["metric"]: each["pass"] for each in components}


def ours(client: OpenAI, eval_id: str) -> list[dict[str, bool]]:
    run = client.evals.runs.list(eval_id, order="desc").data[0]
    return [
        {result.name[:-37]: result.passed for result in item.results}
        for item in items_of(client, finished(client, run))
    ]


@pytest.mark.parametrize(
    ("criteria", "given"),
    [
        pytest.param([*CHECKS, PYTHON], GIVEN, id="checks and code"),
        # Each of these starts a Python with this package in it.
        pytest.param([*SIMILARITIES, MULTI], [*GIVEN[:4], ("x", "")], id="measures"),
    ],
)
def test_given_answers_pass_and_fail_the_same(
    client: OpenAI, tmp_path: Path, criteria: list[dict[str, Any]], given: list[tuple[Any, str]]
):
    made = make_eval(client, data_source_config=CONFIG, testing_criteria=criteria)
    samples = [{"output_text": text, "output_tools": list[Any]()} for _, text in given]
    samples[1]["output_tools"] = [CALL]
    rows: list[dict[str, Any]] = [
        {"item": {"answer": answer}, "sample": {**sample, "choices": [_choice(sample)]}}
        for (answer, _), sample in zip(given, samples, strict=True)
    ]
    source = {"type": "jsonl", "source": {"type": "file_content", "content": rows}}
    finished(client, client.evals.runs.create(made.id, data_source=source))  # type: ignore[arg-type]
    text, results = promptfoo(client, made.id, tmp_path)
    assert "# Not exported" not in text
    assert [verdicts(result) for result in results] == ours(client, made.id)
    for criterion in criteria:
        name = criterion["name"]
        assert {verdicts(result)[name] for result in results} == {True, False}, name


def _choice(sample: dict[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": sample["output_text"]}
    return {"index": 0, "message": message}


def test_promptfoo_asks_a_model_the_same(server: RunningServer, client: OpenAI, tmp_path: Path):
    made = make_eval(client, data_source_config=CONFIG, testing_criteria=[CHECKS[0], PYTHON])
    questions = ['A "quoted"\nline', "{{ item.answer }} {% if %}", {"k": [1.0, None]}, "plain \\n"]
    rows = [{"item": {"question": q, "answer": f"a{n}"}} for n, q in enumerate(questions)]
    template = [
        {"role": "developer", "content": 'Be brief. {{ "{{" }} x }}'},
        {"role": "user", "content": "Say: {{ item.question }}"},
    ]
    source = {
        "type": "completions",
        "model": BASE,
        "input_messages": {"type": "template", "template": template},
        "sampling_params": {"temperature": 0.0, "max_completion_tokens": 20},
        "source": {"type": "file_content", "content": rows},
    }
    # All say the same, so that the order of the requests does not matter.
    server.engine.says(*["a1"] * 4)
    finished(client, client.evals.runs.create(made.id, data_source=source))  # type: ignore[arg-type]
    asked = sorted(server.engine.prompts())
    server.engine.says(*["a1"] * 4)
    _, results = promptfoo(client, made.id, tmp_path)
    assert sorted(server.engine.prompts()) == asked
    assert [verdicts(result) for result in results] == ours(client, made.id)
    assert [result["success"] for result in results] == [False, True, False, False]


@pytest.mark.parametrize("passes", [True, False])
def test_a_judge_is_asked_by_promptfoo(
    server: RunningServer, client: OpenAI, tmp_path: Path, passes: bool
):
    judged = [
        {
            **{"type": "label_model", "name": "label", "model": BASE},
            "input": [{"role": "user", "content": "Is {{ sample.output_text }} kind?"}],
            **{"labels": ["kind", "rude"], "passing_labels": ["kind"]},
        },
        {
            **{"type": "score_model", "name": "score", "model": BASE, "range": [0, 10]},
            "input": [{"role": "user", "content": "Rate {{ sample.output_text }}."}],
        },
    ]
    made = make_eval(client, data_source_config=CONFIG, testing_criteria=judged)
    rows = [{"item": {"answer": "x"}, "sample": {"output_text": "hello there"}}]
    source = {"type": "jsonl", "source": {"type": "file_content", "content": rows}}
    label, score = ("kind", 9) if passes else ("rude", 1)
    server.engine.says(f'{{"result": "{label}"}}', f'{{"result": {score}}}')
    finished(client, client.evals.runs.create(made.id, data_source=source))  # type: ignore[arg-type]
    said = json.dumps({"reason": "so", "pass": passes, "score": float(passes)})
    server.engine.says(said, said)
    _, results = promptfoo(client, made.id, tmp_path)
    assert "hello there" in server.engine.prompts()[0]
    assert verdicts(results[0]) == {"label": passes, "score": passes}
