"""Comparisons of runs as the objects that stand on the wire."""

from typing import Any

from understudy.evals.run_comparison import FlippedItems, RunComparison, SeveralRuns
from understudy.evals.verdict.changes import Rate
from understudy.evals.verdict.comparison import CriterionChange
from understudy.evals.verdict.joint_tests import JudgedChange
from understudy.evals.verdict.statement import Statement
from understudy.evals.verdict.statistics import Interval
from understudy.schemas.evals.comparisons import (
    ChangeObject,
    ComparedRunObject,
    CriterionChangeObject,
    ErrorsObject,
    EvalComparison,
    EvalComparisons,
    FlippedItemObject,
    FlipsObject,
    IntervalObject,
    PairObject,
    RateObject,
    ScoreChangeObject,
    StatementObject,
)


def comparison_object(compared: RunComparison) -> EvalComparison:
    """Write a comparison of two runs."""
    base, candidate, found = compared.base, compared.candidate, compared.found
    passing, pairing, margin = found.passing, found.pairing, found.margin
    return EvalComparison(
        eval_id=base.eval_id,
        base_run_id=base.id,
        candidate_run_id=candidate.id,
        base_model=base.model,
        candidate_model=candidate.model,
        verdict=found.verdict.value,
        sentence=found.sentence,
        statements=[statement_object(each) for each in found.statements],
        margin=margin,
        pairs=passing.change.items,
        errored=passing.change.total - passing.change.items,
        only_in_base=pairing.only_base,
        only_in_candidate=pairing.only_candidate,
        clusters=found.clusters,
        tests=passing.family,
        items_needed=None if found.plan is None else found.plan.items,
        detectable_difference=None if found.plan is None else found.plan.difference,
        overall=change_object(passing, margin),
        criteria=[_criterion(each, margin) for each in found.criteria],
        flipped=[_flipped(items) for items in compared.flipped],
    )


def comparisons_object(compared: SeveralRuns, margin: float) -> EvalComparisons:
    """Write a comparison of several runs."""
    ids = [run.id for run in compared.runs]
    return EvalComparisons(
        eval_id=compared.runs[0].eval_id,
        margin=margin,
        tests=compared.comparisons[0].found.passing.family,
        runs=[
            ComparedRunObject(
                run_id=run.id, name=run.name, model=run.model, passing=rate_object(rate)
            )
            for run, rate in zip(compared.runs, compared.rates, strict=True)
        ],
        comparisons=[
            PairObject(
                base_run_id=ids[placed.base],
                candidate_run_id=ids[placed.candidate],
                verdict=placed.found.verdict.value,
                sentence=placed.found.sentence,
                statements=[statement_object(each) for each in placed.found.statements],
                pairs=placed.found.passing.change.items,
                errored=placed.found.passing.change.total - placed.found.passing.change.items,
                overall=change_object(placed.found.passing, margin),
            )
            for placed in compared.comparisons
        ],
    )


def statement_object(statement: Statement) -> StatementObject:
    """Write a sentence."""
    return StatementObject(code=statement.code, values=statement.values, text=statement.text)


def change_object(tested: JudgedChange, margin: float) -> ChangeObject:
    """Write what changed in passing."""
    change = tested.change
    return ChangeObject(
        **_test(tested, margin),
        base=rate_object(change.base),
        candidate=rate_object(change.candidate),
        flips=FlipsObject(**change.flips._asdict()),
    )


def rate_object(rate: Rate) -> RateObject:
    """Write a rate."""
    return RateObject(
        passed=rate.passed,
        total=rate.total,
        rate=rate.value,
        interval=IntervalObject(**rate.interval._asdict()),
    )


def _flipped(items: FlippedItems) -> FlippedItemObject:
    return FlippedItemObject(
        base_item_id=items.base_id,
        candidate_item_id=items.candidate_id,
        datasource_item_id=items.number,
        flip="improved" if items.is_improved else "regressed",
    )


def _criterion(found: CriterionChange, margin: float) -> CriterionChangeObject:
    # No margin is known for scores, so of them it is never said that there is no change.
    return CriterionChangeObject(
        testing_criteria=found.criterion,
        passing=change_object(found.passing, margin),
        score=ScoreChangeObject(
            **_test(found.score, 0.0),
            base=found.score.change.base_mean,
            candidate=found.score.change.candidate_mean,
        ),
    )


def _test(tested: JudgedChange, margin: float) -> dict[str, Any]:
    """Return what all kinds of changes have."""
    found, worst = tested.change.found, tested.change.worst
    return {
        "verdict": tested.verdict(margin).value,
        "difference": found.mean,
        "interval": _interval(found.interval),
        "p_value": found.p_value,
        "adjusted_p_value": tested.adjusted_p,
        "worst_case": None
        if worst is None
        else _interval(Interval(worst.low.mean, worst.high.mean)),
        "errors": ErrorsObject(**tested.change.errors._asdict()),
    }


def _interval(interval: Interval | None) -> IntervalObject | None:
    return None if interval is None else IntervalObject(**interval._asdict())
