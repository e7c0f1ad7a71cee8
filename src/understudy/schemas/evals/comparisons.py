"""Our own object below /v1/x/: two runs of an eval compared."""

from collections.abc import Sequence
from typing import Literal

from understudy.schemas.base import WireObject


class IntervalObject(WireObject):
    """Where a quantity lies with 95 % confidence."""

    low: float
    high: float


class RateObject(WireObject):
    """How many of how many passed."""

    passed: int
    total: int
    rate: float
    interval: IntervalObject


class FlipsObject(WireObject):
    """What became of the same items."""

    improved: int
    regressed: int
    both: int
    neither: int


class ChangeObject(WireObject):
    """Passing, before and after."""

    base: RateObject
    candidate: RateObject
    flips: FlipsObject
    difference: float
    interval: IntervalObject
    p_value: float


class ScoreChangeObject(WireObject):
    """The mean score of a criterion, before and after."""

    base: float
    candidate: float
    difference: float
    interval: IntervalObject


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


class EvalComparison(WireObject):
    """Did it get better?"""

    object: Literal["x.eval.comparison"] = "x.eval.comparison"
    eval_id: str
    base_run_id: str
    candidate_run_id: str
    base_model: str
    candidate_model: str
    verdict: Literal["better", "worse", "cannot_tell"]
    sentence: str
    pairs: int
    errored: int
    items_needed: int | None
    detectable_difference: float | None
    overall: ChangeObject
    criteria: Sequence[CriterionChangeObject]
    flipped: Sequence[FlippedItemObject]
    """The first thousand."""
