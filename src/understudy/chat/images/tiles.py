"""Images of Idefics3 and SmolVLM: cut into square tiles, with the whole picture as the last one.

Source: transformers' `Idefics3ImageProcessor` and `Idefics3Processor`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, NamedTuple, Self

from understudy.chat.images.image_tokens import is_coarse, unreadable_settings
from understudy.chat.messages import Image

_AROUND = "<fake_token_around_image>"
_WHOLE = "<global-img>"
# The processor makes no side of a picture longer before it cuts it.
_MAX_EDGE = 4096
# More rows and columns have no tokens in any tokenizer of these families.
_MAX_TILES = 12


class _Size(NamedTuple):
    height: int
    width: int


@dataclass(frozen=True, kw_only=True)
class TiledImages:
    """A picture is resized, cut into rows and columns of tiles, and shown as a whole once more."""

    longest_edge: int
    """To so many pixels the longer side is resized before cutting."""
    tile_edge: int
    tokens_per_tile: int
    is_cut: bool
    """Whether pictures are cut at all."""

    mark = "<image>"
    filled = "<image>"

    @classmethod
    def read(cls, config: Mapping[str, Any], processor: Mapping[str, Any]) -> Self:
        """Read the settings; raises InvalidRequestError where they are not those of the model."""
        pictures: Mapping[str, Any] = processor["image_processor"]
        size = pictures.get("size") or {"longest_edge": 4 * 364}
        edge = (pictures.get("max_image_size") or {"longest_edge": 364}).get("longest_edge")
        if not pictures.get("do_resize", True) or "longest_edge" not in size or not edge:
            raise unreadable_settings("does not resize pictures by their longest edge")
        made = cls(
            longest_edge=int(size["longest_edge"]),
            tile_edge=int(edge),
            tokens_per_tile=int(processor.get("image_seq_len") or 169),
            is_cut=bool(pictures.get("do_image_splitting", True)),
        )
        patches = int(edge) // int(config["vision_config"].get("patch_size", 32))
        features = patches**2 // int(config.get("scale_factor", 2)) ** 2
        if features != made.tokens_per_tile:
            raise unreadable_settings(
                f"writes {made.tokens_per_tile} tokens for a tile, of which the model makes "
                f"{features} features"
            )
        return made

    @property
    def controls(self) -> str:
        """The marks around tiles, and those that number them."""
        places = [(row, column) for row in range(_MAX_TILES) for column in range(_MAX_TILES)]
        return _AROUND + _WHOLE + self.filled + "".join(_place(*place) for place in places)

    def text_of(self, image: Image) -> str:
        """Return the tiles of a picture row by row, and at last the whole of it."""
        filled = self.filled * self.tokens_per_tile
        whole = f"{_AROUND}{_WHOLE}{filled}{_AROUND}"
        rows, columns = self.grid(image)
        if rows == 0:
            return whole
        lines = [
            "".join(f"{_AROUND}{_place(row, column)}{filled}" for column in range(columns)) + "\n"
            for row in range(rows)
        ]
        return "".join(lines) + "\n" + whole

    def grid(self, image: Image) -> tuple[int, int]:
        """Return into how many rows and columns a picture is cut; (0, 0) where it is not."""
        if not self.is_cut or is_coarse(image.detail):
            return 0, 0
        size = _below(_to_edge(_Size(image.height, image.width), self.longest_edge), _MAX_EDGE)
        height, width = _to_tiles(size, self.tile_edge)
        if height <= self.tile_edge and width <= self.tile_edge:
            return 0, 0
        return height // self.tile_edge, width // self.tile_edge


def _place(row: int, column: int) -> str:
    return f"<row_{row + 1}_col_{column + 1}>"


def _to_edge(size: _Size, edge: int) -> _Size:
    ratio = size.width / size.height
    if size.width >= size.height:
        height = int(edge / ratio)
        return _Size(max(height + height % 2, 1), edge)
    width = int(edge * ratio)
    return _Size(edge, max(width + width % 2, 1))


def _below(size: _Size, edge: int) -> _Size:
    height, width = size
    ratio = width / height
    if width >= height and width > edge:
        height, width = int(edge / ratio), edge
    elif height > width and height > edge:
        height, width = edge, int(edge * ratio)
    return _Size(max(height, 1), max(width, 1))


def _to_tiles(size: _Size, edge: int) -> _Size:
    ratio = size.width / size.height
    if size.width >= size.height:
        width = ceil(size.width / edge) * edge
        return _Size(ceil(int(width / ratio) / edge) * edge, width)
    height = ceil(size.height / edge) * edge
    return _Size(height, ceil(int(height * ratio) / edge) * edge)
