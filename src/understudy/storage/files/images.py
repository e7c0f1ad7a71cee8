"""Images of a project: read from wherever a request names them, and kept by their hash."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from understudy.chat.messages import Image, ImageDetail
from understudy.data.images.addresses import is_kept_url, kept_sha256, read_address
from understudy.data.images.data_urls import content_of, is_data_url
from understudy.data.images.faults import ImageFault, UnusableImageError
from understudy.data.images.fetching import ImageFetcher
from understudy.data.images.pictures import MAX_IMAGE_BYTES, too_many_bytes
from understudy.data.images.sources import (
    CheckedImage,
    ImageReference,
    ImageSource,
    LookedAtImages,
    check_image,
    not_allowed,
    text_only,
)
from understudy.errors import NotFoundError
from understudy.registry.image_reading import reads_images
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.files.files import find_file
from understudy.storage.tables.images import ImageRow
from understudy.wording import worded

FILE_PURPOSE = "vision"
"""That of files whose images can be named by their id."""

_SECONDS_A_DAY = 24 * 3600

Fetching = Callable[[], ImageFetcher | None]
"""Gives what fetches URLs; None while the operator lets none be fetched."""


@dataclass(frozen=True, kw_only=True)
class ImageShelf:
    """Where the bytes of a project's images come from, and where they go."""

    database: Database
    blobs: BlobStore
    project_id: str
    fetching: Fetching

    def read(self, reference: ImageReference) -> bytes:
        """Return the bytes of an image, not looked at; blocks, and raises UnusableImageError."""
        address = reference.address
        if reference.is_file:
            return self._file(address)
        if is_data_url(address):
            return content_of(address)
        if is_kept_url(address):
            return self._kept(kept_sha256(address))
        read_address(address)
        fetcher = self.fetching()
        if fetcher is None:
            raise not_allowed()
        return fetcher.fetch(address)

    def keep(self, content: bytes, detail: ImageDetail) -> CheckedImage:
        """Check the bytes of an image and make them a blob; raises UnusableImageError."""
        checked = check_image(content, detail)
        path = self.blobs.path(checked.image.sha256)
        try:
            # The blob becomes young again, so that it is not collected before it has its row.
            os.utime(path)
        except FileNotFoundError:
            self.blobs.write([content])
        return checked

    def _file(self, file_id: str) -> bytes:
        with self.database.read() as session:
            row = find_file(session, self.project_id, file_id)
        if row is None:
            raise UnusableImageError(
                ImageFault.FILE_NOT_FOUND, f"there is no file {file_id[:80]!r} in this project"
            )
        if row.purpose != FILE_PURPOSE:
            raise UnusableImageError(
                ImageFault.FILE_NOT_FOUND,
                f'the file {row.id} has the purpose "{row.purpose}"; upload images with the '
                f'purpose "{FILE_PURPOSE}"',
            )
        if row.bytes > MAX_IMAGE_BYTES:
            raise too_many_bytes()
        return _bytes_of(self.blobs.path(row.sha256))

    def _kept(self, sha256: str) -> bytes:
        with self.database.read() as session:
            row = session.get(ImageRow, (self.project_id, sha256[:64]))
        if row is None:
            raise UnusableImageError(
                ImageFault.FILE_NOT_FOUND, "it is not kept any more; send the image itself"
            )
        return _bytes_of(self.blobs.path(row.sha256))


@dataclass(frozen=True, kw_only=True)
class RequestImages:
    """The images of requests, kept for a day and longer where an answer is stored."""

    shelf: ImageShelf

    def image(self, reference: ImageReference) -> Image:
        """Return an image that is kept; blocks, and raises UnusableImageError."""
        checked = self.shelf.keep(self.shelf.read(reference), reference.detail)
        database = self.shelf.database
        with database.write() as session:
            now = int(database.now(session))
            _put(session, self.shelf.project_id, checked, now)
        return checked.image


@dataclass(frozen=True, kw_only=True)
class FileImages:
    """The images of a training file that is only looked at: none is fetched or kept."""

    shelf: ImageShelf

    def image(self, reference: ImageReference) -> Image | None:
        """Return an image; None where a job would fetch it. Raises UnusableImageError."""
        if reference.is_file or is_kept_url(reference.address):
            return check_image(self.shelf.read(reference), reference.detail).image
        fetches = self.shelf.fetching() is not None
        return LookedAtImages(fetches=fetches).image(reference)


@dataclass(frozen=True, kw_only=True)
class ImageLibrary:
    """The images of every project of a server."""

    database: Database
    blobs: BlobStore
    fetching: Fetching

    def of(self, project_id: str) -> ImageShelf:
        """Return where the images of a project come from and go."""
        return ImageShelf(
            database=self.database,
            blobs=self.blobs,
            project_id=project_id,
            fetching=self.fetching,
        )

    def of_file(self, project_id: str, base: str, base_directory: Path) -> ImageSource:
        """Return the images of a training file as a job on a base would see them."""
        if not reads_images(base_directory):
            return text_only(base)
        return FileImages(shelf=self.of(project_id))


def keep_until(session: Session, project_id: str, images: Iterable[Image], expires_at: int) -> None:
    """Keep images of requests at least as long as the answer that refers to them."""
    for sha256 in {image.sha256 for image in images}:
        row = session.get(ImageRow, (project_id, sha256))
        if row is not None:
            row.expires_at = max(row.expires_at, expires_at)


def find_image(session: Session, project_id: str, sha256: str) -> ImageRow:
    """Return the row of a kept image; raises NotFoundError, also for another project's."""
    row = session.get(ImageRow, (project_id, sha256))
    if row is None:
        raise NotFoundError(
            worded(
                "api.no_such_image",
                "No such image: {sha256}",
                sha256=sha256[:80],
            ),
            param="sha256",
        )
    return row


def _put(session: Session, project_id: str, checked: CheckedImage, now: int) -> None:
    key = (project_id, checked.image.sha256)
    expires_at = now + _SECONDS_A_DAY
    if session.get(ImageRow, key) is None:
        new = ImageRow(
            project_id=project_id,
            sha256=checked.image.sha256,
            media_type=checked.media_type,
            created_at=now,
            expires_at=expires_at,
        )
        try:
            with session.begin_nested():
                session.add(new)
            return
        except IntegrityError:
            pass  # Another request showed the same image in the same moment.
    row = session.get_one(ImageRow, key)
    row.expires_at = max(row.expires_at, expires_at)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise UnusableImageError(
            ImageFault.FILE_NOT_FOUND, "its bytes are not on this server any more"
        ) from None
