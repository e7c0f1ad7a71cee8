"""Our own routes below /v1/x/ that send images: those of stored answers, and those in files."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from understudy.schemas.base import PositiveNumber
from understudy.server.files import images
from understudy.server.files.images import SentImage
from understudy.server.http.auth import CurrentProject
from understudy.server.services import ServicesDep

router = APIRouter(prefix="/x")


@router.get("/images/{sha256}")
def kept(sha256: str, services: ServicesDep, project: CurrentProject) -> Response:
    """Send an image that a stored answer names as `understudy://images/<sha256>`."""
    return _sent(images.kept_image(services, project.id, sha256))


@router.get("/files/{file_id}/lines/{line}/images/{number}")
def of_line(
    file_id: str,
    line: Annotated[PositiveNumber, Path()],
    number: Annotated[PositiveNumber, Path()],
    services: ServicesDep,
    project: CurrentProject,
) -> Response:
    """Send the image that stands at place `number` of a file's line, both counted from 1."""
    return _sent(images.image_of_line(services, project.id, file_id, line=line, number=number))


def _sent(image: SentImage) -> Response:
    return Response(
        image.content,
        media_type=image.media_type,
        headers={
            "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; sandbox",
            "cache-control": "private, max-age=3600",
        },
    )
