"""Sums by examples, and then by rewards as well: what a reinforcement job costs, for several seeds.

Run as `python -m benchmarks.learning.sum_rewards`. It is `examples/reinforcement.py` with one model
that examples have taught and a job over rewards for each seed, "auto" unless an option says more.
"""

import argparse
import random
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from openai import OpenAI

from benchmarks.learning.jobs import Jobs, report
from understudy.cli.demo.server import running_server

BASE = "understudy-mini"
HELD_OUT, VALIDATED, TRAINED = 200, 100, 2000
GRADER = {
    "type": "string_check",
    "name": "exact",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.answer }}",
    "operation": "eq",
}


class Sum(NamedTuple):
    """Two numbers to add."""

    a: int
    b: int

    @property
    def question(self) -> Any:
        """Return the user's message."""
        return {"role": "user", "content": f"What is {self.a} + {self.b}?"}

    @property
    def answer(self) -> str:
        """Return the only right answer."""
        return str(self.a + self.b)

    def prompt(self) -> dict[str, Any]:
        """Return the line of a file for reinforcement."""
        return {"messages": [self.question], "answer": self.answer}

    def example(self) -> dict[str, Any]:
        """Return the line of a supervised file."""
        return {"messages": [self.question, {"role": "assistant", "content": self.answer}]}


def right(client: OpenAI, model: str, sums: Sequence[Sum]) -> list[bool]:
    """Ask for every sum once, at temperature 1, and say which answers are right."""

    def is_right(asked: tuple[int, Sum]) -> bool:
        seed, one = asked
        completion = client.chat.completions.create(
            model=model,
            messages=[one.question],
            temperature=1,
            seed=seed,
            max_completion_tokens=16,
        )
        return completion.choices[0].message.content == one.answer

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(is_right, enumerate(sums)))


def compare(jobs: Jobs, seeds: Sequence[int], hyperparameters: dict[str, Any]) -> None:
    """Teach one model by examples, reward it once for each seed, and print what came of it."""
    every = [Sum(a, b) for a in range(50) for b in range(50)]
    random.Random(1).shuffle(every)
    held_out, training = every[:HELD_OUT], every[HELD_OUT : HELD_OUT + TRAINED]
    taught = jobs.run(
        model=BASE,
        suffix="taught",
        seed=1,
        training_file=jobs.upload("sums.jsonl", [one.example() for one in training]),
        method={
            "type": "supervised",
            "supervised": {"hyperparameters": {"n_epochs": 4, "batch_size": 32}},
        },
    )
    before = right(jobs.client, taught, held_out)
    report("examples", before, None, "sampled")
    prompts = jobs.upload("questions.jsonl", [one.prompt() for one in training])
    validated = jobs.upload("held_out.jsonl", [one.prompt() for one in held_out[:VALIDATED]])
    for seed in seeds:
        rewarded = jobs.run(
            model=taught,
            suffix=f"seed-{seed}",
            seed=seed,
            training_file=prompts,
            validation_file=validated,
            method={
                "type": "reinforcement",
                "reinforcement": {"grader": GRADER, "hyperparameters": hyperparameters},
            },
        )
        report(f"rewards, seed {seed}", right(jobs.client, rewarded, held_out), before, "sampled")


def main() -> None:
    """Run the comparison on a server of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    for name in ("n_epochs", "batch_size", "compute_multiplier", "learning_rate_multiplier"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=float)
    given = vars(parser.parse_args())
    seeds = given.pop("seeds")
    chosen = {name: value for name, value in given.items() if value is not None}
    for name in ("n_epochs", "batch_size"):
        if name in chosen:
            chosen[name] = int(chosen[name])
    with (
        tempfile.TemporaryDirectory() as home,
        running_server(Path(home)) as server,
        OpenAI(base_url=server.base_url, api_key=server.api_key, timeout=3600) as client,
    ):
        compare(Jobs(client), seeds, chosen)


if __name__ == "__main__":
    main()
