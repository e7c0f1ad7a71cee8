"""Calls of model families that write them in forms of their own, through the whole server."""

import json
from pathlib import Path

import jsonschema
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletion

from tests import tiny
from tests.api.harness import RunningServer
from tests.unit.chat.templates import write_family

FAMILIES = ["gemma4", "deepseek-v3.1"]
HELLO = {"role": "user", "content": "What is the weather in Paris?"}
SCHEMA = {
    "type": "object",
    "properties": {
        "unit": {"enum": ["celsius", "kelvin"]},
        "city": {"type": "string", "minLength": 1, "maxLength": 8},
        "days": {"type": "array", "items": {"type": "boolean"}, "maxItems": 2},
        "near": {"type": ["null", "boolean"]},
    },
    "required": ["unit", "city", "days", "near"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "look", "strict": True, "parameters": SCHEMA}}


@pytest.fixture(scope="module")
def client(whole: RunningServer) -> OpenAI:
    """A client of a server that has a tiny random model of every family."""
    settings = whole.home / "understudy.toml"
    for name in FAMILIES:
        directory = whole.home / "bases" / name
        write_model(directory, name)
        with settings.open("a") as file:
            file.write(f'[models."{name}"]\ndirectory = "{directory}"\n')
    return whole.client(whole.new_project()[1])


def write_model(directory: Path, name: str) -> None:
    model = tiny.llama(vocab_size=400, max_position_embeddings=1024)
    model.save_pretrained(directory)
    config = (directory / "config.json").read_text()
    write_family(directory, name)
    (directory / "config.json").write_text(config)


@pytest.mark.parametrize("model", FAMILIES)
def test_a_required_call_follows_its_schema_and_its_result_is_answered(client: OpenAI, model: str):
    asked = client.chat.completions.create(
        model=model,
        messages=[HELLO],
        tools=[TOOL],
        tool_choice="required",
        parallel_tool_calls=False,
        temperature=1,
        seed=1,
        max_tokens=200,
    )
    message = asked.choices[0].message
    (call,) = message.tool_calls
    assert asked.choices[0].finish_reason == "tool_calls"
    jsonschema.validate(json.loads(call.function.arguments), SCHEMA)
    result = {"role": "tool", "tool_call_id": call.id, "content": "21 degrees"}

    answered = client.chat.completions.create(
        model=model, messages=[HELLO, message.to_dict(), result], tools=[TOOL], max_tokens=5
    )

    assert answered.usage.prompt_tokens > asked.usage.prompt_tokens


@pytest.mark.parametrize("model", FAMILIES)
def test_a_stream_gives_the_same_arguments_in_pieces(client: OpenAI, model: str):
    request = {
        "model": model,
        "messages": [HELLO],
        "tools": [TOOL],
        "tool_choice": {"type": "function", "function": {"name": "look"}},
        "temperature": 1,
        "seed": 2,
        "max_tokens": 200,
    }
    whole: ChatCompletion = client.chat.completions.create(**request)
    with client.chat.completions.stream(**request) as stream:
        pieces = [
            event.arguments_delta
            for event in stream
            if event.type == "tool_calls.function.arguments.delta"
        ]
    (call,) = whole.choices[0].message.tool_calls
    assert "".join(pieces) == call.function.arguments
    assert len(pieces) > 1
