"""What a model's tower sees in pictures: computed once for each, and kept while there is room.

P places of one picture, H hidden size.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from cachetools import LRUCache
from PIL.Image import Image as Picture
from torch import Tensor
from transformers import PreTrainedModel

from understudy.chat.images.image_tokens import is_coarse
from understudy.chat.images.placing import PlacedImage
from understudy.chat.messages import Image
from understudy.errors import InvalidRequestError, UnderstudyError
from understudy.modeling.vision.inserted import Inserted
from understudy.modeling.vision.pixels import pixel_reader
from understudy.modeling.vision.positions import SeenGrid, positions_of

CACHE_BYTES = 512 * 1024**2
"""Features that are kept: of about 2,000 pictures for a hidden size of 1,000."""
# Attention's inputs and outputs, and the inner layer of the MLP, which is four times as wide.
_WIDTHS_OF_A_LAYER = 16
# Families in which the parts of a picture see those after them too.
_BOTH_WAYS = ("gemma3",)
_UNREADABLE = (OSError, UnderstudyError)
"""What reading a picture raises whose file is away or damaged."""


def image_bytes(model: PreTrainedModel, images: Iterable[PlacedImage]) -> int:
    """Return what looking at images takes: the features that are kept, and the tower at work.

    The tower keeps nothing for a backward pass; one of its layers is in memory at a time.
    """
    places = {(one.image.sha256, is_coarse(one.image.detail)): len(one.places) for one in images}
    if not places:
        return 0
    config = model.config
    tower = config.vision_config
    layers = 1 + len(getattr(tower, "deepstack_visual_indexes", None) or ())
    size = int(config.get_text_config().hidden_size) * model.dtype.itemsize
    kept = sum(places.values()) * layers * size
    width = int(tower.hidden_size) * _WIDTHS_OF_A_LAYER
    return min(kept, CACHE_BYTES) + max(places.values()) * _patches_of_a_place(model) * width * 4


def _patches_of_a_place(model: PreTrainedModel) -> int:
    """Return how many patches of a picture become one token."""
    config = model.config
    tower = config.vision_config
    if hasattr(config, "scale_factor"):
        return int(config.scale_factor) ** 2
    if hasattr(config, "downsample_factor"):
        return int(config.downsample_factor) ** 2
    if hasattr(config, "mm_tokens_per_image"):
        return int(tower.image_size // tower.patch_size) ** 2 // int(config.mm_tokens_per_image)
    return int(tower.spatial_merge_size) ** 2


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a tower sees in one picture."""

    features_PH: Tensor
    deep: tuple[Tensor, ...] = ()
    """What is added after each of the first layers of the language model, [P, H]."""
    grid: SeenGrid | None = None
    """How the places lie, for models that want to know."""

    @property
    def nbytes(self) -> int:
        """What it takes in memory."""
        return sum(tensor.nbytes for tensor in (self.features_PH, *self.deep))


class ImageFeatures:
    """The features of pictures for one model, whose tower is never trained."""

    def __init__(
        self,
        model: PreTrainedModel,
        directory: Path,
        picture_of: Callable[[str], Picture],
        *,
        byte_limit: int = CACHE_BYTES,
    ) -> None:
        """`picture_of` reads a picture by the SHA-256 of its bytes, upright and in RGB."""
        self._model = model
        family = str(model.config.model_type)
        self._pixels = pixel_reader(directory, family)
        self._sees_both_ways = family in _BOTH_WAYS
        self._picture_of = picture_of
        self._kept: LRUCache[tuple[str, bool], Seen] = LRUCache(
            byte_limit, getsizeof=lambda seen: seen.nbytes
        )

    def of(self, image: Image) -> Seen:
        """Return what the tower sees in a picture, in the model's number format.

        Raises InvalidRequestError for one whose bytes are gone or cannot be read.
        """
        key = (image.sha256, is_coarse(image.detail))
        seen = self._kept.get(key)
        if seen is None:
            seen = self._compute(image)
            if seen.nbytes <= self._kept.maxsize:
                self._kept[key] = seen
        return seen

    def placed(self, placed: PlacedImage) -> Seen:
        """Return what the tower sees in a picture that has so many places."""
        seen = self.of(placed.image)
        if len(seen.features_PH) != len(placed.places):
            raise InvalidRequestError(
                f"The model makes {len(seen.features_PH)} features of an image that has "
                f"{len(placed.places)} tokens in the prompt; were its files changed since?",
                param="messages",
            )
        return seen

    def inserted(self, images: Sequence[PlacedImage], lengths: Sequence[int]) -> Inserted:
        """Return what stands in the places of images, which are those of examples end to end.

        The examples have so many tokens each.
        """
        seen = [self.placed(placed) for placed in images]
        places = [at for placed in images for at in placed.places]
        return Inserted(
            places_P=torch.tensor(places),
            features_PH=torch.cat([one.features_PH for one in seen]),
            deep=tuple(torch.cat(layer) for layer in zip(*(s.deep for s in seen), strict=True)),
            positions_3T=_positions(images, seen, lengths),
            blocks_T=_blocks(images, sum(lengths)) if self._sees_both_ways else None,
        )

    def _compute(self, image: Image) -> Seen:
        try:
            pixels = self._pixels.read(self._picture_of(image.sha256), image.detail)
        except _UNREADABLE as problem:
            raise InvalidRequestError(
                f"The image {image.sha256[:12]} cannot be read: {problem}", param="messages"
            ) from problem
        device = self._model.device
        with torch.no_grad():
            seen = self._model.get_image_features(  # pyright: ignore[reportCallIssue]
                **{name: value.to(device) for name, value in pixels.items()}
            )
        grid = None
        if "image_grid_thw" in pixels:
            merged = int(self._model.config.vision_config.spatial_merge_size)
            _, rows, columns = (int(side) for side in pixels["image_grid_thw"][0])
            grid = SeenGrid(rows // merged, columns // merged)
        return Seen(
            features_PH=self._kept_form(seen.pooler_output),
            deep=tuple(map(self._kept_form, getattr(seen, "deepstack_features", None) or ())),
            grid=grid,
        )

    def _kept_form(self, features: Tensor | Sequence[Tensor]) -> Tensor:
        """Return features of one picture as [P, H] in main memory."""
        whole = features if isinstance(features, Tensor) else torch.cat(list(features))
        return whole.flatten(0, -2).detach().to("cpu", self._model.dtype)


def _blocks(images: Sequence[PlacedImage], length: int) -> Tensor:
    blocks_T = torch.full((length,), -1)
    for number, placed in enumerate(images):
        blocks_T[list(placed.places)] = number
    return blocks_T


def _positions(
    images: Sequence[PlacedImage], seen: Sequence[Seen], lengths: Sequence[int]
) -> Tensor | None:
    """Return the positions of all tokens; None for a model that takes them as they come."""
    if any(one.grid is None for one in seen):
        return None
    parts: list[Tensor] = []
    start = 0
    for length in lengths:
        inside = [
            ([at - start for at in placed.places], one.grid)
            for placed, one in zip(images, seen, strict=True)
            if start <= placed.places[0] < start + length and one.grid is not None
        ]
        parts.append(positions_of(length, inside))
        start += length
    return torch.cat(parts, dim=1)
