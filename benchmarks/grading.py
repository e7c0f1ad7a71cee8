"""How fast samples are graded: texts against references, and by code in the sandbox."""

import asyncio
import random
import statistics
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from pydantic import TypeAdapter

from understudy.graders.base import Grader, grade
from understudy.graders.build import GraderContext, build_grader
from understudy.graders.judged.judge import Judgement, JudgeQuestion
from understudy.graders.python_code import Sandbox
from understudy.graders.sample import Sample, sample_of_answer
from understudy.graders.sandbox.limits import SandboxLimits
from understudy.graders.sandbox.local import choose
from understudy.schemas.evals.graders import MultiGrader, SingleGrader, WireGrader

ITEMS = 10_000
WORDS = 40
ROUNDS = 3
AT_ONCE = 16
CHECK = {
    "type": "string_check",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.reference }}",
    "operation": "ilike",
}
SIMILARITY = {
    "type": "text_similarity",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.reference }}",
}
METRICS = ("fuzzy_match", "bleu", "gleu", "meteor", "rouge_1", "rouge_l")
CODE = """
def grade(sample, item):
    words = set(sample["output_text"].split())
    wanted = set(item["reference"].split())
    return len(words & wanted) / len(wanted)
"""

Row = tuple[Sample, dict[str, Any]]


class NoEmbedder:
    """Nothing is embedded here."""

    async def check(self) -> None:
        """Refuse."""
        raise NotImplementedError

    async def embed(self, texts: tuple[str, ...]) -> Sequence[Sequence[float]]:
        """Refuse."""
        raise NotImplementedError


class NoJudge:
    """Nobody is asked here."""

    async def check(self, model: str) -> None:
        """Refuse."""
        raise NotImplementedError

    async def ask(self, question: JudgeQuestion) -> Judgement:
        """Refuse."""
        raise NotImplementedError


async def main() -> None:
    """Grade the same rows with one grader after the other."""
    rows = made_rows(random.Random(1))
    sandbox = await choose(SandboxLimits())
    print(f"{ITEMS} items, answers and references of {WORDS} words; median of {ROUNDS} rounds")
    graders: dict[str, object] = {"string_check": CHECK}
    graders |= {metric: {**SIMILARITY, "evaluation_metric": metric} for metric in METRICS}
    total = 0.0
    for name, wire in graders.items():
        grader = await built(wire, sandbox)
        seconds = await median_seconds(lambda grader=grader: one_by_one(grader, rows))
        total += seconds
        report(name, seconds)
    report("all of these", total)
    code = await built({"type": "python", "source": CODE}, sandbox)
    report("python, one by one", await median_seconds(lambda: one_by_one(code, rows)))
    report(f"python, {AT_ONCE} at once", await median_seconds(lambda: at_once(code, rows)))
    await sandbox.close()


def made_rows(chance: random.Random) -> list[Row]:
    """Make answers that share about half of their words with their references."""
    lengths = [chance.randint(2, 9) for _ in range(900)]
    words = ["".join(chance.choices("abcdefghiklmnoprst", k=length)) for length in lengths]
    rows: list[Row] = []
    for _ in range(ITEMS):
        reference = chance.choices(words, k=WORDS)
        answer = [word if chance.random() < 0.5 else chance.choice(words) for word in reference]
        rows.append((sample_of_answer(" ".join(answer)), {"reference": " ".join(reference)}))
    return rows


async def built(wire: object, sandbox: Sandbox) -> Grader:
    """Build a grader as the API does."""
    given = TypeAdapter[SingleGrader | MultiGrader](WireGrader).validate_python(wire)
    context = GraderContext(
        owner="benchmark", judge=NoJudge(), sandbox=sandbox, embedder=NoEmbedder()
    )
    return await build_grader(given, context, param="grader")


async def median_seconds(work: Callable[[], Coroutine[Any, Any, None]]) -> float:
    """Return how long the work takes by the clock."""
    seconds: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


async def one_by_one(grader: Grader, rows: list[Row]) -> None:
    """Grade every row when the one before is done."""
    for row in rows:
        assert not (await grade(grader, *row)).is_errored


async def at_once(grader: Grader, rows: list[Row]) -> None:
    """Grade several rows at a time."""
    waiting = iter(rows)

    async def work() -> None:
        for row in waiting:
            assert not (await grade(grader, *row)).is_errored

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


def report(name: str, seconds: float) -> None:
    """Print one line."""
    print(f"{name:24} {seconds:7.2f} s {ITEMS / seconds:10,.0f} grades/s")


if __name__ == "__main__":
    asyncio.run(main())
