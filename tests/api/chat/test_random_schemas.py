"""Whatever the schema and the tools: what the built-in model answers parses and validates."""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import jsonschema
import pytest
from openai import OpenAI

from tests.api.chat.random_schemas import RandomSchemas
from tests.api.harness import RunningServer

pytestmark = pytest.mark.slow

MODEL = "understudy-nano"
QUESTIONS = ["Hello, who are you?", "What is the weather in Paris?", "5 + 7?", "東京は?", "{", ""]
AT_ONCE = 16
# Digits and chains of objects have no end of their own.
ENDLESS = ("number", "$ref")

# `FUZZ=full` takes the thousand that the figures in the docs are about.
MANY = 1000 if os.environ.get("FUZZ") == "full" else 100


def ask(client: OpenAI, seed: int, **more: Any) -> Any:
    return client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": QUESTIONS[seed % len(QUESTIONS)]}],
        seed=seed,
        temperature=[0, 0.7, 1, 1.5][seed % 4],
        max_tokens=800,
        **more,
    ).choices[0]


def check_schema(client: OpenAI, seed: int) -> bool:
    """Check one answer and say whether it came to its end."""
    schema = RandomSchemas(seed).strict()
    form = {"name": "n", "schema": schema, "strict": True}
    choice = ask(client, seed, response_format={"type": "json_schema", "json_schema": form})
    if is_cut(choice, schema):
        return False
    assert choice.finish_reason == "stop"
    jsonschema.validate(json.loads(choice.message.content), schema)
    return True


def check_tools(client: OpenAI, seed: int) -> bool:
    """Check one set of calls and say whether it came to its end."""
    schemas = RandomSchemas(seed)
    tools = schemas.tools()
    wanted = schemas.tool_choice(tools)
    choice = ask(client, seed, tools=tools, tool_choice=wanted, parallel_tool_calls=seed % 2 == 0)
    if is_cut(choice, tools, is_endless=seed % 2 == 0):
        return False
    is_named = isinstance(wanted, dict) and "function" in wanted
    assert choice.finish_reason == ("stop" if is_named else "tool_calls")
    calls = choice.message.tool_calls
    assert choice.message.content is None
    assert len(calls) == 1 or seed % 2 == 0
    parameters = {t["function"]["name"]: t["function"].get("parameters", {}) for t in tools}
    for call in calls:
        jsonschema.validate(json.loads(call.function.arguments), parameters[call.function.name])
    if is_named:
        assert [call.function.name for call in calls] == [wanted["function"]["name"]]
    return True


def is_cut(choice: Any, schema: Any, *, is_endless: bool = False) -> bool:
    """Say whether the limit cut an answer, as it may where nothing sets an end to it."""
    is_endless = is_endless or any(f'"{kind}"' in json.dumps(schema) for kind in ENDLESS)
    assert choice.finish_reason != "length" or is_endless, (schema, choice)
    return choice.finish_reason == "length"


@pytest.fixture
def client(whole: RunningServer) -> OpenAI:
    return whole.client(whole.new_project()[1]).with_options(timeout=120, max_retries=5)


def check_all(check: Callable[[OpenAI, int], bool], client: OpenAI, count: int) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ended = list(pool.map(partial(check, client), range(count)))
    assert ended.count(False) <= 0.05 * count + 1


def test_answers_to_random_schemas_validate(client: OpenAI):
    check_all(check_schema, client, 5)


def test_calls_of_random_tools_validate(client: OpenAI):
    check_all(check_tools, client, 5)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_answers_to_many_random_schemas_validate(client: OpenAI):
    check_all(check_schema, client, MANY)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_calls_of_many_random_tool_sets_validate(client: OpenAI):
    check_all(check_tools, client, MANY)
