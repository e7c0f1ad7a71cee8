"""What a model's tower sees in pictures: computed once for each, and kept while there is room.

P places of one picture, H hidden size.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import torch
from cachetools import LRUCache
from torch import Tensor
from transformers import PreTrainedModel

from understudy.chat.images.image_tokens import is_coarse
from understudy.chat.images.placing import PlacedImage
from understudy.chat.messages import Image
from understudy.errors import InvalidRequestError
from understudy.modeling.vision.inserted import Inserted
from understudy.modeling.vision.pixels import PixelReader

CACHE_BYTES = 512 * 1024**2
"""Features that are kept: of about 2,000 pictures for a hidden size of 1,000."""
# Attention's inputs and outputs, and the inner layer of the MLP, which is four times as wide.
_WIDTHS_OF_A_LAYER = 16
_UNREADABLE = (OSError, ValueError, SyntaxError)
"""What reading a picture raises whose file is away or damaged."""


def image_bytes(model: PreTrainedModel, images: Iterable[PlacedImage]) -> int:
    """Return what looking at images takes: the features that are kept, and the tower at work.

    The tower keeps nothing for a backward pass; one of its layers is in memory at a time.
    """
    places = {(one.image.sha256, is_coarse(one.image.detail)): len(one.places) for one in images}
    if not places:
        return 0
    config = model.config
    kept = sum(places.values()) * int(config.get_text_config().hidden_size) * model.dtype.itemsize
    tower = config.vision_config
    width = int(tower.hidden_size) * _WIDTHS_OF_A_LAYER
    return min(kept, CACHE_BYTES) + max(places.values()) * _patches_of_a_place(model) * width * 4


def _patches_of_a_place(model: PreTrainedModel) -> int:
    """Return how many patches of a picture become one token."""
    config = model.config
    tower = config.vision_config
    if hasattr(config, "scale_factor"):
        return int(config.scale_factor) ** 2
    if hasattr(config, "mm_tokens_per_image"):
        return int(tower.image_size // tower.patch_size) ** 2 // int(config.mm_tokens_per_image)
    return int(tower.spatial_merge_size) ** 2


class ImageFeatures:
    """The features of pictures for one model, whose tower is never trained."""

    def __init__(
        self,
        model: PreTrainedModel,
        directory: Path,
        path_of: Callable[[str], Path],
        *,
        byte_limit: int = CACHE_BYTES,
    ) -> None:
        """`path_of` says where the bytes of a picture are, by their SHA-256."""
        self._model = model
        self._pixels = PixelReader(directory, str(model.config.model_type))
        self._path_of = path_of
        self._kept: LRUCache[tuple[str, bool], Tensor] = LRUCache(
            byte_limit, getsizeof=lambda features: features.nbytes
        )

    def of(self, image: Image) -> Tensor:
        """Return the features of a picture, [P, H] in the model's number format.

        Raises InvalidRequestError for one whose bytes are gone or cannot be read.
        """
        key = (image.sha256, is_coarse(image.detail))
        features = self._kept.get(key)
        if features is None:
            features = self._compute(image)
            if features.nbytes <= self._kept.maxsize:
                self._kept[key] = features
        return features

    def placed(self, placed: PlacedImage) -> Tensor:
        """Return the features of a picture, one for each of its places."""
        features_PH = self.of(placed.image)
        if len(features_PH) != len(placed.places):
            raise InvalidRequestError(
                f"The model makes {len(features_PH)} features of an image that has "
                f"{len(placed.places)} tokens in the prompt; were its files changed since?",
                param="messages",
            )
        return features_PH

    def inserted(self, images: Sequence[PlacedImage]) -> Inserted:
        """Return the features of the images of a batch, whose places are those of its tokens."""
        places = [at for placed in images for at in placed.places]
        return Inserted(
            places_P=torch.tensor(places),
            features_PH=torch.cat([self.placed(placed) for placed in images]),
        )

    def _compute(self, image: Image) -> Tensor:
        try:
            pixels = self._pixels.read(self._path_of(image.sha256), image)
        except _UNREADABLE as problem:
            raise InvalidRequestError(
                f"The image {image.sha256[:12]} cannot be read: {problem}", param="messages"
            ) from problem
        device = self._model.device
        with torch.no_grad():
            seen = self._model.get_image_features(  # pyright: ignore[reportCallIssue]
                **{name: value.to(device) for name, value in pixels.items()}
            )
        features = seen.pooler_output
        whole_PH = torch.cat(list(features)) if isinstance(features, list | tuple) else features
        return whole_PH.flatten(0, -2).detach().to("cpu", self._model.dtype)
