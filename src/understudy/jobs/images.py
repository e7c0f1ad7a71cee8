"""The images of a job's files: each is read and checked once, whatever happens to the job then."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import select

from understudy.chat.messages import Image
from understudy.data.images.data_urls import content_of, is_data_url
from understudy.data.images.faults import ImageFault, UnusableImageError
from understudy.data.images.sources import ImageReference, ImageSource, text_only
from understudy.registry.image_reading import reads_images
from understudy.storage.files.images import ImageShelf
from understudy.storage.tables.images import JobImageRow

_Outcome = str | UnusableImageError
"""The hash of an image's bytes, or why it cannot be used."""


class JobImages:
    """Where the images of one job come from.

    An uploaded file and what stands at a URL are read when the job's files are validated first;
    every later attempt, and the report card, sees the same bytes or the same refusal.
    """

    def __init__(self, shelf: ImageShelf, job_id: str) -> None:
        self._shelf = shelf
        self._job_id = job_id

    def image(self, reference: ImageReference) -> Image:
        """Return an image that is kept as long as the job needs it.

        Blocks; raises UnusableImageError.
        """
        if is_data_url(reference.address) and not reference.is_file:
            content = content_of(reference.address)
            source = _digest(content)
        else:
            content, source = None, _digest(f"{reference.is_file} {reference.address}".encode())
        known = self._known.get(source)
        if isinstance(known, UnusableImageError):
            raise known
        if known is not None:
            content = self._shelf.blobs.path(known).read_bytes()
        try:
            whole = self._shelf.read(reference) if content is None else content
            image = self._shelf.keep(whole, reference.detail).image
        except UnusableImageError as error:
            self._record(source, sha256=None, fault=error.fault.value, message=error.message)
            self._known[source] = error
            raise
        if known is None:
            self._record(source, sha256=image.sha256, fault=None, message=None)
            self._known[source] = image.sha256
        return image

    @cached_property
    def _known(self) -> dict[str, _Outcome]:
        query = select(JobImageRow).where(JobImageRow.job_id == self._job_id)
        with self._shelf.database.read() as session:
            return {row.source: _outcome(row) for row in session.scalars(query)}

    def _record(self, source: str, **outcome: Any) -> None:
        row = JobImageRow(job_id=self._job_id, source=source, **outcome)
        with self._shelf.database.write() as session:
            session.merge(row)


def images_of_job(
    shelf: ImageShelf, job_id: str, *, base: str, base_directory: Path
) -> ImageSource:
    """Return where the images of a job's files come from; none where its base reads none."""
    if not reads_images(base_directory):
        return text_only(base)
    return JobImages(shelf, job_id)


def _outcome(row: JobImageRow) -> _Outcome:
    if row.sha256 is not None:
        return row.sha256
    return UnusableImageError(ImageFault(row.fault or ImageFault.INVALID), row.message or "")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
