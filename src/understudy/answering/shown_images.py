"""The images that requests show: read only for models that see them, refused with their place."""

from dataclasses import dataclass, field, replace

from understudy.answering.models import ServedModels
from understudy.chat.messages import Image, ImageDetail
from understudy.data.images.addresses import kept_url
from understudy.data.images.faults import UnusableImageError
from understudy.data.images.sources import (
    ImageReference,
    ImageSource,
    NoImages,
    NoImagesError,
)
from understudy.errors import InvalidRequestError
from understudy.storage.files.images import ImageLibrary, RequestImages

MAX_IMAGES = 50
"""In one request."""

NOT_HERE = NoImages(why="images cannot be shown here; send text")


@dataclass(kw_only=True)
class ShownImages:
    """The images of one request to one model."""

    served: ServedModels
    library: ImageLibrary
    project_id: str
    model: str | None
    _known: dict[str, Image] = field(default_factory=dict[str, Image])
    """Those that were read for this request, by the address that they are kept under."""

    def image(self, reference: ImageReference) -> Image:
        """Return an image that is kept; blocks.

        Raises UnusableImageError, NoImagesError for a model without vision, and what
        `ServedModels.find` raises.
        """
        known = self._known.get(reference.address)
        if known is not None and not reference.is_file:
            return replace(known, detail=reference.detail)
        if not self._known:
            self._check_model()
        if len(self._known) >= MAX_IMAGES:
            raise NoImagesError(f"a request may show {MAX_IMAGES} images")
        image = RequestImages(shelf=self.library.of(self.project_id)).image(reference)
        self._known[kept_url(image.sha256)] = image
        return image

    def _check_model(self) -> None:
        # A request without a model is refused for that.
        if self.model and not self.served.reads_images(self.project_id, self.model):
            raise NoImagesError(
                f"the model `{self.model[:200]}` reads no images; ask one that does, or send text"
            )


def shown_image(images: ImageSource, reference: ImageReference, path: str) -> Image:
    """Return the image that stands at a place of a request; blocks.

    Raises InvalidRequestError, which names the place, for one that cannot be used or not here.
    """
    try:
        image = images.image(reference)
    except NoImagesError as error:
        raise InvalidRequestError(
            f"Invalid '{path}': {error}.", code="unsupported_value", param=path
        ) from error
    except UnusableImageError as error:
        raise InvalidRequestError(
            f"Invalid image in '{path}': {error.message}.", code=error.fault.value, param=path
        ) from error
    assert image is not None, "what is asked of a model has been looked at"
    return image


def reference_of(
    path: str, *, url: str | None, file_id: str | None, detail: str | None
) -> ImageReference:
    """Return where an image of a request stands; raises InvalidRequestError unless it says so."""
    if (url is None) == (file_id is None):
        raise InvalidRequestError(
            f"Invalid '{path}': an image is named either by its URL or by the id of a file.",
            code="invalid_value",
            param=path,
        )
    return ImageReference(
        address=url if url is not None else file_id or "",
        is_file=url is None,
        detail=ImageDetail(detail or "auto"),
    )
