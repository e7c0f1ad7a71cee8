"""Our own routes on evals, below /v1/x/: two runs compared, and a run found by its id alone."""

from typing import Annotated

from fastapi import APIRouter, Query

from understudy.evals import service
from understudy.evals.run_comparison import ComparisonWish, compare_runs
from understudy.evals.verdict.comparison import MARGIN
from understudy.schemas.evals.comparisons import EvalComparison
from understudy.schemas.evals.results import EvalRun
from understudy.server.evals.comparison_objects import comparison_object
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
) -> EvalComparison:
    """Say whether the candidate run is better than the base run, and how sure that is.

    A change of pass rates below `margin` counts as none. With `common`, runs over different data
    are compared by the items that both have.
    """
    compared = compare_runs(
        services.database,
        project.id,
        eval_id,
        base_id=base,
        candidate_id=candidate,
        wish=ComparisonWish(margin=margin, is_common_part_enough=common),
    )
    return comparison_object(compared)


@router.get("/eval_runs/{run_id}")
def find(run_id: str, services: ServicesDep, project: CurrentProject) -> EvalRun:
    """Show a run whose eval the caller does not know."""
    return run_object(service.get_run_of_project(services.database, project.id, run_id))
