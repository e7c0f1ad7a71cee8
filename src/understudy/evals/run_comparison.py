"""Two runs of an eval compared, from what is recorded of their items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from understudy.errors import InvalidRequestError
from understudy.evals.status import UNFINISHED
from understudy.evals.verdict.comparison import MARGIN, Comparison, compare
from understudy.evals.verdict.pairing import Outcome
from understudy.storage.database import Database
from understudy.storage.evals.evals import get_eval
from understudy.storage.evals.items import item_ids, outcome_columns
from understudy.storage.evals.runs import get_run
from understudy.storage.tables.evals import EvalRunRow

_MAX_FLIPPED = 1000


@dataclass(frozen=True, kw_only=True)
class ComparisonWish:
    """How runs are to be compared."""

    margin: float = MARGIN
    """A change of pass rates below this counts as none."""
    is_common_part_enough: bool = False
    """Whether runs over different data are compared by the items that both have."""


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
    db: Database,
    project_id: str,
    eval_id: str,
    *,
    base_id: str,
    candidate_id: str,
    wish: ComparisonWish,
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
        found = compare(
            _outcomes(session, base),
            _outcomes(session, candidate),
            [criterion["id"] for criterion in owner.testing_criteria],
            margin=wish.margin,
            is_common_part_enough=wish.is_common_part_enough,
        )
        flipped = _flipped(session, found, base.id, candidate.id)
        return RunComparison(base=base, candidate=candidate, found=found, flipped=flipped)


def _check_ended(run: EvalRunRow, param: str) -> None:
    if run.status in UNFINISHED:
        raise InvalidRequestError(
            f"The run {run.id} is still {run.status}; compare when it has ended.",
            code="run_not_finished",
            param=param,
        )


def _outcomes(session: Session, run: EvalRunRow) -> list[Outcome]:
    return [
        _outcome(number, item_key, [result for result in results if "error" not in result])
        for number, item_key, results in outcome_columns(session, run.id)
    ]


def _outcome(number: int, item_key: str, judged: Sequence[Mapping[str, Any]]) -> Outcome:
    return Outcome(
        number=number,
        item_key=bytes.fromhex(item_key),
        scores={result["name"]: float(result["score"]) for result in judged},
        passes={result["name"]: bool(result["passed"]) for result in judged},
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
