"""Our own route below /v1/x/ that says what this server can do, so that nobody need try."""

from fastapi import APIRouter

from understudy.data.files.formats import Method
from understudy.graders.sandbox.packages import installed_versions
from understudy.jobs.methods import OFFERED
from understudy.schemas.admin.capabilities import Capabilities, GraderPackage, MethodCapability
from understudy.server.http.auth import CurrentProject

router = APIRouter(prefix="/x/capabilities")


@router.get("")
def capabilities(project: CurrentProject) -> Capabilities:
    """Show which methods jobs can be created with, and what python graders can import."""
    return Capabilities(
        methods=[
            MethodCapability(name=method.value, is_offered=method in OFFERED) for method in Method
        ],
        python_grader_packages=[
            GraderPackage(name=name, version=version)
            for name, version in installed_versions().items()
        ],
    )
