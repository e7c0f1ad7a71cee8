"""Two runs of an eval compared, from what is recorded of their items."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from understudy.errors import InvalidRequestError
from understudy.evals.status import UNFINISHED, ItemStatus
from understudy.evals.verdict.comparison import Comparison, compare
from understudy.evals.verdict.pairing import Outcome
from understudy.storage.database import Database
from understudy.storage.evals.evals import get_eval
from understudy.storage.evals.items import item_ids, outcome_columns
from understudy.storage.evals.runs import get_run
from understudy.storage.tables.evals import EvalRow, EvalRunRow

# The same data give the same intervals, whoever asks and whenever.
_SEED = 20261125
_MAX_FLIPPED = 1000


@dataclass(frozen=True, kw_only=True)
class FlippedItems:
    """The two items of one row that one run passes and the other fails."""

    number: int
    """Of the row in the base run."""
    base_id: str
    candidate_id: str
    is_improved: bool


@dataclass(frozen=True, kw_only=True)
class RunComparison:
    """What a comparison found, of which runs."""

    base: EvalRunRow
    candidate: EvalRunRow
    found: Comparison
    flipped: tuple[FlippedItems, ...]
    """The first of them; there may be more."""


def compare_runs(
    db: Database, project_id: str, eval_id: str, *, base_id: str, candidate_id: str
) -> RunComparison:
    """Compare two runs of a project's eval.

    Raises NotFoundError, and InvalidRequestError while one continues, or for different data.
    """
    with db.read() as session:
        owner = get_eval(session, project_id, eval_id)
        base = get_run(session, project_id, eval_id, base_id)
        candidate = get_run(session, project_id, eval_id, candidate_id)
        _check_ended(base, "base")
        _check_ended(candidate, "candidate")
        shared = _shared_criteria(owner, base, candidate)
        found = compare(
            _outcomes(session, base, shared),
            _outcomes(session, candidate, shared),
            shared.ids,
            seed=_SEED,
        )
        found = replace(found, sentence=found.sentence + shared.note)
        flipped = _flipped(session, found, base.id, candidate.id)
        return RunComparison(base=base, candidate=candidate, found=found, flipped=flipped)


def _check_ended(run: EvalRunRow, param: str) -> None:
    if run.status in UNFINISHED:
        raise InvalidRequestError(
            f"The run {run.id} is still {run.status}; compare when it has ended.",
            code="run_not_finished",
            param=param,
        )


class _Shared(NamedTuple):
    """The criteria that judged both runs."""

    ids: list[str]
    is_all: bool
    """Whether no other criterion judged either of them."""
    note: str
    """What the verdict has to add."""


def _shared_criteria(owner: EvalRow, base: EvalRunRow, candidate: EvalRunRow) -> _Shared:
    """Return what both runs are judged by: a criterion may be switched off, or was once in use.

    Raises InvalidRequestError when there is none.
    """
    names = {each["id"]: each["name"] for each in owner.testing_criteria}
    ids = [id_ for id_ in names if id_ in base.criteria and id_ in candidate.criteria]
    others = [
        n for id_, n in names.items() if (id_ in base.criteria) != (id_ in candidate.criteria)
    ]
    if not ids:
        raise InvalidRequestError(
            "The two runs were judged by different criteria, so there is nothing to compare.",
            code="different_criteria",
            param="candidate",
        )
    note = f" Without {', '.join(others)}, by which only one of the runs was judged."
    return _Shared(ids, not others, note if others else "")


def _outcomes(session: Session, run: EvalRunRow, shared: _Shared) -> list[Outcome]:
    return [
        _outcome(number, item_key, status, {result["name"]: result for result in results}, shared)
        for number, item_key, status, results in outcome_columns(session, run.id)
    ]


def _outcome(
    number: int, item_key: str, status: str, results: Mapping[str, Any], shared: _Shared
) -> Outcome:
    found = {id_: results[id_] for id_ in shared.ids if id_ in results}
    passes = {id_: bool(result["passed"]) for id_, result in found.items()}
    return Outcome(
        number=number,
        item_key=bytes.fromhex(item_key),
        # An imported item may have been judged by some of the criteria only.
        is_errored=status == ItemStatus.ERRORED or len(found) < len(shared.ids),
        is_passed=status == ItemStatus.PASS if shared.is_all else all(passes.values()),
        scores={id_: float(result["score"]) for id_, result in found.items()},
        passes=passes,
    )


def _flipped(
    session: Session, found: Comparison, base_id: str, candidate_id: str
) -> tuple[FlippedItems, ...]:
    flipped = found.flipped[:_MAX_FLIPPED]
    base = item_ids(session, base_id, [item.base_number for item in flipped])
    candidate = item_ids(session, candidate_id, [item.candidate_number for item in flipped])
    return tuple(
        FlippedItems(
            number=item.base_number,
            base_id=base[item.base_number],
            candidate_id=candidate[item.candidate_number],
            is_improved=item.is_improved,
        )
        for item in flipped
    )
