"""Our own routes on evals, below /v1/x/: two runs compared, and a run found by its id alone."""

from typing import Annotated

from fastapi import APIRouter, Query

from understudy.evals import service
from understudy.evals.run_comparison import ComparisonWish, compare_runs, compare_several_runs
from understudy.evals.verdict.comparison import MARGIN
from understudy.schemas.evals.comparisons import EvalComparison, EvalComparisons
from understudy.schemas.evals.results import EvalRun
from understudy.server.evals.comparison_objects import comparison_object, comparisons_object
from understudy.server.evals.objects import run_object
from understudy.server.http.auth import CurrentProject
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x")


Margin = Annotated[float, Query(gt=0, lt=1)]


@router.get("/evals/{eval_id}/compare")
def compare(
    eval_id: str,
    base: str,
    candidate: str,
    services: ServicesDep,
    project: CurrentProject,
    margin: Margin = MARGIN,
    common: bool = False,
    cluster: str | None = None,
) -> EvalComparison:
    """Say whether the candidate run is better than the base run, and how sure that is.

    A change of pass rates below `margin` counts as none. With `common`, runs over different data
    are compared by the items that both have. Items that say the same in the field `cluster` are
    not independent.
    """
    compared = compare_runs(
        services.database,
        project.id,
        eval_id,
        base_id=base,
        candidate_id=candidate,
        wish=ComparisonWish(margin=margin, is_common_part_enough=common, cluster=cluster),
    )
    return comparison_object(compared)


@router.get("/evals/{eval_id}/comparisons")
def compare_several(
    eval_id: str,
    runs: str,
    services: ServicesDep,
    project: CurrentProject,
    margin: Margin = MARGIN,
    common: bool = False,
    cluster: str | None = None,
    every_pair: bool = False,
) -> EvalComparisons:
    """Compare each run with the first, or with `every_pair` each with each, in one correction.

    `runs` are 2 to 20 ids with commas between them: clients disagree on how to repeat a parameter.
    """
    compared = compare_several_runs(
        services.database,
        project.id,
        eval_id,
        [run.strip() for run in runs.split(",") if run.strip()],
        wish=ComparisonWish(margin=margin, is_common_part_enough=common, cluster=cluster),
        is_every_pair=every_pair,
    )
    return comparisons_object(compared, margin)


@router.get("/eval_runs/{run_id}")
def find(run_id: str, services: ServicesDep, project: CurrentProject) -> EvalRun:
    """Show a run whose eval the caller does not know."""
    return run_object(service.get_run_of_project(services.database, project.id, run_id))
