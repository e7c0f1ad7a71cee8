"""Answers of a job's validations to read: the best, the worst, and the same few every time."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from understudy.errors import NotFoundError
from understudy.evals.validations import SHADOW
from understudy.storage.database import Database
from understudy.storage.evals.items import items_of_numbers, outcome_columns
from understudy.storage.evals.runs import runs_of_eval
from understudy.storage.tables.evals import EvalItemRow, EvalRunRow
from understudy.wording import worded

_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class GradedSample:
    """An answer to a held-out prompt, with what the graders made of it."""

    row: EvalItemRow
    reward: float | None
    """None where the grader erred, which says nothing about the answer."""
    shadow_reward: float | None
    """By the grader that only watches, where there is one."""
    problem: str | None
    """What went wrong in the grading."""


@dataclass(frozen=True, kw_only=True)
class ValidationSamples:
    """Some answers of one validation, three of each kind."""

    run: EvalRunRow
    step: int
    best: tuple[GradedSample, ...]
    worst: tuple[GradedSample, ...]
    random: tuple[GradedSample, ...]
    """Answers to the same prompts at every validation."""


@dataclass(frozen=True, kw_only=True)
class JobSamples:
    """The validations of a job so far, and samples of one of them."""

    steps: tuple[int, ...]
    shown: ValidationSamples | None
    """None before the first validation."""


def read_samples(
    db: Database, project_id: str, eval_id: str | None, job_id: str, *, step: int | None
) -> JobSamples:
    """Return samples of the validation after `step`, or of the latest one.

    Raises NotFoundError for a step after which there is none.
    """
    with db.read() as session:
        runs = {} if eval_id is None else _validations(session, project_id, eval_id, job_id)
        steps = tuple(sorted(runs))
        if step is None and not steps:
            return JobSamples(steps=(), shown=None)
        step = steps[-1] if step is None else step
        if step not in runs:
            raise NotFoundError(
                worded(
                    "evals.job_no_validation_after",
                    "The job {job_id} has no validation after step {step}; there are "
                    "those after {names}.",
                    job_id=job_id,
                    step=step,
                    names=", ".join(map(str, steps)) or "none yet",
                ),
                param="step",
            )
        return JobSamples(steps=steps, shown=_samples(session, runs[step], step))


def _validations(
    session: Session, project_id: str, eval_id: str, job_id: str
) -> dict[int, EvalRunRow]:
    """Return the job's own runs by their steps; its owner may have added others."""
    return {
        int(run.pairs["step"]): run
        for run in runs_of_eval(session, project_id, eval_id)
        if run.pairs.get("job") == job_id and run.pairs.get("step", "").isdecimal()
    }


def _samples(session: Session, run: EvalRunRow, step: int) -> ValidationSamples:
    outcomes = outcome_columns(session, run.id)
    rewards = {number: _reward(results) for number, _, results in outcomes}
    ranked = sorted(
        (number for number, reward in rewards.items() if reward is not None),
        key=lambda number: (rewards[number], -number),
    )
    chosen = {
        "best": ranked[::-1][:_SHOWN],
        "worst": ranked[:_SHOWN],
        "random": sorted(rewards, key=_shuffled)[:_SHOWN],
    }
    numbers = {number for some in chosen.values() for number in some}
    rows = {row.number: row for row in items_of_numbers(session, run.id, numbers)}
    shown = {kind: tuple(_graded(rows[number]) for number in some) for kind, some in chosen.items()}
    return ValidationSamples(run=run, step=step, **shown)


def _shuffled(number: int) -> bytes:
    """Order numbers as if they were drawn, the same at every validation."""
    return sha256(str(number).encode()).digest()


def _graded(row: EvalItemRow) -> GradedSample:
    first = row.results[0]
    fault = first.get("error") or first.get("failure")
    watching = [result for result in row.results[1:] if result["name"].startswith(SHADOW)]
    return GradedSample(
        row=row,
        reward=_reward(row.results),
        shadow_reward=_reward(watching) if watching else None,
        problem=None if fault is None else fault["message"],
    )


def _reward(results: Sequence[dict[str, Any]]) -> float | None:
    """Return the score of the first grader, that of the rewards."""
    return None if not results or "error" in results[0] else results[0]["score"]
