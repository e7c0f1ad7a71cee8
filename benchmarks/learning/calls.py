"""Function calls of a real base: which are learned from, which are asked for, which are right."""

import argparse
import json
import random
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from openai import OpenAI
from openai.types.chat import ChatCompletionMessage

from benchmarks.learning.jobs import Jobs, report
from understudy.bases.progress import Progress
from understudy.cli.demo.bfcl_check import is_right_call
from understudy.cli.demo.bfcl_rows import BfclRow
from understudy.cli.demo.bfcl_wheel import fetch_bfcl
from understudy.cli.demo.real_base import REAL_BASE, fetch_real_base
from understudy.cli.demo.server import running_server, temporary_home
from understudy.config.settings_file import write_model
from understudy.config.source import load_settings

HELD_OUT, VALIDATED = 100, 40
MAX_TOKENS = 96
AT_ONCE = 16
WAYS = (("greedy", 0.0), ("sampled", 1.0))
Found = dict[str, list[bool]]
"""How it was asked → whether each held-out row's call is right."""


class Split(NamedTuple):
    """Rows of different functions."""

    held_out: Sequence[BfclRow]
    validation: Sequence[BfclRow]
    examples: Sequence[BfclRow]
    prompts: Sequence[BfclRow]
    """The examples, and rows that no supervised job has an answer to."""


class CallJobs(Jobs):
    """Jobs from one base that are compared by how many calls of unseen functions are right."""

    def __init__(self, client: OpenAI, base: str, parts: Split) -> None:
        super().__init__(client)
        self.base = base
        self.parts = parts

    def ask(self, model: str, row: BfclRow, temperature: float, seed: int) -> ChatCompletionMessage:
        """Return the answer to a row's question."""
        completion = self.client.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": row.question}],
            tools=[row.tool],  # type: ignore[list-item]
            temperature=temperature,
            seed=seed,
            max_completion_tokens=MAX_TOKENS,
        )
        return completion.choices[0].message

    def ask_all(
        self, model: str, rows: Sequence[BfclRow], temperature: float
    ) -> list[ChatCompletionMessage]:
        """Return the answers to rows, each asked once with a seed of its own."""

        def asked(seed: int, row: BfclRow) -> ChatCompletionMessage:
            return self.ask(model, row, temperature, seed)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(asked, range(len(rows)), rows))

    def compare(self, name: str, model: str, before: Mapping[str, list[bool]]) -> Found:
        """Count right calls, print how they stand to others, and return them."""
        found: Found = {}
        for how, temperature in WAYS:
            answers = self.ask_all(model, self.parts.held_out, temperature)
            pairs = zip(self.parts.held_out, answers, strict=True)
            found[how] = [is_right_call(row, answer.model_dump()) for row, answer in pairs]
            report(name, found[how], before.get(how), how)
        return found

    def teach(self) -> str:
        """Train the base on the examples, one epoch of them, and return the model."""
        return self.run(
            model=self.base,
            suffix="examples",
            training_file=self.upload(
                "calls.jsonl", [row.example() for row in self.parts.examples]
            ),
            method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 1}}},
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `call_jobs` reads."""
    parser.add_argument("--base", help="name of a built-in base; default: the real one of the demo")
    parser.add_argument("--examples", type=int, default=100)
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--cache", type=Path, default=Path("~/.cache/understudy/demo"))


@contextmanager
def call_jobs(given: argparse.Namespace) -> Generator[CallJobs]:
    """Start a server of its own, and end it afterwards."""
    cache: Path = given.cache.expanduser()
    cache.mkdir(parents=True, exist_ok=True)
    parts = _split(fetch_bfcl(cache, _unseen), given.examples, given.prompts)
    with temporary_home(keep=False) as home:
        if given.base is None:
            write_model(load_settings(home).settings_file, REAL_BASE, fetch_real_base(cache), {})
        with (
            running_server(home) as server,
            OpenAI(base_url=server.base_url, api_key=server.api_key, timeout=3600) as client,
        ):
            yield CallJobs(client, given.base or REAL_BASE, parts)


def _unseen(_: Progress) -> None:
    pass


def _split(rows: Sequence[BfclRow], examples: int, prompts: int) -> Split:
    """Divide the shortest rows, one for each function."""
    by_length = sorted(rows, key=lambda row: len(json.dumps(row.example())), reverse=True)
    one_each = {row.name: row for row in by_length}
    shortest = list(one_each.values())[::-1][: HELD_OUT + VALIDATED + max(examples, prompts)]
    random.Random(0).shuffle(shortest)
    training = shortest[HELD_OUT + VALIDATED :]
    return Split(
        held_out=shortest[:HELD_OUT],
        validation=shortest[HELD_OUT:][:VALIDATED],
        examples=training[:examples],
        prompts=training[:prompts],
    )
