"""Images as bytes: those that stored answers refer to, and those that stand in lines of files."""

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from understudy.data.files.strict_json import parse_object
from understudy.data.images.data_urls import is_data_url
from understudy.data.images.faults import UnusableImageError
from understudy.data.images.pictures import media_type_of, read_picture
from understudy.data.images.sources import ImageReference
from understudy.errors import InvalidRequestError, NotFoundError
from understudy.server.files.service import get_file
from understudy.server.services import Services
from understudy.storage.files.images import find_image
from understudy.wording import worded

_KEYS = {"image_url": "url", "image_file": "file_id"}


class SentImage(NamedTuple):
    """An image as it is sent."""

    media_type: str
    content: bytes


def kept_image(services: Services, project_id: str, sha256: str) -> SentImage:
    """Return an image that a stored answer refers to; blocks. Raises NotFoundError."""
    with services.database.read() as session:
        row = find_image(session, project_id, sha256)
    return SentImage(row.media_type, services.blobs.stored(row.sha256).read_bytes())


def image_of_line(
    services: Services, project_id: str, file_id: str, *, line: int, number: int
) -> SentImage:
    """Return an image that stands in a line of a file, or is named there by a file's id; blocks.

    Raises NotFoundError where there is none, and InvalidRequestError for one that cannot be shown.
    """
    path = services.blobs.stored(get_file(services.database, project_id, file_id).sha256)
    text = services.line_indexes.of(path).bytes_of(line)
    try:
        found = list(_images(parse_object(text)))
    except ValueError:
        found = []
    if number > len(found):
        raise NotFoundError(
            worded(
                "files.line_file_no_image",
                "Line {line} of the file has no image {number}.",
                line=line,
                number=number,
            ),
            param="number",
        )
    reference = found[number - 1]
    if not reference.is_file and not is_data_url(reference.address):
        raise InvalidRequestError(
            worded(
                "files.image_stands_url_which",
                "The image stands at a URL, which is fetched only when a job is validated.",
            ),
            param="number",
        )
    try:
        content = services.images.of(project_id).read(reference)
        read_picture(content)
    except UnusableImageError as error:
        raise InvalidRequestError(
            worded(
                "files.image_cannot_shown",
                "The image cannot be shown: {message}.",
                message=error.message,
            ),
            code=error.fault.value,
            param="number",
        ) from error
    return SentImage(media_type_of(content), content)


def _images(value: Any) -> Iterator[ImageReference]:
    """Find the images of a line, of whatever method it is, in their order."""
    todo: list[Any] = [value]
    while todo:
        found = todo.pop()
        if isinstance(found, list):
            todo += reversed(cast("list[Any]", found))
        elif isinstance(found, dict):
            part = cast("dict[str, Any]", found)
            reference = _reference(part)
            if reference is not None:
                yield reference
            else:
                todo += reversed(list(part.values()))


def _reference(part: dict[str, Any]) -> ImageReference | None:
    kind = part.get("type")
    if not isinstance(kind, str) or kind not in _KEYS:
        return None
    written = part.get(kind)
    inner = cast("dict[str, Any]", written) if isinstance(written, dict) else {}
    address = inner.get(_KEYS[kind])
    return ImageReference(
        address=address if isinstance(address, str) else "", is_file=kind == "image_file"
    )
