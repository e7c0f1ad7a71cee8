"""Our own routes on evals, below /v1/x/: two runs compared, and a run found by its id alone."""

from fastapi import APIRouter

from understudy.schemas.evals.comparisons import EvalComparison
from understudy.schemas.evals.results import EvalRun
from understudy.server.evals.comparing import comparison_object
from understudy.server.evals.objects import run_object
from understudy.server.http.auth import CurrentProject
from understudy.server.services import ServicesDep
from understudy.storage.evals.evals import get_eval
from understudy.storage.evals.runs import find_run_of_project, get_run

router = APIRouter(prefix="/x")


@router.get("/evals/{eval_id}/compare")
def compare(
    eval_id: str, base: str, candidate: str, services: ServicesDep, project: CurrentProject
) -> EvalComparison:
    """Say whether the candidate run is better than the base run, and how sure that is."""
    with services.database.read() as session:
        owner = get_eval(session, project.id, eval_id)
        return comparison_object(
            session,
            owner,
            get_run(session, project.id, eval_id, base),
            get_run(session, project.id, eval_id, candidate),
        )


@router.get("/eval_runs/{run_id}")
def find(run_id: str, services: ServicesDep, project: CurrentProject) -> EvalRun:
    """Show a run whose eval the caller does not know."""
    with services.database.read() as session:
        return run_object(find_run_of_project(session, project.id, run_id))
