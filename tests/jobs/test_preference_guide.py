"""The steps of OpenAI's published guide to preference fine-tuning, over its models' names.

Its data are made small and are not sampled: a small base has no friendly and no blunt voice yet.
All requests have the shapes of the guide, which names everything by OpenAI's models.
"""

import asyncio
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI, OpenAI

from tests.acceptance import acceptance
from tests.live import KEY, live_server

pytestmark = [acceptance, pytest.mark.slow, pytest.mark.timeout(900)]

MODEL, JUDGE = "gpt-4.1-mini-2025-04-14", "gpt-4.1-2025-04-14"
SYSTEM = "You are a customer-support assistant."
THINGS = ("lamp", "phone", "chair", "watch", "radio")
ASKED = ("When will my {} arrive?", "My {} is broken. Can I get help?", "Can I return my {}?")
PLACES = ("Oslo", "Rome", "Lima", "Cairo")


def pairs() -> list[dict[str, Any]]:
    questions = [
        f"{asked.format(thing)} I live in {place}."
        for place in PLACES
        for thing in THINGS
        for asked in ASKED
    ]
    return [
        {
            "input": {
                "messages": [
                    {"role": "system", "content": SYSTEM},
                    {"role": "user", "content": question},
                ]
            },
            "preferred_output": [
                {"role": "assistant", "content": "Hi there, friend! We would love to help!"}
            ],
            "non_preferred_output": [{"role": "assistant", "content": "Send the order number."}],
        }
        for question in questions
    ]


async def answers(url: str, model: str, questions: list[str]) -> list[str]:
    turns = asyncio.Semaphore(8)

    async def answer(client: AsyncOpenAI, question: str) -> str:
        async with turns:
            response = await client.responses.create(
                model=model,
                input=[
                    {"role": "system", "content": SYSTEM},
                    {"role": "user", "content": question},
                ],
                temperature=0.0,
                max_output_tokens=80,
            )
            return response.output_text

    async with AsyncOpenAI(base_url=url, api_key=KEY) as client:
        return await asyncio.gather(*(answer(client, question) for question in questions))


def make_eval(client: OpenAI) -> str:
    asked = "**User input**\n{{item.input}}\n**Response to evaluate**\n{{sample.output_text}}"
    return client.evals.create(
        name="tone",
        data_source_config={"type": "logs"},
        testing_criteria=[
            {
                "type": "score_model",
                "name": "General Evaluator",
                "model": JUDGE,
                "input": [
                    {"role": "system", "content": "Score 0-4 (higher = more energy)."},
                    {"role": "user", "content": asked},
                ],
                "range": [0, 4],
                "pass_threshold": 2,
            }
        ],
    ).id


def scored_logs(client: OpenAI, eval_id: str, name: str, count: int) -> list[Any]:
    run = client.evals.runs.create(
        name=name,
        eval_id=eval_id,
        data_source={
            "type": "responses",
            "source": {"type": "responses", "limit": count},  # type: ignore[typeddict-unknown-key]
        },
    )
    while client.evals.runs.retrieve(run.id, eval_id=eval_id).status in ("queued", "in_progress"):
        time.sleep(0.5)
    return client.evals.runs.output_items.list(eval_id=eval_id, run_id=run.id).data


def upload(client: OpenAI, name: str, lines: list[dict[str, Any]]) -> str:
    buffer = io.BytesIO("\n".join(json.dumps(line) for line in lines).encode())
    buffer.name = name
    return client.files.create(file=buffer, purpose="fine-tune").id


def test_the_steps_of_the_guide_run_with_another_address(tmp_path: Path):
    aliases = [f"--alias={name}=understudy-nano" for name in (MODEL, JUDGE)]
    with live_server(tmp_path / "home", *aliases) as server:
        client = server.client()
        data = pairs()
        train, validation, test = data[:48], data[48:54], data[54:]
        questions = [pair["input"]["messages"][1]["content"] for pair in test]

        before = asyncio.run(answers(server.url, MODEL, questions))
        eval_id = make_eval(client)
        base_items = scored_logs(client, eval_id, MODEL, len(test))

        job = client.fine_tuning.jobs.create(
            model=MODEL,
            training_file=upload(client, "train.jsonl", train),
            validation_file=upload(client, "val.jsonl", validation),
            method={
                "type": "dpo",
                "dpo": {"hyperparameters": {"n_epochs": 2, "beta": 0.1, "batch_size": 8}},
            },
        )
        while job.status not in ("succeeded", "failed", "cancelled"):
            time.sleep(0.5)
            job = client.fine_tuning.jobs.retrieve(job.id)
        assert job.status == "succeeded", job.error
        assert str(job.fine_tuned_model).startswith(f"ft:{MODEL}:")

        after = asyncio.run(answers(server.url, str(job.fine_tuned_model), questions))
        tuned_items = scored_logs(client, eval_id, job.id, len(test))

    # The logs of each run are those that were made right before it, in their order.
    for items, said in ((base_items, before), (tuned_items, after)):
        assert sorted(item.sample.output[0].content for item in items) == sorted(said)
        # Older clients give a result as a mapping, newer ones as an object.
        assert all(0 <= item.results[0].score <= 4 for item in items)
