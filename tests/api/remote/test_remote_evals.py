"""Remote models in evals: as the model that is asked, and as the judge."""

from collections.abc import Iterator

import pytest
from openai import BadRequestError, OpenAI

from tests.api.evals.eval_requests import completions, items_of, jsonl, make_eval, row, run_to_end
from tests.api.evals.eval_runner import running_runner
from tests.api.remote.conftest import Joined
from tests.pictures import drawn, url_of
from tests.remote import FakeRemote, Reply, Request, completion, refusal

JUDGE = {
    "type": "label_model",
    "name": "judged",
    "model": "teacher",
    "input": [{"role": "user", "content": "Is {{ sample.output_text }} right?"}],
    "labels": ["yes", "no"],
    "passing_labels": ["yes"],
}
YES = completion('{"steps": [], "result": "yes"}')
ROWS = (row("Norway?", "Oslo"), row("Peru?", "Lima"), row("Chad?", "N'Djamena"))


@pytest.fixture(scope="module", autouse=True)
def _runner(joined: Joined) -> Iterator[None]:
    with running_runner(joined.server):
        yield


def capital(request: Request) -> Reply:
    question = request.body["messages"][-1]["content"]
    known = {"Norway?": "Oslo", "Peru?": "Cusco"}
    return completion(known[question]) if question in known else refusal(400, "No idea.", "odd")


def test_a_remote_candidate_is_asked_and_what_it_refuses_is_errored(
    client: OpenAI, remote: FakeRemote
):
    remote.says(by=capital)
    made = make_eval(client)
    run = run_to_end(client, made.id, completions(*ROWS, model="teacher"))
    counts = run.result_counts
    assert (counts.passed, counts.failed, counts.errored) == (1, 1, 1)
    assert run.model == "teacher"
    (usage,) = run.per_model_usage
    assert (usage.model_name, usage.prompt_tokens, usage.completion_tokens) == ("teacher", 22, 14)
    broken = next(item for item in items_of(client, run) if item.status == "errored")
    assert broken.sample.error.code == "odd"
    assert "The remote model `teacher` (127.0.0.1:" in broken.sample.error.message
    assert "answered 400: No idea." in broken.sample.error.message


def test_a_candidate_that_is_down_leaves_errored_items_with_the_reason(client: OpenAI):
    run = run_to_end(client, make_eval(client).id, completions(ROWS[0], model="gone"))
    assert run.result_counts.errored == 1
    error = items_of(client, run)[0].sample.error
    assert error.code == "remote_unreachable"
    assert "cannot be reached" in error.message


def test_a_remote_judge_is_held_to_its_schema_and_its_tokens_are_counted(
    client: OpenAI, remote: FakeRemote
):
    remote.says(by=lambda _: YES)
    made = make_eval(client, testing_criteria=[JUDGE])
    run = run_to_end(client, made.id, jsonl(row("Norway?", "Oslo", "Oslo")))
    assert run.result_counts.passed == 1
    assert run.per_model_usage[0].model_name == "teacher"
    asked = remote.requests[0].body
    assert asked["response_format"]["json_schema"]["strict"] is True
    assert asked["temperature"] == 0


def test_a_judge_without_a_choice_of_sampling_is_asked_without_a_temperature(
    client: OpenAI, remote: FakeRemote
):
    remote.says(by=lambda _: YES)
    made = make_eval(client, testing_criteria=[{**JUDGE, "model": "reasoner"}])
    run = run_to_end(client, made.id, jsonl(row("Norway?", "Oslo", "Oslo")))
    assert run.result_counts.passed == 1
    assert "temperature" not in remote.requests[0].body


def test_a_judge_that_comes_back_is_asked_again(client: OpenAI, remote: FakeRemote):
    remote.says(*(refusal(500, "Oops."),) * 4, YES)
    made = make_eval(client, testing_criteria=[JUDGE])
    run = run_to_end(client, made.id, jsonl(row("Norway?", "Oslo", "Oslo")))
    assert run.result_counts.passed == 1
    assert len(remote.requests) == 5


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (completion(None, refusal="I do not judge."), "The judge declined: I do not judge."),
        (completion("Yes."), "not the JSON object"),
        (refusal(401, "Who?"), "refuses the key of this server"),
        (completion('{"steps": [], "result": "yes"}', model="gpt-4o"), "another model answered"),
    ],
)
def test_a_judge_that_gives_no_judgement_is_an_error_with_its_reason(
    client: OpenAI, remote: FakeRemote, reply: Reply, words: str
):
    remote.says(by=lambda _: reply)
    made = make_eval(client, testing_criteria=[JUDGE])
    run = run_to_end(client, made.id, jsonl(row("Norway?", "Oslo", "Oslo")))
    assert run.result_counts.errored == 1
    result = items_of(client, run)[0].results[0].to_dict()
    assert words in result["error"]["message"]


def test_a_model_that_only_embeds_judges_nothing(client: OpenAI):
    with pytest.raises(BadRequestError) as refused:
        make_eval(client, testing_criteria=[{**JUDGE, "model": "embedder"}])
    assert "answers no conversation" in refused.value.message
    assert refused.value.param == "testing_criteria[0].model"


def test_a_template_shows_the_images_of_its_rows(client: OpenAI, remote: FakeRemote):
    colours = {url_of(drawn((255, 0, 0))): "red", url_of(drawn((0, 0, 255))): "blue"}

    def seen(request: Request) -> Reply:
        text, image = request.body["messages"][0]["content"]
        assert text == {"type": "text", "text": "Which colour?"}
        return completion(colours[image["image_url"]["url"]])

    remote.says(by=seen)
    asked = {
        "role": "user",
        "content": [
            {"type": "input_text", "text": "Which {{ item.question }}?"},
            {"type": "input_image", "image_url": "{{ item.picture }}", "detail": "low"},
        ],
    }
    rows = [
        {"item": {"question": "colour", "picture": url, "answer": colour}}
        for url, colour in colours.items()
    ]
    source = completions(*rows, model="teacher")
    source["input_messages"] = {"type": "template", "template": [asked]}
    texts = {name: {"type": "string"} for name in ("question", "picture", "answer")}
    schema = {"type": "object", "properties": texts}
    config = {"type": "custom", "item_schema": schema, "include_sample_schema": True}
    run = run_to_end(client, make_eval(client, data_source_config=config).id, source)
    assert run.result_counts.passed == 2
    recorded = items_of(client, run)[0].sample.input[0].content
    assert [part["type"] for part in recorded] == ["input_text", "input_image"]
    assert recorded[1]["image_url"].startswith("understudy://images/")
