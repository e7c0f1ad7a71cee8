"""Our own objects below /v1/x/: runs of an eval compared."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from understudy.schemas.base import WireObject


class IntervalObject(WireObject):
    """Where a quantity lies with 95 % confidence."""

    low: float
    high: float


class RateObject(WireObject):
    """How many of how many items passed."""

    passed: float
    """A whole number, unless answers to one item were averaged."""
    total: int
    rate: float
    interval: IntervalObject


class FlipsObject(WireObject):
    """What became of the same items."""

    improved: int
    regressed: int
    both: int
    neither: int


class ErrorsObject(WireObject):
    """Items with errors, by the run that has them; those of both are left out."""

    base: int
    candidate: int
    both: int


_Verdict = Literal["better", "worse", "no_change", "cannot_tell"]


class DifferenceObject(WireObject):
    """A paired difference, over the items that both runs could judge, and how sure it is."""

    verdict: _Verdict
    """What this measure alone says, all tests considered."""
    difference: float
    interval: IntervalObject | None
    """Null when nothing says how far the truth may be."""
    p_value: float
    adjusted_p_value: float
    """Corrected for all measures that are tested: Holm's."""
    worst_case: IntervalObject | None
    """From where to where the difference could lie, had all items been judged; null without
    errors."""
    errors: ErrorsObject


class ChangeObject(DifferenceObject):
    """Passing, before and after."""

    base: RateObject
    candidate: RateObject
    flips: FlipsObject


class ScoreChangeObject(DifferenceObject):
    """The mean score of a criterion, before and after."""

    base: float
    candidate: float


class CriterionChangeObject(WireObject):
    """What changed in the eyes of one criterion."""

    testing_criteria: str
    passing: ChangeObject
    score: ScoreChangeObject


class FlippedItemObject(WireObject):
    """An item that one run passes and the other does not."""

    base_item_id: str
    candidate_item_id: str
    datasource_item_id: int
    flip: Literal["improved", "regressed"]


class StatementObject(WireObject):
    """One sentence of a verdict."""

    code: str
    """`better`, `worse`, `mixed`, `no_change`, `too_few_items`, `errors_could_explain`,
    `mostly_errors` or `nothing_judged`; then, on what it rests on, `errors`, `common_part`,
    `clusters` and `averaged`."""
    values: Mapping[str, Any]
    """The numbers and names in it."""
    text: str


class ComparedRunObject(WireObject):
    """One of several runs that are compared."""

    run_id: str
    name: str
    model: str
    passing: RateObject


class PairObject(WireObject):
    """What is to be said of two of them."""

    base_run_id: str
    candidate_run_id: str
    verdict: Literal["better", "worse", "mixed", "no_change", "cannot_tell"]
    sentence: str
    statements: Sequence[StatementObject]
    pairs: int
    errored: int
    overall: ChangeObject


class EvalComparisons(WireObject):
    """Which of several runs are better than the first, or than each other?"""

    object: Literal["x.eval.comparisons"] = "x.eval.comparisons"
    eval_id: str
    margin: float
    tests: int
    """How many the p-values are corrected for, over all comparisons."""
    runs: Sequence[ComparedRunObject]
    comparisons: Sequence[PairObject]


class EvalComparison(WireObject):
    """Did it get better?"""

    object: Literal["x.eval.comparison"] = "x.eval.comparison"
    eval_id: str
    base_run_id: str
    candidate_run_id: str
    base_model: str
    candidate_model: str
    verdict: Literal["better", "worse", "mixed", "no_change", "cannot_tell"]
    sentence: str
    """All statements, the verdict first."""
    statements: Sequence[StatementObject]
    margin: float
    """A change of pass rates below this counts as none."""
    pairs: int
    """Items that both runs could judge by all criteria."""
    errored: int
    """Items that they could not."""
    only_in_base: int
    only_in_candidate: int
    clusters: int | None
    """How many groups of items count as independent; null when all items do."""
    tests: int
    """How many the p-values are corrected for."""
    items_needed: int | None
    detectable_difference: float | None
    overall: ChangeObject
    criteria: Sequence[CriterionChangeObject]
    flipped: Sequence[FlippedItemObject]
    """The first thousand."""
