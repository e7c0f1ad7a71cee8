"""Our own object below /v1/x/: the graders of a run beside the labels of people."""

from collections.abc import Sequence
from typing import Literal

from understudy.schemas.base import WireObject
from understudy.schemas.evals.comparisons import IntervalObject
from understudy.schemas.wording import WordingField


class DisagreementObject(WireObject):
    """An item that people and the grader labelled differently."""

    output_item_id: str
    datasource_item_id: int
    human: str
    grader: str


class CriterionAgreementObject(WireObject):
    """One criterion beside the labels of people."""

    testing_criteria: str
    labels: Sequence[str]
    confusion: Sequence[Sequence[int]]
    """Items by the label of people (rows) and of the grader (columns), in the order of `labels`."""
    agreed: int
    total: int
    errored: int
    """Items that the grader could not judge; they are left out."""
    rate: float | None
    interval: IntervalObject
    kappa: float | None
    """Cohen's kappa; null where nothing but agreement was possible."""
    kappa_interval: IntervalObject | None
    sentence: str
    wording: WordingField = None
    disagreements: Sequence[DisagreementObject]
    """The first hundred."""


class RunAgreementObject(WireObject):
    """How far the graders of a run agree with people."""

    object: Literal["x.eval.run.agreement"] = "x.eval.run.agreement"
    eval_id: str
    run_id: str
    label: str
    """The field of the items that holds the labels of people."""
    unlabelled: int
    criteria: Sequence[CriterionAgreementObject]
