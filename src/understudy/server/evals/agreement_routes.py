"""Our own route on runs, below /v1/x/: the graders of a run beside the labels of people."""

from fastapi import APIRouter

from understudy.evals.label_agreement import (
    CriterionAgreement,
    label_agreement,
)
from understudy.evals.verdict.statistics import Interval
from understudy.schemas.evals.agreements import (
    CriterionAgreementObject,
    DisagreementObject,
    RunAgreementObject,
)
from understudy.schemas.evals.comparisons import IntervalObject
from understudy.schemas.wording import wording_object
from understudy.server.http.auth import CurrentProject
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x")


@router.get("/evals/{eval_id}/runs/{run_id}/agreement")
def agreement(
    eval_id: str,
    run_id: str,
    services: ServicesDep,
    project: CurrentProject,
    label: str = "label",
) -> RunAgreementObject:
    """Say how far the graders of a run agree with the labels in one field of its items."""
    found = label_agreement(services.database, project.id, eval_id, run_id, field=label)
    return RunAgreementObject(
        eval_id=found.run.eval_id,
        run_id=found.run.id,
        label=found.field,
        unlabelled=found.unlabelled,
        criteria=[_criterion(each) for each in found.criteria],
    )


def _criterion(each: CriterionAgreement) -> CriterionAgreementObject:
    found = each.found
    return CriterionAgreementObject(
        testing_criteria=each.criterion,
        labels=found.labels,
        confusion=found.confusion,
        agreed=found.agreed,
        total=found.total,
        errored=each.errored,
        rate=found.agreed / found.total if found.total else None,
        interval=_interval(found.interval),
        kappa=found.kappa,
        kappa_interval=None if found.kappa_interval is None else _interval(found.kappa_interval),
        sentence=found.sentence,
        wording=wording_object(found.sentence),
        disagreements=[
            DisagreementObject(
                output_item_id=one.item_id,
                datasource_item_id=one.number,
                human=one.human,
                grader=one.grader,
            )
            for one in each.disagreements
        ],
    )


def _interval(interval: Interval) -> IntervalObject:
    return IntervalObject(low=interval.low, high=interval.high)
