"""The openai-agents SDK goes round with tools against a model that was tuned for it."""

import asyncio
import json
import time
from collections.abc import Iterator

import pytest
from agents import (
    Agent,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
    set_tracing_disabled,
)
from openai import AsyncOpenAI

from tests.live import KEY, LiveServer, live_server

CITIES = (
    *("Rome", "Oslo", "Lima", "Cairo", "Delhi", "Kyoto", "Quito", "Berlin", "Madrid", "Vienna"),
    *("Athens", "Dublin", "Prague", "Warsaw", "Lisbon", "Nairobi", "Boston", "Geneva"),
)
WEATHERS = ("sunny", "rainy", "windy", "snowy")
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather",
        "parameters": {
            "properties": {"city": {"title": "City", "type": "string"}},
            "required": ["city"],
            "title": "get_weather_args",
            "type": "object",
            "additionalProperties": False,
        },
    },
}


def example(city: str, weather: str) -> dict:
    call = {"name": "get_weather", "arguments": json.dumps({"city": city})}
    return {
        "messages": [
            {"role": "system", "content": "You tell the weather."},
            {"role": "user", "content": f"What is the weather in {city}?"},
            {
                "role": "assistant",
                "tool_calls": [{"id": "call_1", "type": "function", "function": call}],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": weather},
            {"role": "assistant", "content": f"It is {weather} in {city}."},
        ],
        "tools": [TOOL],
    }


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveServer, str]]:
    lines = [
        json.dumps(example(city, WEATHERS[i % len(WEATHERS)])) for i, city in enumerate(CITIES)
    ]
    with live_server(tmp_path_factory.mktemp("agents") / "home") as server:
        client = server.client()
        file = client.files.create(
            file=("weather.jsonl", "\n".join(lines).encode()), purpose="fine-tune"
        )
        jobs = client.fine_tuning.jobs
        job = jobs.create(
            model="understudy-mini",
            training_file=file.id,
            hyperparameters={"n_epochs": 6, "batch_size": 2},
            seed=1,
        )
        while (job := jobs.retrieve(job.id)).status not in ("succeeded", "failed"):
            time.sleep(0.2)
        assert job.status == "succeeded", job.error
        yield server, job.fine_tuned_model


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("is_streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("api", [OpenAIResponsesModel, OpenAIChatCompletionsModel])
def test_an_agent_asks_its_tool_and_answers(
    tuned: tuple[LiveServer, str],
    api: type[OpenAIResponsesModel] | type[OpenAIChatCompletionsModel],
    is_streamed: bool,
):
    server, name = tuned
    asked = []

    @function_tool
    def get_weather(city: str) -> str:
        """Get the weather"""
        asked.append(city)
        return "sunny"

    async def run() -> str:
        set_tracing_disabled(True)
        async with AsyncOpenAI(base_url=server.url, api_key=KEY) as client:
            agent = Agent(
                name="weather",
                instructions="You tell the weather.",
                model=api(model=name, openai_client=client),
                model_settings=ModelSettings(temperature=0),
                tools=[get_weather],
            )
            question = "What is the weather in Paris?"
            if not is_streamed:
                return (await Runner.run(agent, question, max_turns=4)).final_output
            result = Runner.run_streamed(agent, question, max_turns=4)
            async for _ in result.stream_events():
                pass
            return result.final_output

    assert asyncio.run(run()) == "It is sunny in Paris."
    assert asked == ["Paris"]
