"""The graders of a run beside the labels that people gave its items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from understudy.errors import InvalidRequestError
from understudy.evals.human_labels import FAIL, PASS, are_labels_of, refusal, verdict_of
from understudy.evals.status import UNFINISHED
from understudy.evals.verdict.agreement import Agreement, Judged, agreement
from understudy.storage.database import Database
from understudy.storage.evals.evals import get_eval
from understudy.storage.evals.items import LabelledItem, labelled_items
from understudy.storage.evals.runs import get_run
from understudy.storage.tables.evals import EvalRunRow
from understudy.wording import worded

_MAX_DISAGREEMENTS = 100


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """An item that people and the grader labelled differently."""

    number: int
    item_id: str
    human: str
    grader: str


@dataclass(frozen=True, kw_only=True)
class CriterionAgreement:
    """One criterion beside the labels of people."""

    criterion: str
    found: Agreement
    errored: int
    """Items that people labelled and the grader could not judge; they are left out."""
    disagreements: tuple[Disagreement, ...]
    """The first of them; there may be more."""


@dataclass(frozen=True, kw_only=True)
class RunAgreement:
    """All criteria of a run beside the labels of people."""

    run: EvalRunRow
    field: str
    unlabelled: int
    """Items without a label; they are left out."""
    criteria: tuple[CriterionAgreement, ...]


def label_agreement(
    db: Database, project_id: str, eval_id: str, run_id: str, *, field: str
) -> RunAgreement:
    """Compare every criterion of a run with the labels in one field of its items.

    A label is true or false, "pass" or "fail", or for a `label_model` one of its labels.

    Raises NotFoundError, and InvalidRequestError for a run that has not ended, for labels that are
    none, and where no item has one.
    """
    with db.read() as session:
        owner = get_eval(session, project_id, eval_id)
        run = get_run(session, project_id, eval_id, run_id)
        if run.status in UNFINISHED:
            raise InvalidRequestError(
                worded(
                    "evals.run_still_compare_when",
                    "The run {id} is still {status}; compare when it has ended.",
                    id=run.id,
                    status=run.status,
                ),
                code="run_not_finished",
                param="run_id",
            )
        items = labelled_items(session, run.id, field)
    labelled = [item for item in items if item.label is not None]
    if not labelled:
        raise InvalidRequestError(
            worded(
                "evals.no_item_run_label",
                "No item of this run has a label in its field '{field}'.",
                field=field[:200],
            ),
            code="no_labels",
            param="label",
        )
    return RunAgreement(
        run=run,
        field=field,
        unlabelled=len(items) - len(labelled),
        criteria=tuple(_criterion(wire, labelled, field) for wire in owner.testing_criteria),
    )


def _criterion(
    wire: Mapping[str, Any], items: Sequence[LabelledItem], field: str
) -> CriterionAgreement:
    own: Sequence[str] = wire.get("labels") or ()
    is_by_label = are_labels_of([item.label for item in items], own)
    labels = tuple(own) if is_by_label else (PASS, FAIL)
    judged: list[Judged] = []
    disagreements: list[Disagreement] = []
    errored = 0
    for item in items:
        human = item.label if is_by_label else _verdict(item, own, field)
        grader = _grader_label(item, wire["id"], is_by_label=is_by_label)
        if grader is None:
            errored += 1
            continue
        judged.append(Judged(human, grader))
        if human != grader:
            disagreements.append(
                Disagreement(number=item.number, item_id=item.id, human=human, grader=grader)
            )
    return CriterionAgreement(
        criterion=wire["id"],
        found=agreement(judged, labels),
        errored=errored,
        disagreements=tuple(disagreements[:_MAX_DISAGREEMENTS]),
    )


def _verdict(item: LabelledItem, own: Sequence[str], field: str) -> str:
    verdict = verdict_of(item.label)
    if verdict is None:
        place = f"of item {item.number} in its field '{field[:200]}'"
        raise InvalidRequestError(
            refusal(place, item.label, own), code="invalid_label", param="label"
        )
    return verdict


def _grader_label(item: LabelledItem, criterion: str, *, is_by_label: bool) -> str | None:
    """Return what a grader said of an item; None where it could not judge it."""
    result = next((one for one in item.results if one["name"] == criterion), None)
    if result is None or "error" in result:
        return None
    if is_by_label:
        return (result["sample"] or {}).get("label")
    return PASS if result["passed"] else FAIL
