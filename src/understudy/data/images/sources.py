"""From where an image is written to stand to the image, looked at and checked."""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from understudy.chat.messages import Image, ImageDetail
from understudy.data.images.addresses import is_kept_url, read_address
from understudy.data.images.data_urls import content_of, is_data_url
from understudy.data.images.faults import ImageFault, UnusableImageError
from understudy.data.images.pictures import read_picture


@dataclass(frozen=True, kw_only=True)
class ImageReference:
    """An image as a file or request names it."""

    address: str
    """A data or https URL; or the id of an uploaded file."""
    is_file: bool = False
    detail: ImageDetail = ImageDetail.AUTO


class ImageSource(Protocol):
    """Where the images of a file or request come from."""

    def image(self, reference: ImageReference) -> Image | None:
        """Return an image that is good, or None where nobody looks at it yet; may block.

        Raises UnusableImageError for one that cannot be used, and NoImagesError where there can be
        none at all.
        """
        ...


class NoImagesError(Exception):
    """Images cannot stand here at all; the text says why."""


class CheckedImage(NamedTuple):
    """An image and what is known of its bytes."""

    image: Image
    media_type: str


def check_image(content: bytes, detail: ImageDetail) -> CheckedImage:
    """Look at the bytes of an image; raises UnusableImageError."""
    picture = read_picture(content)
    image = Image(
        sha256=hashlib.sha256(content).hexdigest(),
        width=picture.pixels.width,
        height=picture.pixels.height,
        detail=detail,
    )
    return CheckedImage(image, picture.media_type)


@dataclass(frozen=True, kw_only=True)
class LookedAtImages:
    """Images of which nothing is kept: data URLs are decoded, other addresses only looked at."""

    fetches: bool = True
    """Whether a job would fetch what stands at https URLs."""

    def image(self, reference: ImageReference) -> Image | None:
        """Return the image of a data URL; None for what the server has and what a job fetches."""
        if reference.is_file or is_kept_url(reference.address):
            return None
        if is_data_url(reference.address):
            return check_image(content_of(reference.address), reference.detail).image
        read_address(reference.address)
        if not self.fetches:
            raise not_allowed()
        return None


@dataclass(frozen=True, kw_only=True)
class NoImages:
    """Where images cannot stand."""

    why: str

    def image(self, reference: ImageReference) -> Image | None:
        """Raise NoImagesError."""
        raise NoImagesError(self.why)


TEXT_ONLY = NoImages(why="images in training files are not read here")


def text_only(base: str) -> NoImages:
    """Return the source of files for a base without vision."""
    return NoImages(why=f"the base model {base} reads no images; choose a base that does")


def not_allowed() -> UnusableImageError:
    """Return the error for an https URL where the operator lets none be fetched."""
    return UnusableImageError(
        ImageFault.NOT_DOWNLOADED,
        "this server fetches no URLs (its setting fetch_images is off); send the image as a data "
        'URL, or upload it with purpose "vision" and give its id',
    )
