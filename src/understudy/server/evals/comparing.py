"""Two runs as their rows have them, compared and written as the object that stands on the wire."""

from sqlalchemy.orm import Session

from understudy.errors import InvalidRequestError
from understudy.evals.status import UNFINISHED, ItemStatus
from understudy.evals.verdict.comparison import Change, Comparison, CriterionChange, Rate, compare
from understudy.evals.verdict.pairing import Outcome
from understudy.evals.verdict.statistics import Interval
from understudy.schemas.evals.comparisons import (
    ChangeObject,
    CriterionChangeObject,
    EvalComparison,
    FlippedItemObject,
    FlipsObject,
    IntervalObject,
    RateObject,
    ScoreChangeObject,
)
from understudy.storage.evals.items import item_ids, outcome_columns
from understudy.storage.tables.evals import EvalRow, EvalRunRow

# The same data give the same intervals, whoever asks and whenever.
_SEED = 20261125
_MOST_FLIPPED = 1000


def comparison_object(
    session: Session, owner: EvalRow, base: EvalRunRow, candidate: EvalRunRow
) -> EvalComparison:
    """Compare two runs; raises InvalidRequestError while one goes on, or for different data."""
    for param, run in (("base", base), ("candidate", candidate)):
        if run.status in UNFINISHED:
            raise InvalidRequestError(
                f"The run {run.id} is still {run.status}; compare when it has ended.",
                code="run_not_finished",
                param=param,
            )
    criteria = [criterion["id"] for criterion in owner.testing_criteria]
    found = compare(_outcomes(session, base), _outcomes(session, candidate), criteria, seed=_SEED)
    return EvalComparison(
        eval_id=owner.id,
        base_run_id=base.id,
        candidate_run_id=candidate.id,
        base_model=base.model,
        candidate_model=candidate.model,
        verdict=found.verdict.value,
        sentence=found.sentence,
        pairs=found.pairs,
        errored=found.errored,
        items_needed=found.items_needed,
        detectable_difference=found.detectable,
        overall=_change(found.overall),
        criteria=[_criterion(each) for each in found.criteria],
        flipped=_flipped(session, found, base.id, candidate.id),
    )


def _outcomes(session: Session, run: EvalRunRow) -> list[Outcome]:
    return [
        Outcome(
            number=number,
            item_key=bytes.fromhex(item_key),
            is_errored=status == ItemStatus.ERRORED,
            is_passed=status == ItemStatus.PASS,
            scores={result["name"]: float(result["score"]) for result in results},
            passes={result["name"]: bool(result["passed"]) for result in results},
        )
        for number, item_key, status, results in outcome_columns(session, run.id)
    ]


def _flipped(
    session: Session, found: Comparison, base_id: str, candidate_id: str
) -> list[FlippedItemObject]:
    flipped = found.flipped[:_MOST_FLIPPED]
    base = item_ids(session, base_id, [item.base_number for item in flipped])
    candidate = item_ids(session, candidate_id, [item.candidate_number for item in flipped])
    return [
        FlippedItemObject(
            base_item_id=base[item.base_number],
            candidate_item_id=candidate[item.candidate_number],
            datasource_item_id=item.base_number,
            flip="improved" if item.is_improved else "regressed",
        )
        for item in flipped
    ]


def _change(change: Change) -> ChangeObject:
    return ChangeObject(
        base=_rate(change.base),
        candidate=_rate(change.candidate),
        flips=FlipsObject(**change.flips._asdict()),
        difference=change.difference,
        interval=_interval(change.interval),
        p_value=change.p_value,
    )


def _criterion(change: CriterionChange) -> CriterionChangeObject:
    return CriterionChangeObject(
        testing_criteria=change.criterion,
        passing=_change(change.passing),
        score=ScoreChangeObject(
            base=change.score.base,
            candidate=change.score.candidate,
            difference=change.score.difference,
            interval=_interval(change.score.interval),
        ),
    )


def _rate(rate: Rate) -> RateObject:
    return RateObject(
        passed=rate.passed,
        total=rate.total,
        rate=rate.value,
        interval=_interval(rate.interval),
    )


def _interval(interval: Interval) -> IntervalObject:
    return IntervalObject(low=interval.low, high=interval.high)
