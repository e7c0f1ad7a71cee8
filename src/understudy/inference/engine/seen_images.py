"""The images of one prompt in the engine: what stands for them among tokens, and their features."""

from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL.Image import Image as Picture
from torch import Tensor

from understudy.chat.images.image_tokens import is_coarse
from understudy.chat.images.placing import PlacedImage
from understudy.data.images.pictures import read_kept
from understudy.errors import InvalidRequestError
from understudy.inference.protocol import GenerateRequest
from understudy.modeling.vision.features import ImageFeatures
from understudy.modeling.vision.inserted import Inserted
from understudy.modeling.vision.positions import after

_DIGITS = 32
"""Of a picture's SHA-256: enough that no two pictures are taken for each other."""
_MAX_PLACES = 1 << 24


class SeenImages:
    """What a row is shown in the places of its image tokens."""

    def __init__(self, images: Sequence[PlacedImage], features: ImageFeatures, length: int) -> None:
        """Look at the images of a prompt of so many tokens.

        Raises InvalidRequestError for one that cannot be read.
        """
        self._shown = features.inserted(images, [length])
        self._places = [place for placed in images for place in placed.places]
        self._numbers = {
            place: _number(placed, at)
            for placed in images
            for at, place in enumerate(placed.places)
        }

    @property
    def is_read_as_a_whole(self) -> bool:
        """Whether the parts of a picture see each other, so that none is read without the rest."""
        return self._shown.blocks_T is not None

    def read_as(self, tokens: Sequence[int]) -> list[int]:
        """Return tokens with numbers of the images in their places.

        The numbers are below zero, and the same for the same part of the same picture only, so
        that rows are compared by what they are shown.
        """
        return [self._numbers.get(place, token) for place, token in enumerate(tokens)]

    def between(self, start: int, stop: int) -> Inserted | None:
        """Return what is shown from one position to before another, as if the row began there."""
        shown = self._shown
        first, last = bisect_left(self._places, start), bisect_left(self._places, stop)
        if first == last and shown.positions_3T is None:
            return None
        return Inserted(
            places_P=shown.places_P[first:last] - start,
            features_PH=shown.features_PH[first:last],
            deep=tuple(layer_PH[first:last] for layer_PH in shown.deep),
            positions_3T=self._positions(start, stop),
            blocks_T=self._blocks(start, stop),
        )

    def whole(self, start: int, stop: int) -> int:
        """Return the end of the chunk that begins at `start` and cuts no picture before `stop`.

        It may be later, where the parts of a picture have to be read together.
        """
        blocks = self._shown.blocks_T
        if blocks is None or not start < stop < len(blocks):
            return stop
        end = stop
        while end < len(blocks) and blocks[end] >= 0 and blocks[end] == blocks[end - 1]:
            end += 1
        return end

    def _blocks(self, start: int, stop: int) -> Tensor | None:
        blocks = self._shown.blocks_T
        return None if blocks is None else blocks[start:stop]

    def _positions(self, start: int, stop: int) -> Tensor | None:
        known = self._shown.positions_3T
        if known is None:
            return None
        length = known.shape[1]
        generated = after(known, max(start, length), max(stop, length))
        return torch.cat([known[:, start:stop], generated], dim=1)


def _number(placed: PlacedImage, at: int) -> int:
    picture = int(placed.image.sha256[:_DIGITS], 16) * 2 + is_coarse(placed.image.detail)
    return -(picture * _MAX_PLACES + at) - 1


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
    return SeenImages(request.images, features, len(request.prompt_ids))


def kept_picture(blobs: Path, sha256: str) -> Picture:
    """Read a picture whose bytes are in a folder of blobs."""
    return read_kept(blobs / sha256[:2] / sha256)
