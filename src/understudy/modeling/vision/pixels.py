"""Pictures to the numbers that a model's tower reads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL.Image import Image as Picture
from torch import Tensor
from transformers import AutoImageProcessor

from understudy.chat.images.grids import COARSE_PIXELS
from understudy.chat.images.image_tokens import is_coarse
from understudy.chat.messages import ImageDetail

Pixels = Mapping[str, Tensor]
"""What transformers' image processors return for one picture, by the names of their arguments."""

# What a processor reports for the text around a picture; the tower does not read it.
_OF_THE_TEXT = ("num_crops", "rows", "cols")


class PixelReader:
    """A family's own image processor of transformers, in the form that needs no torchvision."""

    def __init__(self, directory: Path, family: str) -> None:
        """`directory` is that of the model, `family` its `model_type`."""
        self._processor: Any = AutoImageProcessor.from_pretrained(
            directory, backend="pil", local_files_only=True, trust_remote_code=False
        )
        self._family = family

    def read(self, picture: Picture, detail: ImageDetail) -> Pixels:
        """Return the numbers of a picture that is upright and in RGB."""
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
