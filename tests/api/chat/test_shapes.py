"""What an answer has to be: tool choice, functions and response_format through the client."""

import json

import pytest
from openai import BadRequestError, LengthFinishReasonError, OpenAI
from pydantic import BaseModel

from tests.api.chat.test_chat import CALL, HELLO, TOOLS, ask
from tests.api.chat.test_streaming import events
from tests.api.harness import BASE, RunningServer
from tests.api.scripted_engine import Script

FUNCTIONS = [tool["function"] for tool in TOOLS]
NAMED = {"type": "function", "function": {"name": "get_weather"}}
ALLOWED = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [NAMED]}}
OPEN_OBJECT = {"type": "object", "properties": {"a": {"type": "string"}}}


class City(BaseModel):
    name: str
    people: int


def grammars(server: RunningServer) -> list[str | None]:
    return [request.grammar for request in server.engine.requests]


@pytest.mark.parametrize(
    ("choice", "reason", "is_held"),
    [
        ("auto", "tool_calls", False),
        ("required", "tool_calls", True),
        (NAMED, "stop", True),
        (ALLOWED, "tool_calls", True),
    ],
)
def test_a_choice_of_tools_ends_the_answer_as_at_openai(
    server: RunningServer, client: OpenAI, choice: object, reason: str, is_held: bool
):
    server.engine.says(CALL)
    answer = ask(client, tools=TOOLS, tool_choice=choice).choices[0]
    assert answer.finish_reason == reason
    assert answer.message.content is None
    assert [call.function.name for call in answer.message.tool_calls] == ["get_weather"]
    assert (grammars(server)[0] is not None) == is_held


def test_a_choice_of_tools_that_leads_to_text_ends_with_stop(server: RunningServer, client: OpenAI):
    server.engine.says("It is sunny.")
    answer = ask(client, tools=TOOLS, tool_choice=ALLOWED).choices[0]
    assert (answer.finish_reason, answer.message.content) == ("stop", "It is sunny.")


def test_every_choice_is_held_to_the_grammar(server: RunningServer, client: OpenAI):
    server.engine.says('{"a": 1}', '{"a": 2}')
    answer = ask(client, response_format={"type": "json_object"}, n=2)
    assert sorted(choice.message.content for choice in answer.choices) == ['{"a": 1}', '{"a": 2}']
    first, second = grammars(server)
    assert first == second
    assert first is not None


def test_the_parse_helper_gets_its_object(server: RunningServer, client: OpenAI):
    server.engine.says('{"name": "Paris", "people": 2100000}')
    answer = client.chat.completions.parse(model=BASE, messages=HELLO, response_format=City)
    assert answer.choices[0].message.parsed == City(name="Paris", people=2_100_000)
    assert '"people"' in grammars(server)[0]


def test_an_object_that_was_cut_is_told_by_the_parse_helper(server: RunningServer, client: OpenAI):
    server.engine.says(Script(text='{"name": "Paris and all of', goes_on=True))
    with pytest.raises(LengthFinishReasonError):
        client.chat.completions.parse(
            model=BASE, messages=HELLO, response_format=City, max_tokens=5
        )


def test_functions_are_called_in_their_own_words(server: RunningServer, client: OpenAI):
    server.engine.says(CALL, "Sunny.", "Nothing.")
    asked = {"functions": FUNCTIONS, "function_call": "auto"}
    answer = ask(client, **asked).choices[0]
    assert answer.finish_reason == "function_call"
    assert answer.message.tool_calls is None
    assert answer.message.content is None
    assert answer.message.function_call.name == "get_weather"
    assert json.loads(answer.message.function_call.arguments) == {"city": "Paris"}
    result = {"role": "function", "name": "get_weather", "content": "sunny"}
    after = ask(client, **asked, messages=[*HELLO, answer.message, result])
    assert after.choices[0].message.content == "Sunny."
    assert "sunny" in server.engine.prompts()[1]
    nothing = result | {"content": None}
    after = ask(client, **asked, messages=[*HELLO, answer.message, nothing])
    assert after.choices[0].message.content == "Nothing."


def test_a_function_that_was_named_is_held_to_and_ends_with_stop(
    server: RunningServer, client: OpenAI
):
    server.engine.says(CALL)
    named = {"functions": FUNCTIONS, "function_call": {"name": "get_weather"}}
    answer = ask(client, **named).choices[0]
    assert answer.finish_reason == "stop"
    assert answer.message.function_call.name == "get_weather"
    assert grammars(server)[0] is not None


def test_a_function_call_is_streamed_without_index_or_id(server: RunningServer, key: str):
    server.engine.says(CALL)
    *chunks, last, _ = events(server, key, functions=FUNCTIONS)
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks[1:]]
    assert deltas[0] == {"function_call": {"name": "get_weather", "arguments": ""}}
    assert all(set(delta["function_call"]) == {"arguments"} for delta in deltas[1:])
    text = "".join(delta["function_call"]["arguments"] for delta in deltas)
    assert json.loads(text) == {"city": "Paris"}
    assert last["choices"][0]["finish_reason"] == "function_call"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("fields", "code", "param", "said"),
    [
        (
            {"response_format": {"type": "json_schema",
                                 "json_schema": {"name": "n", "schema": OPEN_OBJECT,
                                                 "strict": True}}},
            None, "response_format",
            "Invalid schema for response_format 'n': In context=(), 'additionalProperties' is",
        ),
        (
            {"tools": [TOOLS[0], {"type": "function",
                                  "function": {"name": "g", "parameters": OPEN_OBJECT,
                                               "strict": True}}]},
            "invalid_function_parameters", "tools[1].function.parameters",
            "Invalid schema for function 'g': In context=(), 'additionalProperties' is",
        ),
        (
            {"functions": [{"name": "g", "parameters": {"type": "string"}}],
             "function_call": {"name": "g"}},
            "invalid_function_parameters", "functions[0].parameters",
            "Invalid schema for function 'g': schema must be",
        ),
        (
            {"tools": TOOLS, "tool_choice": {"type": "function", "function": {"name": "x"}}},
            "invalid_value", "tool_choice", "no function named 'x' was specified",
        ),
        ({"tools": TOOLS * 10_000}, "array_above_max_length", "tools", "length 10000"),
        ({"response_format": {"type": "xml"}}, "invalid_value", "response_format.type", "'xml'"),
        ({"reasoning_effort": "low"}, "unsupported_parameter", "reasoning_effort", "no switch"),
        ({"verbosity": "low"}, "unsupported_value", "verbosity", "medium"),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_refused(
    client: OpenAI, stream: bool, fields: dict, code: str | None, param: str, said: str
):
    with pytest.raises(BadRequestError) as refused:
        ask(client, stream=stream, **fields)
    assert (refused.value.code, refused.value.param) == (code, param)
    assert said in refused.value.message


def test_a_schema_without_strictness_may_be_loose(server: RunningServer, client: OpenAI):
    server.engine.says("{}")
    loose = {"name": "n", "schema": OPEN_OBJECT | {"unheard_of": 1}}
    answer = ask(client, response_format={"type": "json_schema", "json_schema": loose})
    assert answer.choices[0].message.content == "{}"


def test_chunks_are_padded_when_they_shall_be(server: RunningServer, key: str):
    server.engine.says("one two three", "one two three")
    plain = events(server, key)[:-1]
    assert all("obfuscation" not in chunk for chunk in plain)
    padded = events(server, key, stream_options={"include_obfuscation": True})[:-1]
    sizes = {
        len(json.dumps(chunk["choices"][0]["delta"], separators=(",", ":")))
        + len(chunk["obfuscation"])
        for chunk in padded
    }
    assert sizes == {64}


def test_every_tier_is_served_as_the_one_there_is(server: RunningServer, client: OpenAI):
    server.engine.says("a", "b", "c")
    tiers = ["auto", "flex", "priority"]
    assert {ask(client, service_tier=tier).service_tier for tier in tiers} == {"default"}
