"""Stored completions and responses, graded as they are and asked again."""

from collections.abc import Iterator

import pytest
from openai import OpenAI

from tests.api.evals.eval_requests import (
    EXACT,
    completions,
    items_of,
    make_eval,
    run_refusal,
    run_to_end,
)
from tests.api.evals.eval_runner import running_runner
from tests.api.harness import ALIAS, BASE, RunningServer
from tests.api.scripted_engine import Script
from understudy.ids import new_id, unix_now
from understudy.storage.tables.answers import ResponseMetadataRow, ResponseRow


@pytest.fixture(scope="module", autouse=True)
def _runner(server: RunningServer) -> Iterator[None]:
    with running_runner(server):
        yield


def test_stored_completions_are_graded_and_asked_again(server: RunningServer, client: OpenAI):
    server.engine.says(Script(text="Oslo"), Script(text="Bergen"))
    for question in ("Norway?", "And the rainiest?"):
        client.chat.completions.create(
            model=BASE,
            messages=[{"role": "user", "content": question}],
            store=True,
            metadata={"use": "quiz"},
        )
    made = make_eval(
        client,
        data_source_config={"type": "stored_completions", "metadata": {"use": "quiz"}},
        testing_criteria=[EXACT | {"reference": "Oslo"}],
    )
    stored = {"type": "stored_completions", "metadata": {"use": "quiz"}}
    graded = run_to_end(client, made.id, {"type": "completions", "source": stored})
    assert graded.result_counts.to_dict() == {"total": 2, "errored": 0, "failed": 1, "passed": 1}
    items = items_of(client, graded)
    assert items[0].datasource_item["input"] == [{"role": "user", "content": "Norway?"}]
    assert items[0].sample.output[0].content == "Oslo"

    server.engine.says(Script(text="Oslo"), Script(text="Oslo"))
    reference = {"type": "item_reference", "item_reference": "item.input"}
    asked = run_to_end(
        client, made.id, completions(source=stored, input_messages=reference, model=ALIAS)
    )
    assert asked.result_counts.passed == 2
    nothing = {"type": "stored_completions", "metadata": {"use": "nothing"}}
    error = run_refusal(client, {"type": "completions", "source": nothing}, made.id)
    assert error.code == "no_rows"


LOOK = {"type": "function", "name": "look", "description": "Finds things."}


def test_a_stored_conversation_is_asked_again_with_the_tools_it_had(
    server: RunningServer, client: OpenAI
):
    function = {key: value for key, value in LOOK.items() if key != "type"}
    server.engine.says("Oslo")
    client.chat.completions.create(
        model=BASE,
        messages=[{"role": "user", "content": "Norway?"}],
        tools=[{"type": "function", "function": function}],
        store=True,
        metadata={"use": "tools"},
    )
    stored = {"type": "stored_completions", "metadata": {"use": "tools"}}
    made = make_eval(
        client,
        data_source_config=stored,
        testing_criteria=[EXACT | {"reference": "Oslo"}],
    )
    asked = completions(
        source=stored,
        input_messages={"type": "item_reference", "item_reference": "item.input"},
    )
    server.engine.says("Oslo", "Oslo")
    run_to_end(client, made.id, asked)
    assert "Finds things." in server.engine.prompts()[-1]
    run_to_end(client, made.id, asked | {"sampling_params": {"tools": []}})
    assert "Finds things." not in server.engine.prompts()[-1]


def store_response(server: RunningServer, project_id: str, text: str, answer: str) -> None:
    called = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"}
    said = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": answer}],
    }
    new = ResponseRow(
        id=new_id("resp_"),
        project_id=project_id,
        model=BASE,
        created_at=unix_now(),
        expires_at=unix_now() + 1000,
        status="completed",
        is_background=False,
        is_streamed=False,
        lease_until=None,
        instructions="Look things up.",
        user=None,
        temperature=1.0,
        top_p=1.0,
        reasoning_effort=None,
        input=[
            {"role": "user", "content": [{"type": "input_text", "text": text}]},
            called,
            {"type": "function_call_output", "call_id": "c1", "output": "found"},
        ],
        body={
            "output": [said],
            "metadata": {"use": "quiz"},
            "tools": [LOOK | {"parameters": None}],
            "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5},
        },
        token_ids=None,
        renderer_hash=None,
        pairs=[ResponseMetadataRow(key="use", value="quiz")],
    )
    with server.services.database.write() as session:
        session.add(new)


def test_stored_responses_are_graded_and_asked_again(
    server: RunningServer, project: tuple[str, str], client: OpenAI
):
    store_response(server, project[0], "Norway?", "Oslo")
    made = make_eval(
        client,
        data_source_config={"type": "logs"},
        testing_criteria=[EXACT | {"reference": "{{ item.output }}"}],
    )
    stored = {"type": "responses", "metadata": {"use": "quiz"}, "tools": ["look"]}
    source = {"type": "responses", "source": stored}
    assert run_to_end(client, made.id, source).result_counts.passed == 1
    server.engine.says("Bergen")
    reference = {"type": "item_reference", "item_reference": "item.input"}
    asked = source | {"model": BASE, "input_messages": reference}
    done = run_to_end(client, made.id, asked)
    assert done.result_counts.failed == 1, items_of(client, done)[0].sample
    prompt = server.engine.prompts()[-1]
    parts = ("Look things up.", "Norway?", "look", "found", "Finds things.")
    assert all(part in prompt for part in parts)
    for nothing in ({"tools": ["other"]}, {"instructions_search": "xyz"}, {"model": "other"}):
        error = run_refusal(client, {"type": "responses", "source": stored | nothing}, made.id)
        assert error.code == "no_rows"
