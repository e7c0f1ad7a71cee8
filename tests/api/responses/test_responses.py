"""Whole responses through the official client, with an engine that says what it is told."""

import json

import pytest
from openai import BadRequestError, NotFoundError, OpenAI
from openai.types.responses import Response

from tests.api.chat.test_chat import CALL
from tests.api.harness import ALIAS, BASE, RunningServer
from tests.api.scripted_engine import Script

QUESTION = "What is the weather in Paris?"
TOOLS = [
    {
        "type": "function",
        "name": "get_weather",
        "description": "Get the weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    }
]


def ask(client: OpenAI, **more) -> Response:
    return client.responses.create(**({"model": BASE, "input": QUESTION} | more))


def test_a_response_looks_as_recorded(server: RunningServer, client: OpenAI):
    server.engine.says("It is sunny.")
    raw = client.responses.with_raw_response.create(model=ALIAS, input=QUESTION)
    body = json.loads(raw.text)
    prompt_tokens = len(server.engine.requests[0].prompt_ids)
    completion_tokens = len(server.engine.ids_of("It is sunny."))
    assert body.pop("id").startswith("resp_")
    assert len(body["output"][0]["id"]) == len("msg_") + 48
    assert body["output"][0].pop("id").startswith("msg_")
    assert body.pop("completed_at") >= body.pop("created_at")
    assert body == {
        "object": "response",
        "status": "completed",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "max_tool_calls": None,
        "model": ALIAS,
        "output": [
            {
                "type": "message",
                "status": "completed",
                "role": "assistant",
                "content": [
                    {
                        "type": "output_text",
                        "text": "It is sunny.",
                        "annotations": [],
                        "logprobs": [],
                    }
                ],
            }
        ],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "prompt_cache_key": None,
        "reasoning": {"effort": None, "summary": None},
        "safety_identifier": None,
        "service_tier": "default",
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": 0,
        "top_p": 1.0,
        "frequency_penalty": 0.0,
        "presence_penalty": 0.0,
        "truncation": "disabled",
        "usage": {
            "input_tokens": prompt_tokens,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": completion_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": prompt_tokens + completion_tokens,
        },
        "user": None,
        "metadata": {},
    }


def test_instructions_and_items_become_the_conversation(server: RunningServer, client: OpenAI):
    items = [
        {"role": "user", "content": "one"},
        {"type": "message", "role": "assistant", "content": "two", "phase": "commentary"},
        {"role": "assistant", "content": [{"type": "output_text", "text": "three"}]},
        {"role": "developer", "content": [{"type": "input_text", "text": "four"}]},
        {"role": "user", "content": [{"type": "input_text", "text": "fi"}] * 2},
    ]
    server.engine.says("ok", "ok")
    ask(client, input=items, instructions="Be brief.")
    client.chat.completions.create(
        model=BASE,
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "two"},
            {"role": "assistant", "content": "three"},
            {"role": "developer", "content": "four"},
            {"role": "user", "content": "fifi"},
        ],
    )
    of_responses, of_chat = server.engine.prompts()
    assert of_responses == of_chat


def test_a_call_and_its_result_go_round(server: RunningServer, client: OpenAI):
    server.engine.says("Let me see. " + CALL, "Sunny in Paris.")
    first = ask(client, tools=TOOLS)
    said, call = first.output
    assert said.content[0].text.startswith("Let me see.")
    assert (call.type, call.name, call.status) == ("function_call", "get_weather", "completed")
    assert json.loads(call.arguments) == {"city": "Paris"}
    assert call.id.startswith("fc_")
    assert call.call_id.startswith("call_")
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
    question = {"role": "user", "content": QUESTION}
    second = ask(client, tools=TOOLS, input=[question, said, call, result])
    assert second.output_text == "Sunny in Paris."
    assert "sunny" in server.engine.prompts()[1]
    assert second.tools[0].strict is True


def test_the_next_turn_continues_a_stored_one(server: RunningServer, client: OpenAI):
    server.engine.says("It is sunny.", "You are welcome.")
    first = ask(client, instructions="Only this time.")
    second = ask(client, input="Thanks!", previous_response_id=first.id)
    before, after = server.engine.prompts()
    assert "Only this time." in before
    assert "Only this time." not in after
    assert "It is sunny." in after
    assert after.index(QUESTION) < after.index("It is sunny.") < after.index("Thanks!")
    assert second.previous_response_id == first.id


def test_a_continued_prompt_is_an_exact_extension_of_the_tokens(
    server: RunningServer, client: OpenAI
):
    # The tokens that the model made are not those that its text would be encoded to.
    spelled = [token for letter in "It is sunny." for token in server.engine.ids_of(letter)]
    assert spelled != server.engine.ids_of("It is sunny.")
    server.engine.says(Script(ids=spelled), "You are welcome.", "Bye.")
    first = ask(client)
    second = ask(client, input="Thanks!", previous_response_id=first.id)
    ask(client, input="Bye!", previous_response_id=second.id)
    one, two, three = (request.prompt_ids for request in server.engine.requests)
    assert two[: len(one) + len(spelled)] == (*one, *spelled)
    answer = tuple(server.engine.ids_of("You are welcome."))
    assert three[: len(two) + len(answer)] == (*two, *answer)


def test_where_it_would_not_be_the_same_text_the_prompt_is_rendered_anew(
    server: RunningServer, client: OpenAI
):
    # Written with other blanks than the template writes.
    call = CALL.replace('{"city": "Paris"}', '{"city":  "Paris"}')
    server.engine.says(call, "ok", "ok")
    first = ask(client, tools=TOOLS)
    result = {
        "type": "function_call_output",
        "call_id": first.output[0].call_id,
        "output": "sunny",
    }
    ask(client, tools=TOOLS, input=[result], previous_response_id=first.id)
    ask(
        client,
        tools=TOOLS,
        input=[{"role": "user", "content": QUESTION}, first.output[0], result],
    )
    _, continued, sent_again = server.engine.requests
    assert continued.prompt_ids == sent_again.prompt_ids


@pytest.mark.parametrize("id", ["resp_unknown", None])
def test_what_cannot_be_continued_is_said(server: RunningServer, client: OpenAI, id: str | None):
    server.engine.says("a", "b")
    id = id or ask(client, store=False).id
    with pytest.raises(BadRequestError, match=f"Previous response with id '{id}' not found") as no:
        ask(client, previous_response_id=id)
    assert (no.value.code, no.value.param) == (
        "previous_response_not_found",
        "previous_response_id",
    )


def test_a_limit_leaves_the_response_incomplete(server: RunningServer, client: OpenAI):
    server.engine.says(Script(text="word ", goes_on=True))
    response = ask(client, max_output_tokens=16)
    assert response.status == "incomplete"
    assert response.incomplete_details.reason == "max_output_tokens"
    assert response.output[0].status == "incomplete"
    assert response.completed_at is None
    assert response.usage.output_tokens == 16


def test_an_answer_of_nothing_is_a_message_without_text(server: RunningServer, client: OpenAI):
    server.engine.says("")
    response = ask(client)
    assert response.output_text == ""
    assert [item.type for item in response.output] == ["message"]


def test_probabilities_are_told_when_they_are_included(server: RunningServer, client: OpenAI):
    server.engine.says("It is sunny.", "It is sunny.")
    include = ["message.output_text.logprobs"]
    response = ask(client, include=include, top_logprobs=2)
    told = response.output[0].content[0].logprobs
    assert "".join(token.token for token in told) == "It is sunny."
    assert {len(token.top_logprobs) for token in told} == {2}
    assert response.top_logprobs == 2
    told = ask(client, include=include).output[0].content[0].logprobs
    assert {len(token.top_logprobs) for token in told} == {0}
    with pytest.raises(BadRequestError) as refused:
        ask(client, top_logprobs=2)
    assert refused.value.param == "top_logprobs"


def test_functions_are_strict_where_their_schemas_allow_for_it(
    server: RunningServer, client: OpenAI
):
    loose = {"type": "object", "properties": {"city": {"type": "string"}}}
    tools = [
        {"type": "function", "name": "a", "parameters": TOOLS[0]["parameters"]},
        {"type": "function", "name": "b", "parameters": loose},
        {"type": "function", "name": "c", "parameters": loose, "strict": False},
        {"type": "function", "name": "d", "parameters": TOOLS[0]["parameters"], "strict": False},
    ]
    server.engine.says("ok")
    assert [tool.strict for tool in ask(client, tools=tools).tools] == [True, False, False, False]


def test_a_forced_call_and_a_schema_reach_the_engine_as_a_grammar(
    server: RunningServer, client: OpenAI
):
    server.engine.says(CALL, '{"city": "Paris"}', "free")
    ask(client, tools=TOOLS, tool_choice={"type": "function", "name": "get_weather"})
    schema = TOOLS[0]["parameters"]
    text = {"format": {"type": "json_schema", "name": "x", "schema": schema, "strict": True}}
    response = ask(client, text=text)
    assert response.text.format.schema_ == schema
    ask(client)
    assert [request.grammar is not None for request in server.engine.requests] == [
        True,
        True,
        False,
    ]


def test_a_stored_response_is_read_again_and_deleted(server: RunningServer, client: OpenAI):
    server.engine.says("a")
    made = ask(client, metadata={"task": "x"}, user="u1")
    again = client.responses.retrieve(made.id)
    assert again.to_dict() == made.to_dict()
    assert client.responses.delete(made.id) is None
    with pytest.raises(NotFoundError, match=f"Response with id '{made.id}' not found"):
        client.responses.retrieve(made.id)


def test_another_projects_response_is_unknown(server: RunningServer, client: OpenAI):
    server.engine.says("a")
    made = ask(client)
    stranger = server.client(server.new_project()[1]).responses
    for reach in (
        lambda: stranger.retrieve(made.id),
        lambda: stranger.delete(made.id),
        lambda: stranger.cancel(made.id),
        lambda: stranger.input_items.list(made.id),
    ):
        with pytest.raises(NotFoundError, match="not found"):
            reach()
    with pytest.raises(BadRequestError, match="not found"):
        stranger.create(model=BASE, input="x", previous_response_id=made.id)


def test_input_items_are_the_whole_conversation_latest_first(server: RunningServer, client: OpenAI):
    server.engine.says("It is sunny.", "Bye.")
    first = ask(client)
    second = ask(client, input="Thanks!", previous_response_id=first.id)
    items = client.responses.input_items
    page = items.list(second.id)
    told = [(item.role, item.content[0].text) for item in page.data]
    assert told == [("user", "Thanks!"), ("assistant", "It is sunny."), ("user", QUESTION)]
    assert page.first_id == page.data[0].id
    assert page.last_id == page.data[-1].id
    assert [item.id for item in items.list(second.id, limit=1)] == [i.id for i in page.data]
    forward = items.list(second.id, order="asc", after=page.data[2].id)
    assert [item.id for item in forward.data] == [page.data[1].id, page.data[0].id]
    assert page.data[1].id == first.output[0].id


def test_tokens_are_counted_as_they_would_be_read(server: RunningServer, client: OpenAI):
    server.engine.says("a", "b")
    request = {"input": QUESTION, "instructions": "Be brief.", "tools": TOOLS}
    counted = client.responses.input_tokens.count(model=BASE, **request)
    assert counted.object == "response.input_tokens"
    made = ask(client, **request)
    assert counted.input_tokens == made.usage.input_tokens
    more = client.responses.input_tokens.count(
        model=BASE, input="Thanks!", previous_response_id=made.id
    )
    assert (
        more.input_tokens
        == ask(client, input="Thanks!", previous_response_id=made.id).usage.input_tokens
    )


def test_the_oldest_turns_are_left_out_when_that_is_wanted(server: RunningServer, client: OpenAI):
    long = [{"role": "user", "content": f"number {i} " + "word " * 4} for i in range(60)]
    last = {"role": "user", "content": "the last one"}
    with pytest.raises(BadRequestError) as refused:
        ask(client, input=[*long, last])
    assert (refused.value.code, refused.value.param) == ("context_length_exceeded", "input")
    server.engine.says("ok")
    response = ask(client, input=[*long, last], truncation="auto", instructions="Stay.")
    prompt = server.engine.prompts()[0]
    assert "Stay." in prompt
    assert "the last one" in prompt
    assert "number 0 " not in prompt
    assert "number 59 " in prompt
    # An eighth of the context is left for the answer, and no turn that would fit is left out.
    assert 512 - 64 - 64 < response.usage.input_tokens <= 512 - 64
    with pytest.raises(BadRequestError) as refused:
        ask(client, input="word " * 3000, truncation="auto")
    assert refused.value.code == "context_length_exceeded"


def test_a_request_that_is_sent_again_finds_its_response(server: RunningServer, client: OpenAI):
    server.engine.says("first", "second")
    first = ask(client)
    assert ask(client, extra_headers={"x-stainless-retry-count": "1"}).id == first.id
    assert ask(client).id != first.id


def test_responses_are_listed_for_logs(server: RunningServer, client: OpenAI):
    server.engine.says("a", "b")
    first = ask(client, metadata={"task": "x"})
    second = ask(client, metadata={"task": "y"}, model=ALIAS)
    ask(client, store=False)

    def listed(query: str = "") -> list[str]:
        page = client.get(f"/x/responses{query}", cast_to=dict[str, object])
        return [response["id"] for response in page["data"]]

    assert listed() == [second.id, first.id]
    assert listed("?order=asc&limit=1") == [first.id]
    assert listed("?metadata[task]=x") == [first.id]
    assert listed("?model=gpt-4.1-nano") == [second.id]
    assert listed(f"?created_after={second.created_at:.0f}") == []
    assert listed(f"?created_before={first.created_at:.0f}") == []
    page = client.get("/x/responses?limit=1", cast_to=dict[str, object])
    assert page["data"][0]["input"][0]["content"][0]["text"] == QUESTION
    assert page["data"][0]["output"][0]["content"][0]["text"] == "b"
    assert page["has_more"] is True


def test_unknown_fields_headers_and_neutral_values_are_accepted(
    server: RunningServer, client: OpenAI
):
    server.engine.says("fine")
    neutral = {
        "service_tier": "auto",
        "safety_identifier": "s",
        "prompt_cache_key": "k",
        "prompt_cache_retention": "24h",
        "max_tool_calls": 3,
        "background": None,
        "conversation": None,
        "prompt": None,
        "include": ["reasoning.encrypted_content", "web_search_call.action.sources"],
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "reasoning": {"summary": "detailed"},
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "chat_template_kwargs": {"unknown": True},
    }
    headers = {"OpenAI-Beta": "responses=v1"}
    response = ask(client, extra_body=neutral, extra_headers=headers)
    assert response.output_text == "fine"
    assert response.safety_identifier == "s"


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"model": None}, "missing_required_parameter", "model"),
        ({"input": None}, "missing_required_parameter", "input"),
        ({"input": []}, "missing_required_parameter", "input"),
        ({"input": 5}, "invalid_type", "input"),
        ({"conversation": "conv_1"}, "unsupported_parameter", "conversation"),
        (
            {"conversation": "conv_1", "previous_response_id": "resp_1"},
            "mutually_exclusive_parameters",
            "conversation",
        ),
        ({"prompt": {"id": "pmpt_1"}}, "unsupported_parameter", "prompt"),
        (
            {"moderation": {"model": "omni-moderation-latest"}, "background": True},
            "unsupported_parameter",
            "moderation",
        ),
        ({"background": True, "store": False}, "invalid_value", "background"),
        ({"max_output_tokens": 15}, "integer_below_min_value", "max_output_tokens"),
        ({"top_logprobs": 21}, "integer_above_max_value", "top_logprobs"),
        ({"include": ["x"]}, "invalid_value", "include[0]"),
        ({"truncation": "x"}, "invalid_value", "truncation"),
        ({"tools": [{"type": "web_search"}]}, "unsupported_value", "tools[0].type"),
        ({"tools": [{"type": "mcp", "server_label": "x"}]}, "unsupported_value", "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "missing_required_parameter", "tools[0].name"),
        ({"tool_choice": {"type": "file_search"}}, "unsupported_value", "tool_choice.type"),
        (
            {"tools": TOOLS, "tool_choice": {"type": "function", "name": "other"}},
            "invalid_value",
            "tool_choice",
        ),
        ({"tool_choice": "required"}, "invalid_value", "tool_choice"),
        ({"reasoning": {"summary": "concise"}}, "unsupported_value", "reasoning.summary"),
        ({"text": {"verbosity": "high"}}, "unsupported_value", "text.verbosity"),
        (
            {"text": {"format": {"type": "json_schema", "name": "x"}}},
            "missing_required_parameter",
            "text.format.schema",
        ),
        ({"reasoning": {"effort": "low"}}, "unsupported_parameter", "reasoning.effort"),
        (
            {"text": {"format": {"type": "json_schema", "name": "x", "schema": {"type": 5}}}},
            None,
            "text.format.schema",
        ),
        (
            {
                "tools": [
                    TOOLS[0]
                    | {"strict": True, "parameters": {"type": "object", "properties": {"a": {}}}}
                ]
            },
            "invalid_function_parameters",
            "tools[0].parameters",
        ),
        ({"stream_options": {}}, None, "stream_options"),
        ({"metadata": {"k": "x" * 513}}, "string_above_max_length", "metadata.k"),
        ({"input": [{"role": "critic", "content": "x"}]}, "invalid_value", "input[0].role"),
        ({"input": [{"role": "user"}]}, "missing_required_parameter", "input[0].content"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image"}]}]},
            "invalid_value",
            "input[0].content[0]",
        ),
        (
            {"input": [{"type": "item_reference"}]},
            "missing_required_parameter",
            "input[0].id",
        ),
        ({"input": [{"type": "computer_call"}]}, "unsupported_value", "input[0].type"),
        (
            {"input": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{"}]},
            "invalid_value",
            "input[0].arguments",
        ),
        (
            {"input": [{"type": "reasoning", "summary": [], "encrypted_content": "x"}]},
            "invalid_encrypted_content",
            "input[0].encrypted_content",
        ),
    ],
)
def test_what_cannot_be_followed_is_refused_by_name(
    client: OpenAI, body: dict, code: str | None, param: str
):
    with pytest.raises(BadRequestError) as refused:
        ask(client, extra_body=body)
    assert (refused.value.code, refused.value.param) == (code, param)


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (
            [{"type": "function_call_output", "call_id": "c1", "output": "x"}],
            "No tool call found for function call output with call_id c1.",
        ),
        (
            [{"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}],
            "No tool output found for function call c1.",
        ),
        (
            [
                {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
                {"role": "user", "content": "x"},
                {"type": "function_call_output", "call_id": "c1", "output": "x"},
            ],
            "No tool output found for function call c1.",
        ),
    ],
)
def test_calls_and_results_must_pair(client: OpenAI, items: list[dict], message: str):
    with pytest.raises(BadRequestError) as refused:
        ask(client, input=items, tools=TOOLS)
    assert message in refused.value.message
    assert refused.value.param == "input"


def test_only_background_responses_are_cancelled_or_streamed_again(
    server: RunningServer, client: OpenAI
):
    server.engine.says("a")
    made = ask(client)
    with pytest.raises(BadRequestError, match="Cannot cancel a synchronous response"):
        client.responses.cancel(made.id)
    with pytest.raises(BadRequestError, match="can be streamed again"):
        client.responses.retrieve(made.id, stream=True)
