"""Images of Qwen2.5-VL and Qwen3-VL: a grid of patches in about the size of the picture.

Source: transformers' `smart_resize` of `Qwen2VLImageProcessor`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor, sqrt
from typing import Any, NamedTuple, Self

from understudy.chat.images.image_tokens import is_coarse, unreadable_settings
from understudy.chat.messages import Image
from understudy.errors import InvalidRequestError

COARSE_PIXELS = 512 * 512
"""As many pixels as OpenAI's models see of a picture of low detail."""
_MAX_RATIO = 200


class Grid(NamedTuple):
    """How many patches a picture becomes, before neighbours are merged."""

    rows: int
    columns: int


@dataclass(frozen=True, kw_only=True)
class GridImages:
    """A picture is resized to whole patches, within bounds on its pixels."""

    patch: int
    merged: int
    """So many patches in a row, and as many rows of them, become one token."""
    min_pixels: int
    max_pixels: int

    mark = "<|image_pad|>"
    filled = "<|image_pad|>"
    controls = "<|vision_start|><|image_pad|><|vision_end|><|video_pad|>"

    @classmethod
    def read(cls, config: Mapping[str, Any], processor: Mapping[str, Any]) -> Self:
        """Read the settings; raises InvalidRequestError where they are not those of the model."""
        pictures: Mapping[str, Any] = processor["image_processor"]
        size = {"shortest_edge": 56 * 56, "longest_edge": 28 * 28 * 1280}
        size |= pictures.get("size") or {}
        if not pictures.get("do_resize", True):
            raise unreadable_settings("does not resize pictures")
        made = cls(
            patch=int(pictures.get("patch_size") or 14),
            merged=int(pictures.get("merge_size") or 2),
            min_pixels=int(pictures.get("min_pixels") or size["shortest_edge"]),
            max_pixels=int(pictures.get("max_pixels") or size["longest_edge"]),
        )
        tower = config["vision_config"]
        of_model = (int(tower.get("patch_size", 14)), int(tower.get("spatial_merge_size", 2)))
        if of_model != (made.patch, made.merged):
            raise unreadable_settings(
                f"makes patches of {made.patch} pixels, {made.merged} of them merged, and the "
                f"model reads {of_model[0]} and {of_model[1]}"
            )
        return made

    def text_of(self, image: Image) -> str:
        """Return a token for each square of merged patches."""
        grid = self.grid(image)
        return self.filled * (grid.rows * grid.columns // self.merged**2)

    def grid(self, image: Image) -> Grid:
        """Return the patches of a picture; raises InvalidRequestError for one that is a line."""
        height, width = image.height, image.width
        if max(height, width) > _MAX_RATIO * min(height, width):
            raise InvalidRequestError(
                f"The image of {width} x {height} pixels is more than {_MAX_RATIO} times as long "
                "as it is wide, which this model cannot read; cut it into parts.",
                param="messages",
            )
        factor, most = self.patch * self.merged, self.most_pixels(image)
        rows, columns = round(height / factor), round(width / factor)
        if rows * columns * factor**2 > most:
            scale = sqrt(height * width / most)
            rows = max(1, floor(height / scale / factor))
            columns = max(1, floor(width / scale / factor))
        elif rows * columns * factor**2 < self.min_pixels:
            scale = sqrt(self.min_pixels / (height * width))
            rows, columns = ceil(height * scale / factor), ceil(width * scale / factor)
        return Grid(rows * self.merged, columns * self.merged)

    def most_pixels(self, image: Image) -> int:
        """Return to how many pixels a picture is reduced at the most."""
        if is_coarse(image.detail):
            return max(self.min_pixels, min(self.max_pixels, COARSE_PIXELS))
        return self.max_pixels
