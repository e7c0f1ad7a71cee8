"""Pictures to the numbers that a model's tower reads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from PIL.Image import Image as Picture
from torch import Tensor
from transformers import AutoImageProcessor

from understudy.chat.images.families import image_tokens_of
from understudy.chat.images.grids import COARSE_PIXELS
from understudy.chat.images.image_tokens import is_coarse
from understudy.chat.images.thumbnails import ThumbnailedImages
from understudy.chat.messages import ImageDetail
from understudy.modeling.vision.tile_pixels import TilePixels

Pixels = Mapping[str, Tensor]
"""What an image processor returns for one picture, by the names of the model's arguments."""

# What a processor reports for the text around a picture; the tower does not read it.
_OF_THE_TEXT = ("num_crops", "rows", "cols")


class PixelReader(Protocol):
    """Turns pictures into what one model's tower reads."""

    def read(self, picture: Picture, detail: ImageDetail) -> Pixels:
        """Return the numbers of a picture that is upright and in RGB."""
        ...


def pixel_reader(directory: Path, family: str) -> PixelReader:
    """Return the reader of a model in a directory, whose `model_type` is `family`.

    Raises InvalidRequestError for settings of its processor that are not known here.
    """
    tokens = image_tokens_of(directory)
    if isinstance(tokens, ThumbnailedImages):
        return TilePixels(tokens)
    return _OwnPixels(directory, family)


class _OwnPixels:
    """A family's own image processor of transformers, in the form that needs no torchvision."""

    def __init__(self, directory: Path, family: str) -> None:
        self._processor: Any = AutoImageProcessor.from_pretrained(
            directory, backend="pil", local_files_only=True, trust_remote_code=False
        )
        self._family = family

    def read(self, picture: Picture, detail: ImageDetail) -> Pixels:
        settings = self._coarse if is_coarse(detail) else {}
        read: Pixels = self._processor([picture], return_tensors="pt", **settings)
        return {name: value for name, value in read.items() if name not in _OF_THE_TEXT}

    @property
    def _coarse(self) -> Mapping[str, Any]:
        """How the processor looks quickly: as the tokens of `chat/images` count it."""
        match self._family:
            case "idefics3" | "smolvlm":
                return {"do_image_splitting": False}
            case "qwen2_5_vl" | "qwen3_vl":
                size = self._processor.size
                most = max(size.shortest_edge, min(size.longest_edge, COARSE_PIXELS))
                return {"min_pixels": size.shortest_edge, "max_pixels": most}
            case _:
                return {}
