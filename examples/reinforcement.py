"""Sums in two jobs: examples teach a small model what adding is, and rewards make it reliable."""

import json
import math
import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from openai import OpenAI
from openai.types.fine_tuning import FineTuningJob

BASE = "understudy-mini"
NUMBERS = range(50)
HELD_OUT = 300
"""Sums that no job trains on: a third is what reinforcement is validated on, all are asked here."""

client = OpenAI()  # reads OPENAI_BASE_URL and OPENAI_API_KEY


class Sum(NamedTuple):
    """Two numbers to add."""

    a: int
    b: int

    @property
    def question(self) -> dict[str, str]:
        """Return the user's message."""
        return {"role": "user", "content": f"What is {self.a} + {self.b}?"}

    @property
    def answer(self) -> str:
        """Return the only right answer."""
        return str(self.a + self.b)


def upload(name: str, lines: list[dict[str, Any]]) -> str:
    """Store a training file and return its id."""
    content = "\n".join(map(json.dumps, lines)).encode()
    return client.files.create(file=(name, content), purpose="fine-tune").id


def finished(job: FineTuningJob) -> str:
    """Wait for a job and return the name of its model."""
    while job.status not in ("succeeded", "failed", "cancelled"):
        time.sleep(1)
        job = client.fine_tuning.jobs.retrieve(job.id)
    if job.fine_tuned_model is None:
        raise SystemExit(f"The job {job.status}: {job.error}")
    return job.fine_tuned_model


def right_answers(model: str, sums: list[Sum]) -> int:
    """Ask for every sum once, at temperature 1, and count the right answers."""

    def is_right(asked: tuple[int, Sum]) -> bool:
        seed, one = asked
        completion = client.chat.completions.create(
            model=model,
            messages=[one.question],  # type: ignore[list-item]
            temperature=1,
            seed=seed,
            max_completion_tokens=16,
        )
        return completion.choices[0].message.content == one.answer

    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(is_right, enumerate(sums)))


def interval(right: int, count: int) -> tuple[float, float]:
    """Return where the true rate lies with 95 % confidence (Wilson 1927)."""
    z = 1.96
    rate, spread = right / count, z * z / count
    middle = (rate + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(rate * (1 - rate) / count + spread / (4 * count))
    return middle - half, middle + half


def report(name: str, model: str, sums: list[Sum]) -> None:
    """Print how often a model is right."""
    right = right_answers(model, sums)
    low, high = interval(right, len(sums))
    print(
        f"{name}: {right / len(sums):.1%} of held-out sums right, between {low:.1%} and {high:.1%}"
        f" ({model})",
        flush=True,
    )


every = [Sum(a, b) for a in NUMBERS for b in NUMBERS]
random.Random(1).shuffle(every)
held_out, training = every[:HELD_OUT], every[HELD_OUT:]
report("Base", BASE, held_out)

# 1. Supervised: answered sums. Small batches would teach this model one answer for all questions.
taught = finished(
    client.fine_tuning.jobs.create(
        model=BASE,
        training_file=upload(
            "sums.jsonl",
            [
                {"messages": [one.question, {"role": "assistant", "content": one.answer}]}
                for one in training
            ],
        ),
        method={
            "type": "supervised",
            "supervised": {"hyperparameters": {"n_epochs": 4, "batch_size": 32}},
        },
        suffix="taught",
        seed=1,
    )
)
report("Supervised", taught, held_out)

# 2. Reinforcement: questions, and a grader that knows the answers. The model never reads those.
rewarded = finished(
    client.fine_tuning.jobs.create(
        model=taught,
        training_file=upload(
            "questions.jsonl",
            [{"messages": [one.question], "answer": one.answer} for one in training],
        ),
        validation_file=upload(
            "held_out.jsonl",
            [{"messages": [one.question], "answer": one.answer} for one in held_out[:100]],
        ),
        method={
            "type": "reinforcement",
            "reinforcement": {
                "grader": {
                    "type": "string_check",
                    "name": "exact",
                    "input": "{{ sample.output_text }}",
                    "reference": "{{ item.answer }}",
                    "operation": "eq",
                },
            },
        },
        suffix="rewarded",
        seed=1,
    )
)
report("Reinforcement", rewarded, held_out)
