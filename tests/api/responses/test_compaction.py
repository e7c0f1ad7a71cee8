"""Conversations that are compacted: what stays, what a summary stands for, what is refused."""

import pytest
from openai import BadRequestError, OpenAI

from tests.api.harness import BASE, RunningServer

RULE = {"role": "developer", "content": "Speak of the weather only."}
ASKED = {"role": "user", "content": "What is the weather in Paris?"}
CALL = {"type": "function_call", "call_id": "c1", "name": "get", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "31 degrees"}
SAID = {"role": "assistant", "content": "It is hot."}
NEXT = {"role": "user", "content": "And in Rome?"}


def compact(client: OpenAI, **more):
    return client.responses.compact(**({"model": BASE, "input": [ASKED, SAID]} | more))


def test_a_summary_takes_the_place_of_what_was_answered(server: RunningServer, client: OpenAI):
    server.engine.says(" Paris: 31 degrees. ", "Rome is cooler.")

    body = {"model": BASE, "instructions": "Be brief."}
    body["input"] = [RULE, ASKED, CALL, RESULT, SAID, NEXT]
    # The client's types of what comes back have no messages but the assistant's.
    made = client.post("/responses/compact", cast_to=dict, body=body)

    assert made["object"] == "response.compaction"
    assert [item["type"] for item in made["output"]] == ["message", "compaction", "message"]
    assert made["output"][1]["content"] == "Paris: 31 degrees."
    assert made["usage"]["output_tokens"] == len(server.engine.ids_of(" Paris: 31 degrees. "))
    asked = server.engine.prompts()[0]
    assert all(text in asked for text in ("Be brief.", "31 degrees", "It is hot.", "Summarize"))
    assert "Rome" not in asked

    made["output"][1].pop("content")  # What is read is what was sealed.
    answer = client.responses.create(model=BASE, input=made["output"])
    assert answer.output_text == "Rome is cooler."
    read = server.engine.prompts()[1]
    assert "Paris: 31 degrees." in read
    assert "Speak of the weather only." in read
    assert "And in Rome?" in read
    assert "It is hot." not in read


def test_a_stored_conversation_is_compacted_by_its_id_and_goes_on(
    server: RunningServer, client: OpenAI
):
    server.engine.says("It is hot.", "Paris is hot.", "Fine.", "Both are hot.")
    first = client.responses.create(model=BASE, input="And Paris?")

    made = compact(client, input=None, previous_response_id=first.id)
    second = client.responses.create(model=BASE, input=[made.output[0].to_dict(), NEXT])
    listed = client.responses.input_items.list(second.id, order="asc").data
    assert [item.type for item in listed] == ["compaction", "message"]

    again = compact(client, input=None, previous_response_id=second.id)
    assert [item.content for item in again.output] == ["Both are hot."]
    assert "Paris is hot." in server.engine.prompts()[-1]


def test_a_conversation_without_an_answer_stays_as_it_is(server: RunningServer, client: OpenAI):
    server.engine.says()
    made = compact(client, input=[RULE, ASKED])
    assert [item.role for item in made.output] == ["developer", "user"]
    assert made.usage.total_tokens == 0
    assert server.engine.requests == []


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"model": None}, "missing_required_parameter", "model"),
        ({"input": []}, "missing_required_parameter", "input"),
        ({"previous_response_id": "resp_0"}, "previous_response_not_found", "previous_response_id"),
        ({"input": [ASKED, CALL]}, None, "input"),
        ({"input": [ASKED | {"content": "word " * 3000}, SAID]}, "context_length_exceeded",
         "input"),
        ({"input": [{"type": "compaction"}]}, "missing_required_parameter",
         "input[0].encrypted_content"),
        ({"input": [{"type": "compaction", "encrypted_content": "x"}]},
         "invalid_encrypted_content", "input[0].encrypted_content"),
    ],
)  # fmt: skip
def test_what_cannot_be_compacted_is_refused(
    client: OpenAI, changes: dict, code: str | None, param: str
):
    with pytest.raises(BadRequestError) as refused:
        compact(client, **changes)
    assert (refused.value.code, refused.value.param) == (code, param)


def test_no_summary_is_no_conversation(server: RunningServer, client: OpenAI):
    server.engine.says(" \n")
    with pytest.raises(BadRequestError) as refused:
        compact(client)
    assert (refused.value.code, refused.value.param) == ("no_summary", "model")


def test_the_summary_of_another_project_is_not_read(server: RunningServer, client: OpenAI):
    server.engine.says("Paris is hot.")
    item = compact(client).output[0].to_dict()
    other = server.client(server.new_project("other")[1])
    with pytest.raises(BadRequestError) as refused:
        other.responses.create(model=BASE, input=[item, NEXT])
    assert refused.value.code == "invalid_encrypted_content"
