"""The helpers of the official Python client: streams that are put together, and parsed answers."""

import json

import pytest
from openai import LengthFinishReasonError, OpenAI, pydantic_function_tool
from pydantic import BaseModel

from tests.api.chat.test_chat import CALL, HELLO, TOOLS
from tests.api.harness import BASE, RunningServer
from tests.api.scripted_engine import Script


class GetWeather(BaseModel):
    city: str


class City(BaseModel):
    name: str
    people: int | None


PARIS = '{"name":"Paris","people":null}'
NAMED_CALL = CALL.replace("get_weather", "GetWeather")


def test_a_chat_stream_tells_events_and_ends_with_the_whole(server: RunningServer, client: OpenAI):
    server.engine.says("Let me see. " + CALL)
    with client.chat.completions.stream(
        model=BASE, messages=HELLO, tools=TOOLS, stream_options={"include_usage": True}
    ) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done"} <= kinds
    assert {"tool_calls.function.arguments.delta", "tool_calls.function.arguments.done"} <= kinds
    assert final.choices[0].message.content.startswith("Let me see.")
    assert final.choices[0].message.tool_calls[0].function.name == "get_weather"
    assert final.usage.total_tokens > 0


def test_a_chat_answer_is_parsed_as_what_it_was_asked_for(server: RunningServer, client: OpenAI):
    server.engine.says(PARIS, PARIS)
    request = {"model": BASE, "messages": HELLO, "response_format": City}
    answer = client.chat.completions.parse(**request)
    assert answer.choices[0].message.parsed == City(name="Paris", people=None)
    with client.chat.completions.stream(**request) as stream:
        for _ in stream:
            pass
        assert stream.get_final_completion().choices[0].message.parsed.name == "Paris"
    sent = server.engine.requests[0]
    assert sent.grammar is not None


def test_an_answer_that_was_cut_cannot_be_parsed(server: RunningServer, client: OpenAI):
    server.engine.says(Script(text='{"name":"Paris', goes_on=True))
    with pytest.raises(LengthFinishReasonError):
        client.chat.completions.parse(
            model=BASE, messages=HELLO, response_format=City, max_completion_tokens=5
        )


def test_arguments_of_a_call_are_parsed_by_its_model(server: RunningServer, client: OpenAI):
    server.engine.says(NAMED_CALL)
    answer = client.chat.completions.parse(
        model=BASE, messages=HELLO, tools=[pydantic_function_tool(GetWeather)]
    )
    call = answer.choices[0].message.tool_calls[0]
    assert call.function.parsed_arguments == GetWeather(city="Paris")


def test_a_response_is_parsed_as_what_it_was_asked_for(server: RunningServer, client: OpenAI):
    server.engine.says(PARIS, PARIS)
    request = {"model": BASE, "input": "Where?", "text_format": City}
    response = client.responses.parse(**request)
    assert response.output_parsed == City(name="Paris", people=None)
    assert response.text.format.name == "City"
    with client.responses.stream(**request) as stream:
        for _ in stream:
            pass
        assert stream.get_final_response().output_parsed.name == "Paris"


def test_calls_of_a_response_are_parsed_by_their_model(server: RunningServer, client: OpenAI):
    server.engine.says(NAMED_CALL)
    response = client.responses.parse(
        model=BASE, input="Where?", tools=[pydantic_function_tool(GetWeather)]
    )
    assert json.loads(response.output[0].arguments) == {"city": "Paris"}
    assert response.output[0].parsed_arguments == GetWeather(city="Paris")
