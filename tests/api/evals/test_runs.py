"""Runs of evals by the official client, against a running server and a running runner."""

import json
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from tests.api.evals.eval_requests import (
    CUSTOM,
    EXACT,
    completions,
    finished,
    items_of,
    jsonl,
    make_eval,
    row,
    run_refusal,
    run_to_end,
)
from tests.api.evals.eval_runner import running_runner
from tests.api.harness import ALIAS, BASE, RunningServer, wait_until
from tests.api.scripted_engine import Script
from tests.forged import FORGED, forged


@pytest.fixture(scope="module", autouse=True)
def _runner(server: RunningServer) -> Iterator[None]:
    with running_runner(server):
        yield


def test_rows_that_bring_their_answers_are_graded_as_they_are(client: OpenAI):
    made = make_eval(client)
    run = client.evals.runs.create(
        made.id,
        name="first",
        metadata={"try": "1"},
        data_source=jsonl(row("Norway?", "Oslo", "Oslo"), row("Peru?", "Lima", "Cusco")),  # type: ignore[arg-type]
    )
    assert run.status == "queued"
    assert run.result_counts.total == 2
    done = finished(client, run)
    assert done.status == "completed"
    assert done.result_counts.to_dict() == {"total": 2, "errored": 0, "failed": 1, "passed": 1}
    criterion = made.testing_criteria[0].to_dict()["id"]
    assert [c.to_dict() for c in done.per_testing_criteria_results] == [
        {"testing_criteria": criterion, "passed": 1, "failed": 1}
    ]
    assert (done.name, done.metadata, done.error) == ("first", {"try": "1"}, None)
    assert done.per_model_usage == []
    items = items_of(client, done)
    assert [(i.datasource_item_id, i.status) for i in items] == [(0, "pass"), (1, "fail")]
    result = items[1].results[0]
    assert (result.name, result.score, result.passed) == (criterion, 0.0, False)
    assert items[1].datasource_item == {"question": "Peru?", "answer": "Lima"}
    assert items[1].sample.output[0].content == "Cusco"
    assert items[1].sample.error is None


def test_a_model_is_asked_and_its_answers_graded(server: RunningServer, client: OpenAI):
    server.engine.says(Script(text="Oslo"), Script(text="Lima"))
    made = make_eval(client)
    source = completions(
        row("Norway?", "Oslo"),
        row("Peru?", "Lima"),
        sampling_params={"temperature": 0.0, "max_completion_tokens": 7, "seed": 3, "top_p": 1.0},
    )
    done = run_to_end(client, made.id, source)
    requests = server.engine.requests
    assert [r.sampling.max_tokens for r in requests] == [7, 7]
    assert {r.sampling.seed for r in requests} == {3}
    prompts = server.engine.prompts()
    assert any("Answer in one word." in p and "Norway?" in p for p in prompts)
    # Scripts are said in the order in which questions come, which is not fixed.
    assert done.result_counts.passed in (0, 2)
    assert done.model == BASE
    usage = done.per_model_usage[0]
    assert (usage.model_name, usage.invocation_count) == (BASE, 2)
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens > 0
    sample = items_of(client, done)[0].sample
    assert [m.role for m in sample.input] == ["developer", "user"]
    assert sample.input[1].content == "Norway?"
    assert (sample.model, sample.finish_reason, sample.temperature) == (BASE, "stop", 0.0)
    assert (sample.max_completion_tokens, sample.seed) == (7, 3)
    assert sample.usage.completion_tokens > 0


def test_a_whole_conversation_of_the_item_can_be_asked(server: RunningServer, client: OpenAI):
    schema = {"type": "object", "properties": {"input": {"type": "array"}}, "required": ["input"]}
    made = make_eval(
        client,
        data_source_config=CUSTOM | {"item_schema": schema},
        testing_criteria=[EXACT | {"reference": "fine"}],
    )
    server.engine.says(Script(text="fine"))
    talk = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "input_text", "text": "How are you?"}]},
    ]
    reference = {"type": "item_reference", "item_reference": "item.input"}
    source = completions({"item": {"input": talk}}, input_messages=reference)
    done = run_to_end(client, made.id, source | {"type": "responses"})
    assert done.result_counts.passed == 1
    assert "How are you?" in server.engine.prompts()[-1]


def test_rows_of_a_file_are_those_it_had_when_the_run_was_created(client: OpenAI):
    lines = [row("Norway?", "Oslo", "Oslo"), row("Peru?", "Lima", "Lima")]
    file = client.files.create(
        file=("rows.jsonl", "\n".join(map(json.dumps, lines)).encode()), purpose="evals"
    )
    made = make_eval(client)
    run = client.evals.runs.create(
        made.id,
        data_source={"type": "jsonl", "source": {"type": "file_id", "id": file.id}},
    )
    client.files.delete(file.id)
    assert finished(client, run).result_counts.passed == 2


def test_an_answer_that_cannot_be_had_makes_an_errored_item(client: OpenAI):
    made = make_eval(client)
    long = "word " * 5000
    done = run_to_end(client, made.id, completions(row(long, "a")))
    assert done.status == "completed"
    assert done.result_counts.errored == 1
    item = items_of(client, done)[0]
    assert item.status == "errored"
    assert item.results == []
    assert item.sample.error.code == "context_length_exceeded"


def test_an_engine_that_dies_is_waited_for(server: RunningServer, client: OpenAI):
    server.engine.says(Script(text="Os", dies=True), "Oslo")
    made = make_eval(client)
    done = run_to_end(client, made.id, completions(row("Norway?", "Oslo")))
    assert done.result_counts.passed == 1
    assert len(server.engine.requests) == 2


def test_a_grader_that_cannot_tell_makes_an_errored_item(client: OpenAI):
    schema = {"type": "object", "properties": {"answer": {}}}
    made = make_eval(client, data_source_config=CUSTOM | {"item_schema": schema})
    done = run_to_end(
        client, made.id, jsonl({"item": {"other": 1}, "sample": {"output_text": "x"}})
    )
    assert done.result_counts.errored == 1
    result = items_of(client, done)[0].results[0].to_dict()
    assert result["error"]["code"] == "invalid_variable_error"
    assert (result["score"], result["passed"]) == (0.0, False)
    assert done.per_testing_criteria_results[0].to_dict()["failed"] == 0


def test_each_row_is_asked_as_often_as_wanted_and_compared_by_its_mean(
    server: RunningServer, client: OpenAI
):
    made = make_eval(client)
    server.engine.says("Oslo", "Bergen", "Oslo", "Lima", "Lima", "Cusco")
    source = completions(
        row("Norway?", "Oslo"), row("Peru?", "Lima"), sampling_params={"seed": 7, "temperature": 1}
    )
    run = client.evals.runs.create(made.id, data_source=source, extra_body={"repeats": 3})  # type: ignore[arg-type]
    done = finished(client, run)
    assert done.to_dict()["repeats"] == 3
    assert done.result_counts.total == 6
    assert (done.result_counts.passed, done.result_counts.failed) == (4, 2)
    items = items_of(client, done)
    assert [item.datasource_item_id for item in items] == [0, 0, 0, 1, 1, 1]
    assert sorted(item.sample.seed for item in items) == [7, 7, 8, 8, 9, 9]
    path = f"/x/evals/{made.id}/compare?base={done.id}&candidate={done.id}"
    found: Any = client.get(path, cast_to=object)
    assert found["pairs"] == 2
    assert found["overall"]["base"]["rate"] == pytest.approx(2 / 3)
    assert found["statements"][-1]["code"] == "averaged"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (jsonl(row("q", "a", "a")), "no model is asked"),
        (completions(row("q", "a"), sampling_params={"temperature": 0}), "temperature of 0"),
    ],
)
def test_repeats_that_could_only_give_the_same_answers_are_refused(
    client: OpenAI, source: Any, words: str
):
    made = make_eval(client)
    with pytest.raises(BadRequestError, match=words) as refused:
        client.evals.runs.create(made.id, data_source=source, extra_body={"repeats": 2})
    assert refused.value.param == "repeats"


TOTAL = {
    "string": {**EXACT, "input": "{{ sample.output_json.total }}"},
    "similar": {
        "type": "text_similarity",
        "name": "similar",
        "input": "{{ sample.output_tools[0].function.arguments }}",
        "reference": "{{ item.answer }}",
        "evaluation_metric": "rouge_l",
        "pass_threshold": 0,
    },
    "code": {
        "type": "python",
        "name": "code",
        "source": "import json\n\ndef grade(sample, item):\n"
        "    return json.loads(sample['output_text'])['total'] == item['answer']\n",
    },
    "judge": {
        "type": "label_model",
        "name": "judge",
        "model": BASE,
        "input": [{"role": "user", "content": "Right? {{ sample.output_json.total }}"}],
        "labels": ["yes", "no"],
        "passing_labels": ["yes"],
    },
}


@pytest.mark.parametrize("kind", TOTAL)
def test_prose_where_json_was_asked_fails_its_criterion_with_the_reason(client: OpenAI, kind: str):
    made = make_eval(client, testing_criteria=[TOTAL[kind]])
    done = run_to_end(client, made.id, jsonl(row("q", "4", "Well, that is four.")))
    counts = done.result_counts
    assert (counts.failed, counts.errored) == (1, 0)
    assert done.per_testing_criteria_results[0].failed == 1
    result = items_of(client, done)[0].results[0].to_dict()
    assert "error" not in result
    assert (result["passed"], result["score"]) == (False, 0)
    assert result["failure"]["code"] in (
        "sample_parse_error",
        "invalid_variable_error",
        "python_grader_runtime_error",
    )


def test_an_item_that_fails_one_criterion_has_failed_whatever_another_would_say(client: OpenAI):
    schema = {"type": "object", "properties": {"answer": {}}}
    broken = {**EXACT, "name": "broken", "reference": "{{ item.answer }}"}
    wants_yes = {**EXACT, "reference": "yes"}
    made = make_eval(
        client,
        data_source_config=CUSTOM | {"item_schema": schema},
        testing_criteria=[broken, wants_yes],
    )
    rows = [{"item": {"n": 1}, "sample": {"output_text": said}} for said in ("yes", "no")]
    done = run_to_end(client, made.id, jsonl(*rows))
    assert [item.status for item in items_of(client, done)] == ["errored", "fail"]


def test_items_can_be_filtered_and_fetched_one_by_one(client: OpenAI):
    made = make_eval(client)
    rows = [row("q", "a", "a" if n % 3 else "b") for n in range(9)]
    done = run_to_end(client, made.id, jsonl(*rows))
    listed = client.evals.runs.output_items.list(
        done.id, eval_id=made.id, status="fail", limit=2, order="desc"
    )
    assert [item.datasource_item_id for item in listed] == [6, 3, 0]
    one = next(iter(listed))
    again = client.evals.runs.output_items.retrieve(one.id, eval_id=made.id, run_id=done.id)
    assert again.to_dict() == one.to_dict()


def test_a_row_that_breaks_the_schema_is_refused_with_its_line(client: OpenAI):
    broken = {"item": {"question": "q", "answer": "a", "level": 0}, "sample": {}}
    error = run_refusal(client, jsonl(row("q", "a", "a"), broken))
    assert error.code == "invalid_row"
    assert error.param == "data_source.source.content[1]"
    assert error.body["message"] == (
        "Line 2 of the content is not usable: it breaks the item_schema of the eval: "
        "item.level breaks minimum 1."
    )
    lacking = run_refusal(client, jsonl({"item": {"question": "q"}, "sample": {}}))
    assert 'item lacks the required "answer"' in lacking.message


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[1]", "Line 2 of the file is not usable: it cannot be read: it is not a JSON object"),
        ('{"items": {}}', "Line 2 of the file is not usable: it has no 'item'"),
        ('{"item": {"question": "q", "answer": "a"}, "x": 1}', "but not 'x'"),
        ('{"item": {"question": "q", "answer": "a"}}', "Line 2 of the data has no 'sample'"),
        ("{", "Line 2 of the file is not usable: it cannot be read"),
    ],
)
def test_a_file_is_refused_with_the_first_bad_line(client: OpenAI, line: str, words: str):
    good = json.dumps(row("q", "a", "a"))
    # What is no JSON object is refused at the upload of a file of this purpose too.
    file = client.files.create(
        file=("rows.jsonl", f"{good}\n{line}\n".encode()), purpose="user_data"
    )
    source = {"type": "jsonl", "source": {"type": "file_id", "id": file.id}}
    assert words in run_refusal(client, source).message


@pytest.mark.parametrize(
    ("source", "param", "words"),
    [
        (
            {"type": "completions", "source": {"type": "stored_completions"}, "model": BASE},
            "data_source.input_messages",
            "without either, stored answers are graded",
        ),
        (completions(row("q", "a"), model=None), "data_source.model", "Missing required"),
        (
            completions(
                row("q", "a"),
                input_messages={
                    "type": "template",
                    "template": [{"role": "user", "content": "{{ item.qestion }}"}],
                },
            ),
            "data_source.input_messages.template[0].content",
            "'item.qestion' is not in the schema",
        ),
        (
            completions(
                row("q", "a"),
                input_messages={
                    "type": "template",
                    "template": [{"role": "user", "content": "{{ sample.output_text }}"}],
                },
            ),
            "data_source.input_messages.template[0].content",
            "before there is a sample",
        ),
        (
            completions(row("q", "a"), sampling_params={"temperature": 3.0}),
            "data_source.sampling_params.temperature",
            "temperature",
        ),
        (
            completions(row("q", "a"), sampling_params={"top_k": 3}),
            "data_source.sampling_params.top_k",
            "Unknown parameter",
        ),
        ({"type": "csv", "source": {}}, "data_source.type", "Supported values"),
    ],
)
def test_a_run_that_could_not_go_well_is_refused_at_once(
    client: OpenAI, source: object, param: str, words: str
):
    error = run_refusal(client, source)
    assert error.param == param
    assert words in error.message


def test_an_unknown_model_or_file_is_not_found(client: OpenAI):
    made = make_eval(client)
    for source in (
        completions(row("q", "a"), model="nobody/nothing"),
        {"type": "jsonl", "source": {"type": "file_id", "id": "file-nothing"}},
    ):
        with pytest.raises(NotFoundError):
            client.evals.runs.create(made.id, data_source=source)  # type: ignore[arg-type]


def test_a_run_is_cancelled_within_seconds(server: RunningServer, client: OpenAI):
    server.engine.says(*(Script(text="o", goes_on=True) for _ in range(3)))
    made = make_eval(client)
    rows = [row("q", "a") for _ in range(3)]
    run = client.evals.runs.create(made.id, data_source=completions(*rows))  # type: ignore[arg-type]
    wait_until(lambda: client.evals.runs.retrieve(run.id, eval_id=made.id).status == "in_progress")
    cancelled = client.evals.runs.cancel(run.id, eval_id=made.id)
    assert cancelled.status == "canceled"
    assert server.http.post(f"/v1/evals/{made.id}/runs/{run.id}").status_code == 401
    wait_until(lambda: len(server.engine.cancelled) == 3, timeout_seconds=5)
    with pytest.raises(BadRequestError, match='already has status "canceled"'):
        client.evals.runs.cancel(run.id, eval_id=made.id)
    assert client.evals.runs.retrieve(run.id, eval_id=made.id).result_counts.passed == 0


def test_an_eval_deleted_under_a_running_run_ends_it(server: RunningServer, client: OpenAI):
    server.engine.says(Script(text="o", goes_on=True))
    made = make_eval(client)
    run = client.evals.runs.create(made.id, data_source=completions(row("q", "a")))  # type: ignore[arg-type]
    wait_until(lambda: client.evals.runs.retrieve(run.id, eval_id=made.id).status == "in_progress")
    client.evals.delete(made.id)
    wait_until(lambda: len(server.engine.cancelled) == 1, timeout_seconds=5)
    # The runner goes on with others.
    assert run_to_end(client, make_eval(client).id, jsonl(row("q", "a", "a"))).result_counts.passed


def test_a_deleted_run_is_gone(client: OpenAI):
    made = make_eval(client)
    run = run_to_end(client, made.id, jsonl(row("q", "a", "a")))
    gone = client.evals.runs.delete(run.id, eval_id=made.id)
    assert (gone.object, gone.deleted, gone.run_id) == ("eval.run.deleted", True, run.id)
    assert list(client.evals.runs.list(made.id)) == []


def test_runs_are_listed_by_status(client: OpenAI):
    made = make_eval(client)
    runs = [run_to_end(client, made.id, jsonl(row("q", "a", "a"))).id for _ in range(3)]
    assert [run.id for run in client.evals.runs.list(made.id, limit=2)] == runs
    assert [r.id for r in client.evals.runs.list(made.id, status="completed", order="desc")] == (
        runs[::-1]
    )
    assert list(client.evals.runs.list(made.id, status="failed")) == []


def test_the_report_url_is_a_page_of_this_server(server: RunningServer, client: OpenAI):
    made = make_eval(client)
    run = client.evals.runs.create(made.id, data_source=jsonl(row("q", "a", "a")))  # type: ignore[arg-type]
    assert run.report_url == f"{server.url}/evals/{made.id}/runs/{run.id}"


def test_answers_that_code_forges_are_errors_of_its_own_items_alone(client: OpenAI):
    bodies = {
        **{kind: forged(FORGED[kind]) for kind in ("no score", "a score of 401 digits", "NaN")},
        "printed": "print('\\ud800\\0')\nreturn 1",
        "raised": "print('\\ud800\\0')\nraise ValueError('\\ud800\\0')",
        "huge": "return 1.7e308",
        "huge again": "return 1.7e308",
    }
    code = {
        "type": "python",
        "name": "code",
        "source": "def grade(sample, item):\n    scope = {}\n"
        "    exec('def f():\\n' + item['answer'], scope)\n    return scope['f']()",
    }
    rows = [row(kind, textwrap.indent(body, "    "), "") for kind, body in bodies.items()]
    done = run_to_end(client, make_eval(client, testing_criteria=[code]).id, jsonl(*rows))
    assert done.status == "completed"
    items = {item.datasource_item["question"]: item for item in items_of(client, done)}
    passed = {kind for kind, item in items.items() if item.status == "pass"}
    assert passed == {"printed", "huge", "huge again"}
    for kind in ("printed", "raised"):
        assert r"\ud800\x00" in json.loads(items[kind].results[0].to_json())["sample"]["printed"]
    assert done.result_counts.total == len(bodies)


def test_python_and_judges_grade_in_runs_too(server: RunningServer, client: OpenAI):
    python = {
        "type": "python",
        "name": "length",
        "source": "def grade(sample, item):\n    return len(sample['output_text']) / 10",
        "pass_threshold": 0.3,
    }
    judge = {
        "type": "label_model",
        "name": "kind",
        "model": ALIAS,
        "input": [{"role": "user", "content": "Is {{ sample.output_text }} kind?"}],
        "labels": ["kind", "rude"],
        "passing_labels": ["kind"],
    }
    made = make_eval(client, testing_criteria=[python, judge])
    server.engine.says('{"steps": [], "result": "kind"}')
    done = run_to_end(client, made.id, jsonl(row("q", "a", "four")))
    item = items_of(client, done)[0]
    assert [(r.score, r.passed) for r in item.results] == [(0.4, True), (1.0, True)]
    assert done.per_model_usage[0].invocation_count == 1
    assert done.per_model_usage[0].prompt_tokens > 0
    # The next answer is empty: a judge that says nothing makes the item errored.
    server.engine.says("")
    broken = run_to_end(client, made.id, jsonl(row("q", "a", "four")))
    assert broken.result_counts.errored == 1
    counts = {c.testing_criteria: c.passed for c in broken.per_testing_criteria_results}
    assert sorted(counts.values()) == [0, 1]


# Comparing runs
