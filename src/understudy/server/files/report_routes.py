"""Our own routes on files, below /v1/x/: the report of a training file, and its lines in tokens."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from understudy.data.files.formats import Method
from understudy.schemas.base import PositiveNumber
from understudy.schemas.files.reports import FilePreview, FileReport, TokenObject
from understudy.server.files import service
from understudy.server.http.auth import CurrentProject
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x/files")


@router.get("/{file_id}/report")
def report(
    file_id: str,
    model: str,
    services: ServicesDep,
    project: CurrentProject,
    method: Method = Method.SUPERVISED,
    validation_file: str | None = None,
    split_turns: bool | None = None,
) -> FileReport:
    """Judge a training file for a model, with a validation file if there is one.

    `split_turns` is what a job would be given; without it, the base's setting counts.
    """
    made = service.report_file(
        services,
        project.id,
        file_id,
        validation_file=validation_file,
        model=model,
        method=method,
        split_turns=split_turns,
    )
    return FileReport(
        file_id=file_id,
        validation_file=validation_file,
        model=made.model,
        is_clean=made.is_clean,
        report=made.to_json(),
    )


@router.get("/{file_id}/preview")
def show(
    file_id: str,
    model: str,
    line: Annotated[PositiveNumber, Query()],
    services: ServicesDep,
    project: CurrentProject,
    method: Method = Method.SUPERVISED,
    split_turns: bool | None = None,
) -> FilePreview:
    """Show one line as the tokens that a model sees, and which of them are learned."""
    made = service.preview_line(
        services,
        project.id,
        file_id,
        line=line,
        model=model,
        method=method,
        split_turns=split_turns,
    )
    return FilePreview(
        file_id=file_id,
        model=made.model,
        line=line,
        context_length=made.shown.context_length,
        row_starts=made.shown.row_starts,
        is_pair=made.shown.is_pair,
        tokens=[TokenObject(**asdict(token)) for token in made.shown.tokens],
    )
