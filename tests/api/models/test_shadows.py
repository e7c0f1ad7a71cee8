"""Two models under one name: one answers, the other is asked in the background and compared."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from openai import BadRequestError, InternalServerError, NotFoundError, OpenAI

from tests.api.harness import BASE, RunningServer, add_tuned_model, running_server, wait_until
from tests.remote import MODEL, FakeRemote, Reply, completion, refusal, stream
from tests.unit.cli.support import run

OLD = "ft:gpt-4o-mini-2024-07-18:acme:triage:abc123"
PATH = f"/x/shadows/{OLD}"


@pytest.fixture(scope="module")
def remote() -> Iterator[FakeRemote]:
    with FakeRemote().running() as running:
        yield running


@pytest.fixture(scope="module")
def near(remote: FakeRemote, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    tables = (
        remote.table("old-triage", f'model = "{MODEL}"', "max_retries = 0"),
        remote.table("embedder", 'task = "embedding"', 'model = "text-embedding-3-small"'),
    )
    with running_server(tmp_path_factory.mktemp("near"), "\n".join(tables)) as server:
        yield server


@pytest.fixture
def project(near: RunningServer, remote: FakeRemote) -> tuple[str, str]:
    remote.says()
    near.engine.says()
    return near.new_project()


@pytest.fixture
def client(near: RunningServer, project: tuple[str, str]) -> OpenAI:
    return near.client(project[1])


@pytest.fixture
def new(near: RunningServer, project: tuple[str, str], client: OpenAI) -> str:
    return add_tuned_model(near, project[0], client).name


def put(client: OpenAI, new: str, **fields: Any) -> Any:
    body = {"old": "old-triage", "new": new, **fields}
    return client.put(PATH, cast_to=object, body=body)


def get(client: OpenAI, path: str = PATH) -> Any:
    return client.get(path, cast_to=object)


def ask(client: OpenAI, question: str = "My invoice?", **fields: Any) -> Any:
    messages: Any = [{"role": "user", "content": question}]
    return client.chat.completions.create(model=OLD, messages=messages, **fields)


def compared(client: OpenAI, count: int) -> Any:
    """Return the shadow once so many requests were compared or have failed."""
    wait_until(lambda: (now := get(client))["compared"] + now["failed"] >= count)
    return get(client)


def test_the_old_model_answers_and_the_new_one_is_compared(
    near: RunningServer, remote: FakeRemote, client: OpenAI, new: str
):
    put(client, new)
    remote.says(completion("billing"), completion("sales"))
    near.engine.says("Billing.", "support")

    first, _ = ask(client), ask(client)

    assert (first.choices[0].message.content, first.model) == ("billing", "old-triage")
    shadow = compared(client, 2)
    assert (shadow["answers"], shadow["failed"], shadow["skipped"]) == ("old", 0, 0)
    rates = {each["name"]: (each["same"], each["total"]) for each in shadow["agreement"]}
    assert rates == {"whole answer": (0, 2), "label": (1, 2)}
    label = next(each for each in shadow["agreement"] if each["name"] == "label")
    # Wilson's interval of 1 of 2.
    assert (label["low"], label["high"]) == (
        pytest.approx(0.0945, abs=1e-3),
        pytest.approx(0.9055, abs=1e-3),
    )
    assert shadow["old_seconds"] > 0
    assert shadow["new_seconds"] > 0


def test_json_is_compared_field_by_field(
    near: RunningServer, remote: FakeRemote, client: OpenAI, new: str
):
    put(client, new)
    remote.says(completion('{"queue": "billing", "urgent": true}'))
    near.engine.says('{"urgent": true, "queue": "sales"}')

    ask(client)

    rates = {e["name"]: (e["same"], e["total"]) for e in compared(client, 1)["agreement"]}
    assert rates == {
        "whole answer": (0, 1),
        "JSON fields": (1, 2),
        "field queue": (0, 1),
        "field urgent": (1, 1),
    }


def test_calls_are_compared_by_name_and_arguments(
    near: RunningServer, remote: FakeRemote, client: OpenAI, new: str
):
    put(client, new, answers="new")
    call = {"id": "c", "type": "function", "function": {"name": "route", "arguments": '{"to": 1}'}}
    remote.says(completion(None, tool_calls=[call], finish_reason="tool_calls"))
    near.engine.says("I cannot call anything.")
    tool: Any = {
        "type": "function",
        "function": {"name": "route", "parameters": {"type": "object"}},
    }

    ask(client, tools=[tool])

    rates = {e["name"]: (e["same"], e["total"]) for e in compared(client, 1)["agreement"]}
    assert rates["functions called"] == rates["calls with arguments"] == (0, 1)


def test_cutting_over_and_back_is_one_call_each_and_both_are_compared(
    near: RunningServer, remote: FakeRemote, client: OpenAI, new: str
):
    put(client, new)
    remote.says(by=lambda _: completion("billing"))
    near.engine.says("billing", "billing")

    over = client.put(f"{PATH}/answers", cast_to=object, body={"answers": "new"})
    answered_by_new = ask(client).model
    back = client.put(f"{PATH}/answers", cast_to=object, body={"answers": "old"})
    answered_by_old = ask(client).model

    assert (over["answers"], back["answers"]) == ("new", "old")  # type: ignore[index]
    assert (answered_by_new, answered_by_old) == (new, "old-triage")
    assert compared(client, 2)["agreement"][0]["same"] == 2


@pytest.mark.parametrize("is_streamed", [True, False])
def test_streams_and_responses_are_compared_too(
    near: RunningServer, remote: FakeRemote, client: OpenAI, new: str, is_streamed: bool
):
    put(client, new)
    one = stream({"content": "bil"}, {"content": "ling"}) if is_streamed else completion("billing")
    remote.says(one, one)
    near.engine.says("billing", "billing")

    made = ask(client, stream=is_streamed)
    if is_streamed:
        assert "".join(c.choices[0].delta.content or "" for c in made if c.choices) == "billing"
    response = client.responses.create(model=OLD, input="My invoice?", stream=is_streamed)
    if is_streamed:
        assert [event.type for event in response][-1] == "response.completed"

    shadow = compared(client, 2)
    assert (shadow["compared"], shadow["agreement"][0]["same"]) == (2, 2)
    # The other model is asked for a whole answer, however the user reads.
    assert [request.path for request in remote.requests] == ["/v1/chat/completions"] * 2


def test_a_response_in_the_background_is_compared(
    near: RunningServer, remote: FakeRemote, client: OpenAI, new: str
):
    put(client, new)
    remote.says(completion("billing"))
    near.engine.says("billing")

    client.responses.create(model=OLD, input="My invoice?", background=True)

    assert compared(client, 1)["compared"] == 1


def test_a_failing_other_model_costs_the_user_nothing_and_is_counted(
    near: RunningServer, remote: FakeRemote, client: OpenAI, new: str
):
    put(client, new, answers="new")
    remote.says(
        refusal(500, "overloaded"), refusal(401, "bad key"), Reply(body=b"<html>"), stream()
    )
    near.engine.says(*["billing"] * 4)

    answers = [ask(client).choices[0].message.content for _ in range(4)]

    assert answers == ["billing"] * 4
    shadow = compared(client, 4)
    assert (shadow["compared"], shadow["failed"]) == (0, 4)
    assert "old-triage" in shadow["last_error"]
    assert shadow["last_error_at"] is not None


def test_a_slow_other_model_delays_no_answer(
    near: RunningServer, remote: FakeRemote, client: OpenAI, new: str
):
    put(client, new, answers="new")
    remote.says(by=lambda _: replace(completion("billing"), waits_seconds=1.0))
    near.engine.says("billing", "billing")

    since = time.monotonic()
    ask(client)
    ask(client)

    assert time.monotonic() - since < 0.9
    assert compared(client, 2)["compared"] == 2


def test_an_error_of_the_model_that_answers_is_not_compared(
    near: RunningServer, remote: FakeRemote, client: OpenAI, new: str
):
    put(client, new)
    remote.says(refusal(500, "overloaded"))

    with pytest.raises(InternalServerError):
        ask(client)

    wait_until(lambda: get(client)["calls"] == 1)
    assert (get(client)["compared"], near.engine.requests) == (0, [])


def test_what_comes_faster_than_the_rate_is_counted_and_not_asked(
    near: RunningServer, remote: FakeRemote, client: OpenAI, new: str
):
    put(client, new, per_minute=1)
    remote.says(by=lambda _: completion("billing"))
    near.engine.says("billing", "billing")

    for _ in range(3):
        ask(client)

    wait_until(lambda: get(client)["skipped"] == 2)
    assert compared(client, 1)["compared"] == 1


def test_only_a_share_is_asked(near: RunningServer, remote: FakeRemote, client: OpenAI, new: str):
    put(client, new, share=1e-9)
    remote.says(by=lambda _: completion("billing"))

    for _ in range(5):
        ask(client)

    wait_until(lambda: get(client)["calls"] == 5)
    shadow = get(client)
    assert (shadow["compared"], shadow["skipped"], near.engine.requests) == (0, 0, [])


def test_texts_are_kept_only_where_the_owner_wants_it(
    near: RunningServer, remote: FakeRemote, client: OpenAI, new: str
):
    remote.says(by=lambda _: completion("billing"))
    near.engine.says("sales", "sales")
    put(client, new)
    ask(client, "secret question")
    compared(client, 1)
    put(client, new, keep_answers=True)
    ask(client, "open question")
    compared(client, 2)

    kept, bare = get(client, f"{PATH}/comparisons?is_same=false")["data"]

    assert (kept["question"], kept["old"]["text"], kept["new"]["text"]) == (
        "open question",
        "billing",
        "sales",
    )
    assert kept["differs_in"] == ["whole answer", "label"]
    assert (bare["question"], bare["old"], bare["new"]) == (None, None, None)
    assert get(client, f"{PATH}/comparisons?is_same=true")["data"] == []


def test_calls_of_a_name_are_counted_with_the_last_one(
    near: RunningServer, client: OpenAI, new: str
):
    client.put(f"/x/model_aliases/{OLD}", cast_to=object, body={"model": new})
    near.engine.says("billing")
    ask(client)
    client.responses.create(model=OLD, input="?")
    client.completions.create(model=OLD, prompt="?")

    def seen() -> Any:
        (found,) = get(client, "/x/overview")["aliases"]
        return found

    wait_until(lambda: seen()["calls"] == 3)
    assert (seen()["id"], seen()["model"], seen()["is_shadowed"]) == (OLD, new, False)
    assert abs(seen()["last_called_at"] - time.time()) < 10


def test_other_models_begin_a_shadow_anew(
    near: RunningServer, remote: FakeRemote, project: tuple[str, str], client: OpenAI, new: str
):
    put(client, new)
    remote.says(completion("billing"))
    near.engine.says("billing")
    ask(client)
    compared(client, 1)
    wait_until(lambda: get(client)["calls"] == 1)

    put(client, add_tuned_model(near, project[0], client).name)

    shadow = get(client)
    assert (shadow["compared"], shadow["agreement"], shadow["calls"]) == (0, [], 1)


def test_a_shadow_ends_and_its_name_stays(client: OpenAI, near: RunningServer, new: str):
    put(client, new, answers="new")
    with pytest.raises(BadRequestError) as refused:
        client.models.delete(new)
    assert refused.value.code == "model_in_use"
    with pytest.raises(BadRequestError) as refused:
        client.put(f"/x/model_aliases/{OLD}", cast_to=object, body={"model": new})
    assert refused.value.code == "name_shadowed"

    client.delete(PATH, cast_to=object)

    with pytest.raises(NotFoundError):
        get(client)
    near.engine.says("billing")
    assert ask(client).model == new


def test_a_remote_model_answers_under_an_alias(remote: FakeRemote, client: OpenAI):
    client.put(f"/x/model_aliases/{OLD}", cast_to=object, body={"model": "old-triage"})
    remote.says(completion("billing"))

    assert ask(client).model == "old-triage"
    assert client.models.retrieve(OLD).to_dict()["alias_of"] == "old-triage"
    with pytest.raises(BadRequestError, match="not on this server"):
        client.completions.create(model=OLD, prompt="?")


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"old": "nobody"}, "old"),
        ({"old": "embedder"}, "old"),
        ({"new": BASE}, "new"),
        ({"new": "old-triage"}, "new"),
        ({"share": 0}, "share"),
        ({"share": 1.5}, "share"),
        ({"per_minute": 0}, "per_minute"),
        ({"answers": "both"}, "answers"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_a_shadow_is_refused(
    client: OpenAI, new: str, fields: dict[str, Any], param: str
):
    with pytest.raises(BadRequestError) as refused:
        put(client, **{"new": new, **fields})

    assert refused.value.param == param
    assert OLD not in [model.id for model in client.models.list()]


def test_a_name_of_a_model_has_no_shadow(client: OpenAI, new: str):
    body = {"old": "old-triage", "new": new}
    for name in (BASE, "old-triage", new):
        with pytest.raises(BadRequestError) as refused:
            client.put(f"/x/shadows/{name}", cast_to=object, body=body)
        assert refused.value.code == "name_taken"


def test_a_shadow_belongs_to_one_project(near: RunningServer, client: OpenAI, new: str):
    put(client, new)
    other = near.client(near.new_project()[1])

    for path in (PATH, f"{PATH}/comparisons"):
        with pytest.raises(NotFoundError):
            get(other, path)
    assert get(other, "/x/shadows")["data"] == []
    with pytest.raises(NotFoundError):
        other.put(f"{PATH}/answers", cast_to=object, body={"answers": "new"})


def test_the_commands_begin_show_cut_over_and_end_it(
    near: RunningServer, remote: FakeRemote, project: tuple[str, str], client: OpenAI, new: str
):
    here = {"OPENAI_BASE_URL": f"{near.url}/v1", "OPENAI_API_KEY": project[1]}
    remote.says(by=lambda _: completion("billing"))
    near.engine.says("sales")

    begun = run(
        "models", "shadow", OLD, "--old", "old-triage", "--new", new, "--keep-answers", **here
    )
    assert begun.exit_code == 0, begun.output
    ask(client)
    compared(client, 1)
    shown = run("models", "shadow", OLD, **here).output
    over = run("models", "cutover", OLD, **here).output
    back = run("models", "cutover", OLD, "--back", **here).output
    ended = run("models", "shadow", OLD, "--end", **here)

    assert "label" in shown
    assert "My invoice?" in shown
    assert f"{OLD} is answered by {new} now" in over
    assert f"{OLD} is answered by old-triage now" in back
    assert ended.exit_code == 0, ended.output
    again = run("models", "shadow", OLD, **here)
    assert (again.exit_code, "has no shadow" in again.output) == (1, True)
