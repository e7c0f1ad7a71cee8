"""The steps of OpenAI's published guide to reinforcement fine-tuning, over its models' names.

Its data and its judge's instructions are made small, and its model is a small one whose template
can think; all requests have the shapes of the guide, which sends most of them without a client.
"""

import inspect
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import OpenAI

import understudy.registry
from tests.acceptance import acceptance
from tests.live import KEY, LiveServer, live_server
from tests.unit.chat.templates import FAMILIES

pytestmark = [acceptance, pytest.mark.slow, pytest.mark.timeout(900)]

MODEL, JUDGE = "o4-mini-2025-04-16", "gpt-4.1-2025-04-14"
PROMPT = "Respond with exactly one phrase, all in lowercase."
FINDINGS = ("a cough", "a fever", "a rash", "pale skin", "no voice", "a sore knee")


def clinical_phrase_grader(sample: dict[str, Any], item: dict[str, Any]) -> float:
    from rapidfuzz import fuzz, utils

    score = fuzz.token_set_ratio(
        sample["output_text"], item["reference_answer"], processor=utils.default_process
    )
    return score / 100.0


def clinical_phrase_binary_grader(sample: dict[str, Any], item: dict[str, Any]) -> float:
    return 1.0 if sample["output_text"] == item["reference_answer"] else 0.0


def python_grader(function: Any) -> dict[str, Any]:
    source = inspect.getsource(function).replace(function.__name__, "grade", 1)
    # The guide's functions have untyped dictionaries; these are checked with the tests.
    source = source.replace("dict[str, Any]", "dict")
    return {
        "name": function.__name__,
        "image_tag": "2025-05-08",
        "type": "python",
        "source": source,
    }


BY_STRING = {
    "type": "multi",
    "graders": {
        "clinical_phrase": python_grader(clinical_phrase_grader),
        "clinical_phrase_binary": python_grader(clinical_phrase_binary_grader),
    },
    "calculate_output": "0.85 * clinical_phrase + 0.15 * clinical_phrase_binary",
}
BY_MODEL = {
    "type": "score_model",
    "name": "gpt41_score_model_2",
    "input": [
        {"role": "system", "content": "Compare both answers and give a score."},
        {
            "role": "user",
            "content": "Reference Answer: {{item.reference_answer}}. "
            "Model's Answer: {{sample.output_text}}",
        },
    ],
    "pass_threshold": 0.75,
    "model": JUDGE,
    "range": [0, 1],
    "sampling_params": {"seed": 42, "temperature": 0},
}


def lines(ages: range) -> list[dict[str, Any]]:
    return [
        {
            "messages": [
                {
                    "role": "user",
                    "content": f"{PROMPT}\n\nA {age}-year-old has {finding}. What is it?",
                }
            ],
            "reference_answer": finding,
        }
        for age in ages
        for finding in FINDINGS
    ]


class Guide:
    """The guide's requests, each with its own path, headers and body."""

    def __init__(self, http: httpx2.Client) -> None:
        self.http = http

    def validate(self, grader: dict[str, Any]) -> None:
        response = self.http.post("/fine_tuning/alpha/graders/validate", json={"grader": grader})
        response.raise_for_status()

    def upload(self, path: Path) -> str:
        with path.open("rb") as file:
            response = self.http.post("/files", files={"file": file}, data={"purpose": "fine-tune"})
        response.raise_for_status()
        return str(response.json()["id"])

    def launch(self, training: str, validation: str, grader: dict[str, Any]) -> str:
        body = {
            "training_file": training,
            "validation_file": validation,
            "model": MODEL,
            "suffix": "medical_01_verifiable_problem",
            "method": {
                "type": "reinforcement",
                "reinforcement": {
                    "grader": grader,
                    "response_format": None,
                    "hyperparameters": {
                        "compute_multiplier": 1.0,
                        "eval_samples": 3,
                        "eval_interval": 5,
                        "n_epochs": 5,
                        "reasoning_effort": "medium",
                    },
                },
            },
            "seed": 42,
        }
        response = self.http.post("/fine_tuning/jobs", json=body)
        assert response.is_success, response.text
        return str(response.json()["id"])

    def ended(self, job_id: str) -> dict[str, Any]:
        while True:
            job: dict[str, Any] = self.http.get(f"/fine_tuning/jobs/{job_id}").json()
            if job["status"] in ("succeeded", "failed", "cancelled"):
                return job
            time.sleep(0.5)


def predictions(client: OpenAI, model: str, asked: list[dict[str, Any]]) -> list[str]:
    texts: list[str] = []
    for item in asked:
        response = client.responses.create(
            model=model,
            input=item["messages"],
            reasoning={"effort": "medium", "summary": "detailed"},
        )
        assert response.usage is not None
        assert response.usage.output_tokens_details.reasoning_tokens >= 0
        texts.append(response.output_text)
    return texts


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    home = tmp_path_factory.mktemp("guided")
    template = home / "thinking.jinja"
    template.write_text(FAMILIES["qwen3"].template)
    builtin = Path(understudy.registry.__file__).parent / "builtin" / "understudy-mini"
    added = subprocess.run(
        (
            *(sys.executable, "-m", "understudy", "models", "add", "thinking-mini"),
            *("--directory", str(builtin), "--chat-template", str(template), "--home", str(home)),
        ),
        capture_output=True,
        text=True,
    )
    assert added.returncode == 0, added.stdout + added.stderr
    aliases = [f"--alias={name}=thinking-mini" for name in (MODEL, "o4-mini")]
    with live_server(home, *aliases, f"--alias={JUDGE}=understudy-mini") as running:
        yield running


def test_the_steps_of_the_guide_run_with_another_address(server: LiveServer, tmp_path: Path):
    training, held_out = lines(range(30, 33)), lines(range(50, 52))
    files: list[Path] = []
    for name, some in (("train", training), ("val", held_out)):
        files.append(tmp_path / f"medical_{name}.jsonl")
        files[-1].write_text("\n".join(map(json.dumps, some)))
    headers = {"Authorization": f"Bearer {KEY}"}
    with (
        server.client() as client,
        httpx2.Client(base_url=server.url, headers=headers, timeout=120) as http,
    ):
        guide = Guide(http)
        assert len(predictions(client, "o4-mini", held_out[:2])) == 2
        for grader in (BY_STRING, BY_MODEL):
            guide.validate(grader)
        # A judge this small gives every answer full marks, and nothing is learned from those.
        job_id = guide.launch(*map(guide.upload, files), BY_STRING)

        job = guide.ended(job_id)

        assert job["status"] == "succeeded", job["error"]
        tuned = str(job["fine_tuned_model"])
        assert tuned.startswith(f"ft:{MODEL}:")
        assert len(predictions(client, tuned, held_out[:2])) == 2
        runs = client.evals.runs.list(job["eval_id"]).data
        assert runs
        assert all(run.status == "completed" for run in runs)
        assert runs[0].result_counts.total == 3 * len(held_out)
