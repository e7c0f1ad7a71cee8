"""Comparisons of runs as the objects that stand on the wire."""

from understudy.evals.run_comparison import FlippedItems, RunComparison
from understudy.evals.verdict.comparison import Change, CriterionChange, Rate
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


def comparison_object(compared: RunComparison) -> EvalComparison:
    """Write a comparison of two runs."""
    base, candidate, found = compared.base, compared.candidate, compared.found
    return EvalComparison(
        eval_id=base.eval_id,
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
        flipped=[_flipped(items) for items in compared.flipped],
    )


def _flipped(items: FlippedItems) -> FlippedItemObject:
    return FlippedItemObject(
        base_item_id=items.base_id,
        candidate_item_id=items.candidate_id,
        datasource_item_id=items.number,
        flip="improved" if items.is_improved else "regressed",
    )


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
