"""The images of one prompt in the engine: what stands for them among tokens, and their features.

P places of all images of a prompt, H hidden size.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from understudy.chat.images.image_tokens import is_coarse
from understudy.chat.images.placing import PlacedImage
from understudy.errors import InvalidRequestError
from understudy.inference.protocol import GenerateRequest
from understudy.modeling.vision.features import ImageFeatures

_DIGITS = 32
"""Of a picture's SHA-256: enough that no two pictures are taken for each other."""
_MAX_PLACES = 1 << 24


class SeenImages:
    """What a row is shown in the places of its image tokens."""

    def __init__(self, images: Sequence[PlacedImage], features: ImageFeatures) -> None:
        """Look at the images; raises InvalidRequestError for one that cannot be read."""
        self._features: dict[int, Tensor] = {}
        self.numbers: dict[int, int] = {}
        """By place, the number that stands there instead of a token: below zero, and the same for
        the same part of the same picture only, so that rows are compared by what they are shown."""
        for placed in images:
            picture = int(placed.image.sha256[:_DIGITS], 16) * 2 + is_coarse(placed.image.detail)
            rows = features.placed(placed)
            for number, (place, row) in enumerate(zip(placed.places, rows, strict=True)):
                self.numbers[place] = -(picture * _MAX_PLACES + number) - 1
                self._features[place] = row

    def read_as(self, tokens: Sequence[int]) -> list[int]:
        """Return tokens with the numbers of the images in their places."""
        return [self.numbers.get(place, token) for place, token in enumerate(tokens)]

    def between(self, start: int, stop: int) -> Mapping[int, Tensor]:
        """Return the features [H] by their places from one position to before another."""
        return {at: self._features[at] for at in range(start, stop) if at in self._features}


def look(
    request: GenerateRequest, features: ImageFeatures | None, image_token: int | None
) -> SeenImages | None:
    """Look at the images of a request, if it has any.

    Raises InvalidRequestError where the model cannot, or where a prompt has tokens of images that
    nobody gave: answered all the same, it would be about no picture at all.
    """
    places = {place for placed in request.images for place in placed.places}
    tokens = {at for at, id in enumerate(request.prompt_ids) if id == image_token}
    if request.images and features is None:
        raise InvalidRequestError(
            "This model does not read images.", param="messages", code="unsupported_parameter"
        )
    if places != tokens:
        raise InvalidRequestError(
            f"The prompt has {len(tokens)} tokens of images, and its images fill {len(places)}.",
            param="messages",
        )
    if features is None or not request.images:
        return None
    return SeenImages(request.images, features)


def picture_path(blobs: Path, sha256: str) -> Path:
    """Return where the bytes of a picture are in a folder of blobs."""
    return blobs / sha256[:2] / sha256
