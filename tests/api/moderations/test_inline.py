"""The `moderation` parameter of Chat Completions and Responses, judged by a remote model."""

from collections.abc import Iterator

import pytest
from openai import APIError, OpenAI

from tests.api.harness import BASE, RunningServer, running_server
from tests.moderation import moderating
from tests.remote import FakeRemote, refusal

HATE = {"hate": 0.93}
ASK = [{"role": "user", "content": "Hello?"}]
BAD = [{"role": "user", "content": "They are vermin."}]
SCORED = {"model": "omni-moderation-latest"}
BLOCKED = {
    "model": "omni-moderation-latest",
    "policy": {"input": {"mode": "block"}, "output": {"mode": "block"}},
}


@pytest.fixture(scope="module")
def remote() -> Iterator[FakeRemote]:
    with FakeRemote().running() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, remote: FakeRemote) -> Iterator[RunningServer]:
    table = remote.table(
        "omni", 'task = "moderation"', 'model = "omni-moderation-latest"', "max_retries = 0"
    )
    settings = f'[safety]\nmoderator = "remote:omni"\n{table}'
    with running_server(tmp_path_factory.mktemp("inline"), settings) as running:
        yield running


@pytest.fixture(autouse=True)
def judges(remote: FakeRemote) -> None:
    remote.says(by=moderating({"vermin": HATE}))


def test_input_and_answers_are_scored(server: RunningServer, client: OpenAI):
    server.engine.says("Good morning.", "vermin")
    made = client.chat.completions.create(model=BASE, messages=ASK, n=2, moderation=SCORED)
    assert made.moderation is not None
    assert made.moderation.input.type == "moderation_results"
    assert [one.flagged for one in made.moderation.input.results] == [False]
    assert [one.flagged for one in made.moderation.output.results] == [
        "vermin" in (choice.message.content or "") for choice in made.choices
    ]
    assert sorted(choice.message.content for choice in made.choices) == ["Good morning.", "vermin"]


def test_without_the_parameter_nothing_is_judged(
    server: RunningServer, client: OpenAI, remote: FakeRemote
):
    server.engine.says("Hi")
    made = client.chat.completions.create(model=BASE, messages=ASK)
    assert "moderation" not in made.to_dict()
    assert remote.requests == []


def test_only_the_newest_turns_that_no_model_wrote_are_the_input(
    server: RunningServer, client: OpenAI, remote: FakeRemote
):
    server.engine.says("Hi")
    messages = [*BAD, {"role": "assistant", "content": "No."}, *ASK]
    made = client.chat.completions.create(model=BASE, messages=messages, moderation=SCORED)
    assert [one.flagged for one in made.moderation.input.results] == [False]
    assert [request.body["input"] for request in remote.requests] == ["Hello?", "Hi"]


def test_a_flagged_input_is_blocked_before_anything_is_answered(
    server: RunningServer, client: OpenAI
):
    server.engine.says("Hi")
    with pytest.raises(APIError, match=r"omni \(hate\)") as refused:
        client.chat.completions.create(model=BASE, messages=BAD, moderation=BLOCKED)
    assert (refused.value.status_code, refused.value.code, refused.value.param) == (
        400,
        "moderation_blocked",
        "messages",
    )
    assert server.engine.requests == []


def test_a_flagged_answer_is_omitted_where_the_policy_blocks(server: RunningServer, client: OpenAI):
    server.engine.says("vermin")
    made = client.chat.completions.create(model=BASE, messages=ASK, moderation=BLOCKED)
    (choice,) = made.choices
    assert (choice.message.content, choice.finish_reason) == (None, "content_filter")
    assert made.moderation.output.results[0].flagged


def test_what_could_not_be_judged_is_an_error_and_blocks_where_that_is_wanted(
    server: RunningServer, client: OpenAI, remote: FakeRemote
):
    remote.says(by=lambda _: refusal(500, "broken"))
    server.engine.says("Hi", "Hi")
    made = client.chat.completions.create(model=BASE, messages=ASK, moderation=SCORED)
    for found in (made.moderation.input, made.moderation.output):
        assert (found.type, found.code) == ("error", "remote_server_error")
    with pytest.raises(APIError) as refused:
        client.chat.completions.create(model=BASE, messages=ASK, moderation=BLOCKED)
    assert refused.value.status_code == 502


def test_a_stream_ends_with_what_was_found_in_it(server: RunningServer, client: OpenAI):
    server.engine.says("vermin")
    chunks = list(
        client.chat.completions.create(
            model=BASE,
            messages=ASK,
            moderation=SCORED,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    assert chunks[-1].choices == []
    assert chunks[-1].moderation.output.results[0].flagged
    assert all(chunk.moderation is None for chunk in chunks[:-1])
    with pytest.raises(APIError) as refused:
        client.chat.completions.create(model=BASE, messages=ASK, moderation=BLOCKED, stream=True)
    assert refused.value.param == "moderation.policy.output"


def test_a_response_is_scored_and_blocked(server: RunningServer, client: OpenAI):
    server.engine.says("Good morning.", "vermin")
    made = client.responses.create(model=BASE, input="Hello?", moderation=SCORED)
    assert (made.moderation.input.flagged, made.moderation.output.flagged) == (False, False)
    assert made.output_text == "Good morning."
    assert client.responses.retrieve(made.id).moderation.output.type == "moderation_result"
    blocked = client.responses.create(model=BASE, input="Hello?", moderation=BLOCKED)
    assert (blocked.status, blocked.output) == ("incomplete", [])
    assert blocked.incomplete_details.reason == "content_filter"
    with pytest.raises(APIError) as refused:
        client.responses.create(model=BASE, input="vermin", moderation=BLOCKED)
    assert (refused.value.code, refused.value.param) == ("moderation_blocked", "input")


@pytest.mark.parametrize(
    ("moderation", "param"),
    [
        ({}, "moderation.model"),
        ({"model": "another"}, "moderation.model"),
        (
            {"model": "omni", "policy": {"input": {"mode": "perhaps"}}},
            "moderation.policy.input.mode",
        ),
        ("yes", "moderation"),
    ],
)
def test_what_cannot_be_followed_is_refused(client: OpenAI, moderation: object, param: str):
    for path, given in (("/chat/completions", {"messages": ASK}), ("/responses", {"input": "Hi"})):
        with pytest.raises(APIError) as refused:
            client.post(
                path, body={"model": BASE, "moderation": moderation, **given}, cast_to=object
            )
        assert refused.value.status_code in (400, 404)
        assert refused.value.param == param
