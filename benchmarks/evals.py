"""How much of the engine's batch rate an eval gets: the same 200 questions, with and without us.

The engine alone is asked by a bare client with as many requests in flight as a run has; an eval of
the same questions also renders, parses, grades, records and reports them. Rounds alternate, and the
rates are medians: on a busy machine the ratio is what counts.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from contextlib import aclosing
from pathlib import Path

from openai import OpenAI

from understudy.answering.chat_plan import plan_chat
from understudy.answering.generation import make_prompt
from understudy.answering.renderers import Renderers
from understudy.answering.serving import ServedModel, ServedModels
from understudy.cli.demo_server import running_server
from understudy.config import load_settings
from understudy.inference.client import EngineClient
from understudy.inference.protocol import FinishEvent, GenerateRequest, Sampling
from understudy.registry.catalogue import catalogue_of
from understudy.schemas.chat import CreateChatCompletion
from understudy.storage.database import Database
from understudy.worker.eval_run import AT_ONCE

ITEMS = 200
TOKENS = 48


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", default="understudy-mini")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    questions = [f"Tell me a long story about the number {number}." for number in range(ITEMS)]
    with tempfile.TemporaryDirectory() as home, running_server(Path(home)) as server:
        client = OpenAI(base_url=server.base_url, api_key=server.api_key)
        eval_id = make_eval(client)
        model = served_model(Path(home), arguments.model)
        socket = load_settings(Path(home)).engine_socket
        run_eval(client, eval_id, arguments.model, questions[:20])  # warms everything
        alone: list[float] = []
        evaluated: list[float] = []
        for _ in range(arguments.rounds):
            alone.append(asyncio.run(engine_alone(socket, model, questions)))
            evaluated.append(run_eval(client, eval_id, arguments.model, questions))
    engine, ours = statistics.median(alone), statistics.median(evaluated)
    print(f"{arguments.model}, {ITEMS} items of up to {TOKENS} tokens, {arguments.rounds} rounds")
    print(f"engine alone   {engine:7.0f} tokens/s")
    print(f"as an eval     {ours:7.0f} tokens/s")
    print(f"share          {100 * ours / engine:7.1f} %")


def make_eval(client: OpenAI) -> str:
    """Make an eval that looks at each answer."""
    made = client.evals.create(
        data_source_config={
            "type": "custom",
            "item_schema": {"type": "object", "properties": {"question": {"type": "string"}}},
            "include_sample_schema": True,
        },
        testing_criteria=[
            {
                "type": "string_check",
                "name": "mentions it",
                "input": "{{ sample.output_text }}",
                "reference": "number",
                "operation": "ilike",
            }
        ],
    )
    return made.id


def run_eval(client: OpenAI, eval_id: str, model: str, questions: list[str]) -> float:
    """Run the eval and return its rate, from the request to the end as a client sees it."""
    began = time.perf_counter()
    run = client.evals.runs.create(
        eval_id,
        data_source={
            "type": "completions",
            "model": model,
            "source": {
                "type": "file_content",
                "content": [{"item": {"question": question}} for question in questions],
            },
            "input_messages": {
                "type": "template",
                "template": [{"role": "user", "content": "{{ item.question }}"}],
            },
            "sampling_params": {"temperature": 1.0, "seed": 1, "max_completion_tokens": TOKENS},
        },
    )
    while run.status in ("queued", "in_progress"):
        time.sleep(0.05)
        run = client.evals.runs.retrieve(run.id, eval_id=eval_id)
    seconds = time.perf_counter() - began
    assert run.status == "completed", run.error
    assert run.result_counts.errored == 0
    return sum(used.completion_tokens for used in run.per_model_usage) / seconds


async def engine_alone(socket: Path, model: ServedModel, questions: list[str]) -> float:
    """Ask the engine for the same answers and return its rate."""
    engine = EngineClient(socket)
    requests = [engine_request(model, question, n) for n, question in enumerate(questions)]
    waiting = iter(requests)

    async def ask_some() -> int:
        tokens = 0
        for request in waiting:
            async with aclosing(engine.generate(request)) as events:
                async for event in events:
                    tokens += not isinstance(event, FinishEvent)
        return tokens

    began = time.perf_counter()
    tokens = sum(await asyncio.gather(*(ask_some() for _ in range(AT_ONCE))))
    seconds = time.perf_counter() - began
    await engine.close()
    return tokens / seconds


def engine_request(model: ServedModel, question: str, number: int) -> GenerateRequest:
    """Return what the API would ask the engine for this question."""
    request = CreateChatCompletion.model_validate(
        {"model": model.name, "messages": [{"role": "user", "content": question}]}
    )
    prompt = make_prompt(plan_chat(request), model)
    return GenerateRequest(
        request_id=f"alone-{number}",
        model=model.weights,
        prompt_ids=prompt.ids,
        sampling=Sampling(
            temperature=1.0,
            top_p=1.0,
            max_tokens=TOKENS,
            seed=1,
            stop_ids=model.renderer.stop_ids,
            top_logprobs=0,
            frequency_penalty=0.0,
            presence_penalty=0.0,
            logit_bias=(),
        ),
    )


def served_model(home: Path, name: str) -> ServedModel:
    """Return the model as the server of that home knows it."""
    settings = load_settings(home)
    catalogue = catalogue_of(settings.models, settings.aliases)
    database = Database(settings.database_url)
    served = ServedModels(database=database, catalogue=lambda: catalogue, renderers=Renderers())
    with database.read():
        return served.find("any project", name)


if __name__ == "__main__":
    main()
