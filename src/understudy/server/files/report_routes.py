"""Our own routes on files, below /v1/x/: the report of a training file, and its lines in tokens."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query

from understudy.data.files.formats import Method
from understudy.data.report.control_tokens import special_tokens
from understudy.data.report.preview import preview, read_example
from understudy.data.report.reporting import ReportModel
from understudy.schemas.files.reports import FilePreview, FileReport, TokenObject
from understudy.server.files.reports import pieces_of
from understudy.server.http.auth import CurrentProject
from understudy.server.services import Services, ServicesDep
from understudy.storage.files import get_file
from understudy.storage.jobs.speed import training_speed

router = APIRouter(prefix="/x/files")


@router.get("/{file_id}/report")
def report(
    file_id: str,
    model: str,
    services: ServicesDep,
    project: CurrentProject,
    method: Method = Method.SUPERVISED,
    validation_file: str | None = None,
) -> FileReport:
    """Judge a training file for a model, with a validation file if there is one."""
    training = _path(services, project.id, file_id)
    validation = _path(services, project.id, validation_file) if validation_file else None
    served = services.served.find(project.id, model)
    with services.database.read() as session:
        speed = training_speed(session, project.id, served.weights.base)
    judge = ReportModel(
        name=served.name,
        renderer=served.renderer,
        special_tokens=special_tokens(Path(served.weights.base_directory)),
        tokens_per_second=speed,
    )
    made = services.reports.report(training, validation, method, judge)
    return FileReport(
        file_id=file_id,
        validation_file=validation_file,
        model=served.name,
        is_clean=made.is_clean,
        report=made.to_json(),
    )


@router.get("/{file_id}/preview")
def show(
    file_id: str,
    model: str,
    line: Annotated[int, Query(ge=1)],
    services: ServicesDep,
    project: CurrentProject,
    method: Method = Method.SUPERVISED,
) -> FilePreview:
    """Show one line as the tokens that a model sees, and which of them are learned."""
    path = _path(services, project.id, file_id)
    served = services.served.find(project.id, model)
    with services.reports.turn() as check_stop:
        example = read_example(pieces_of(path, check_stop), line, method)
        shown = preview(example, served.renderer)
    return FilePreview(
        file_id=file_id,
        model=served.name,
        line=line,
        context_length=shown.context_length,
        tokens=[TokenObject(**asdict(token)) for token in shown.tokens],
    )


def _path(services: Services, project_id: str, file_id: str) -> Path:
    with services.database.read() as session:
        return services.blobs.path(get_file(session, project_id, file_id).sha256)
