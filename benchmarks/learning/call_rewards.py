"""Function calls by examples, and then by rewards as well: the base against each of the two models.

Run as `python -m benchmarks.learning.call_rewards`, for the real base of the demo. Everything goes
through the API of a server of its own. The grader of the reinforcement job is the very check that
counts right calls here, sent as Python source.
"""

import argparse
import inspect
import json
import random
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from openai import OpenAI

from benchmarks.learning.jobs import Jobs, report
from understudy.bases.progress import Progress
from understudy.cli.demo import bfcl_check
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
# The sandbox has no other module of this project: the check needs three fields of a row.
_OTHER_MODULE = re.compile(r"^from understudy\..* import BfclRow$", re.MULTILINE)
_GRADE = """

def grade(sample, item):
    row = BfclRow(name=item["function"], tool=item["tool"], allowed=item["allowed"])
    return float(is_right_call(row, {"tool_calls": sample["output_tools"]}))
"""


class Split(NamedTuple):
    """Rows of different functions."""

    held_out: Sequence[BfclRow]
    validation: Sequence[BfclRow]
    examples: Sequence[BfclRow]
    prompts: Sequence[BfclRow]
    """Of the reinforcement job: the examples, and rows that no job has an answer to."""


def split(rows: Sequence[BfclRow], examples: int, prompts: int) -> Split:
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


def grader() -> dict[str, Any]:
    """Return the check as a `python` grader."""
    source = inspect.getsource(bfcl_check)
    alone, count = _OTHER_MODULE.subn("from types import SimpleNamespace as BfclRow", source)
    assert count == 1, "the check imports one name of this project"
    return {"type": "python", "name": "right_call", "source": alone + _GRADE}


def prompt_line(row: BfclRow) -> dict[str, Any]:
    """Return a row as a line of a file for reinforcement."""
    return {
        "messages": [{"role": "user", "content": row.question}],
        "tools": [row.tool],
        "function": row.name,
        "tool": row.tool,
        "allowed": row.allowed,
    }


def right(client: OpenAI, model: str, rows: Sequence[BfclRow], temperature: float) -> list[bool]:
    """Ask for every row once and say which calls are right."""

    def is_right(asked: tuple[int, BfclRow]) -> bool:
        seed, row = asked
        completion = client.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": row.question}],
            tools=[row.tool],  # type: ignore[list-item]
            temperature=temperature,
            seed=seed,
            max_completion_tokens=MAX_TOKENS,
        )
        return is_right_call(row, completion.choices[0].message.model_dump())

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(is_right, enumerate(rows)))


def compare(jobs: Jobs, parts: Split, given: argparse.Namespace, base: str) -> None:
    """Train both models and print how each stands to the base and to the one before it."""
    ways = (("greedy", 0.0), ("sampled", 1.0))
    of_base = {how: right(jobs.client, base, parts.held_out, heat) for how, heat in ways}
    for how, _ in ways:
        report("base", of_base[how], None, how)
    taught = jobs.run(
        model=base,
        suffix="examples",
        training_file=jobs.upload("calls.jsonl", [row.example() for row in parts.examples]),
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 1}}},
    )
    of_taught = {how: right(jobs.client, taught, parts.held_out, heat) for how, heat in ways}
    for how, _ in ways:
        report("examples, against the base", of_taught[how], of_base[how], how)
    rewarded = jobs.run(
        model=taught,
        suffix="rewards",
        training_file=jobs.upload("prompts.jsonl", [prompt_line(row) for row in parts.prompts]),
        validation_file=jobs.upload(
            "held_out.jsonl", [prompt_line(row) for row in parts.validation]
        ),
        method={
            "type": "reinforcement",
            "reinforcement": {
                "grader": grader(),
                "hyperparameters": {
                    "n_epochs": given.epochs,
                    "max_completion_tokens": MAX_TOKENS,
                    "eval_interval": 10,
                },
            },
        },
    )
    for how, heat in ways:
        found = right(jobs.client, rewarded, parts.held_out, heat)
        report("rewards, against the base", found, of_base[how], how)
        report("rewards, against the examples", found, of_taught[how], how)


def main() -> None:
    """Compare the three models on functions that no job has seen."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--base", help="name of a built-in base; default: the real one of the demo")
    parser.add_argument("--examples", type=int, default=100)
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--epochs", type=int, default=2, help="of the reinforcement job")
    parser.add_argument("--cache", type=Path, default=Path("~/.cache/understudy/demo"))
    given = parser.parse_args()

    def unseen(_: Progress) -> None:
        pass

    cache = given.cache.expanduser()
    cache.mkdir(parents=True, exist_ok=True)
    parts = split(fetch_bfcl(cache, unseen), given.examples, given.prompts)
    with temporary_home(keep=False) as home:
        base = given.base or REAL_BASE
        if given.base is None:
            write_model(load_settings(home).settings_file, REAL_BASE, fetch_real_base(cache), {})
        with (
            running_server(home) as server,
            OpenAI(base_url=server.base_url, api_key=server.api_key, timeout=3600) as client,
        ):
            compare(Jobs(client), parts, given, base)


if __name__ == "__main__":
    main()
