"""Conversations that clients put together from stored items, or keep sealed on their own side."""

import pytest
from openai import BadRequestError, NotFoundError, OpenAI
from openai.types.responses import Response, ResponseReasoningItem

from tests.api.chat.test_chat import CALL
from tests.api.harness import BASE, RunningServer, wait_until
from tests.api.responses.test_responses import QUESTION, TOOLS

THOUGHT = "<think>\nParis is warm.\n</think>\n\nSunny."
SEALED = {"store": False, "include": ["reasoning.encrypted_content"]}


def ask(client: OpenAI, input: object = QUESTION, **more) -> Response:
    return client.responses.create(model=BASE, input=input, **more)  # type: ignore[call-overload]


def reference(id: str) -> dict[str, str]:
    return {"type": "item_reference", "id": id}


def follow_up(*items: object) -> list[object]:
    return [*items, {"role": "user", "content": "And tomorrow?"}]


def test_a_reference_stands_for_the_item_itself(server: RunningServer, client: OpenAI):
    server.engine.says("Sunny.", "Rain.", "Rain.", "Rain.")
    first = ask(client)
    (asked,) = client.responses.input_items.list(first.id).data
    (said,) = first.output
    written = follow_up({"role": "user", "content": QUESTION}, said.model_dump())
    ask(client, written)
    referred = ask(client, follow_up(reference(asked.id), reference(said.id)))
    ask(client, follow_up({"id": asked.id}, {"id": said.id, "type": None}))
    prompts = server.engine.prompts()[1:]
    assert "Sunny." in prompts[0]
    assert prompts[1] == prompts[2] == prompts[0]
    kept = client.responses.input_items.list(referred.id, order="asc").data
    assert [item.id for item in kept[:2]] == [asked.id, said.id]


def test_calls_can_be_referred_to_and_get_their_results(server: RunningServer, client: OpenAI):
    server.engine.says(CALL, "Sunny.")
    (called,) = ask(client, tools=TOOLS).output
    result = {"type": "function_call_output", "call_id": called.call_id, "output": "18 degrees"}
    asked = {"role": "user", "content": QUESTION}
    ask(client, [asked, reference(called.id), result], tools=TOOLS)
    assert "18 degrees" in server.engine.prompts()[1]


def test_what_a_background_response_says_can_be_referred_to(server: RunningServer, client: OpenAI):
    server.engine.says("Sunny.", "Rain.")
    begun = ask(client, background=True)
    wait_until(lambda: client.responses.retrieve(begun.id).status == "completed")
    (said,) = client.responses.retrieve(begun.id).output
    ask(client, follow_up(reference(said.id)))
    assert "Sunny." in server.engine.prompts()[1]


def test_the_prompt_of_references_can_be_counted(server: RunningServer, client: OpenAI):
    server.engine.says("Sunny.")
    (said,) = ask(client).output
    bare = client.responses.input_tokens.count(model=BASE, input=follow_up())
    count = client.responses.input_tokens.count(model=BASE, input=follow_up(reference(said.id)))
    assert count.input_tokens > bare.input_tokens


def test_an_item_that_is_not_there_is_a_404(server: RunningServer, client: OpenAI):
    stranger = server.client(server.new_project()[1])
    server.engine.says("Sunny.", "Rain.", "Cloudy.")
    theirs = ask(stranger).output[0].id
    unstored = ask(client, store=False).output[0].id
    deleted = ask(client)
    client.responses.delete(deleted.id)
    for id in ("msg_none", theirs, unstored, deleted.output[0].id):
        with pytest.raises(NotFoundError, match=f"Item with id '{id}' not found") as missing:
            ask(client, follow_up(reference(id)))
        assert missing.value.param == "input"


def test_a_deleted_response_takes_its_items_along_also_where_others_still_hold_them(
    server: RunningServer, client: OpenAI
):
    server.engine.says("Sunny.", "Rain.", "Snow.")
    first = ask(client)
    second = ask(client, "And tomorrow?", previous_response_id=first.id)
    client.responses.delete(first.id)
    both = follow_up(reference(second.output[0].id), reference(first.output[0].id))
    with pytest.raises(NotFoundError, match=first.output[0].id):
        ask(client, both)


def sealed_thought(client: OpenAI) -> tuple[ResponseReasoningItem, Response]:
    response = ask(client, extra_body=SEALED)
    item = response.output[0]
    assert isinstance(item, ResponseReasoningItem)
    return item, response


def test_sealed_reasoning_is_read_again_by_the_server_that_sealed_it(
    server: RunningServer, client: OpenAI
):
    server.engine.says(THOUGHT, "Rain.", "Rain.")
    item, response = sealed_thought(client)
    assert "Paris" not in (item.encrypted_content or "")
    said = response.output[1].model_dump()
    asked = {"role": "user", "content": QUESTION}
    tool_round = [
        {"type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "18 degrees"},
    ]
    opened = item.model_dump()
    sealed = opened | {"content": None}
    ask(client, [asked, sealed, said, *tool_round], tools=TOOLS)
    ask(client, [asked, opened, said, *tool_round], tools=TOOLS)
    assert "Paris is warm." in server.engine.prompts()[1]
    assert server.engine.prompts()[1] == server.engine.prompts()[2]


def test_streams_tell_the_same_seal_everywhere(server: RunningServer, client: OpenAI):
    server.engine.says(THOUGHT)
    with client.responses.stream(model=BASE, input=QUESTION, extra_body=SEALED) as stream:
        items = [e.item for e in stream if e.type == "response.output_item.done"]
        final = stream.get_final_response()
    assert items[0].encrypted_content
    assert items[0].encrypted_content == final.output[0].encrypted_content


@pytest.mark.parametrize("more", [{}, {"store": False}, {"include": SEALED["include"]}])
def test_nothing_is_sealed_for_who_did_not_ask_or_has_it_stored(
    server: RunningServer, client: OpenAI, more: dict
):
    server.engine.says(THOUGHT)
    assert ask(client, extra_body=more).output[0].encrypted_content is None


def test_another_projects_seal_or_a_broken_one_is_refused(server: RunningServer, client: OpenAI):
    server.engine.says(THOUGHT)
    item, _ = sealed_thought(server.client(server.new_project()[1]))
    for sealed in (item.encrypted_content, "x", "gAAAAA=="):
        spoiled = {"type": "reasoning", "summary": [], "encrypted_content": sealed}
        with pytest.raises(BadRequestError) as refused:
            ask(client, follow_up(spoiled))
        error = refused.value
        assert (error.code, error.param) == (
            "invalid_encrypted_content",
            "input[0].encrypted_content",
        )
