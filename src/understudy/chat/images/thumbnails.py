"""Images of LFM2-VL: about as large as they are, or cut into tiles with a small copy beside them.

Source: transformers' `Lfm2VlImageProcessor` and `Lfm2VlProcessor`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt
from typing import Any, Literal, NamedTuple, Self

from understudy.chat.images.image_tokens import is_coarse, unreadable_settings
from understudy.chat.messages import Image
from understudy.errors import InvalidRequestError

_START, _END, _SMALL = "<|image_start|>", "<|image_end|>", "<|img_thumbnail|>"
_ROOMY = 0.5
"""A picture fills this share of a grid before it prefers the grid to a smaller one of its shape."""


_PROCESSOR = "Lfm2VlImageProcessor"
# Pillow's numbers, as the files have them.
_BILINEAR, _BICUBIC = 2, 3


class ImageCut(NamedTuple):
    """Into what a picture is cut, and how large its whole is; one tile is the whole alone."""

    rows: int
    columns: int
    height: int
    width: int

    @property
    def is_tiled(self) -> bool:
        """Whether the picture is cut at all."""
        return self.rows * self.columns > 1


@dataclass(frozen=True, kw_only=True)
class ThumbnailedImages:
    """A picture keeps its shape up to some size; a larger one is cut into tiles of one size."""

    patch: int
    merged: int
    """So many patches in a row, and as many rows of them, become one token."""
    tile_edge: int
    min_tiles: int
    max_tiles: int
    min_tokens: int
    max_tokens: int
    """Of a picture that is not cut."""
    tolerance: float
    """So many times the pixels of `max_tokens` a picture may have before it is cut."""
    is_cut: bool
    """Whether pictures are cut at all."""
    has_thumbnail: bool
    """Whether the whole follows its tiles."""
    has_marks: bool
    """Whether the parts of a picture are marked as such."""
    resampling: Literal["bilinear", "bicubic"]
    mean: tuple[float, ...]
    """For each channel, of values that were multiplied by `scale`."""
    deviation: tuple[float, ...]
    scale: float

    mark = "<image>"
    filled = "<image>"

    @classmethod
    def read(cls, config: Mapping[str, Any], processor: Mapping[str, Any]) -> Self:
        """Read the settings; raises InvalidRequestError where they are not those of the model."""
        pictures: Mapping[str, Any] = processor["image_processor"]
        kind = str(pictures.get("image_processor_type", _PROCESSOR))
        if not kind.startswith(_PROCESSOR):
            raise unreadable_settings(f"is a {kind} and no {_PROCESSOR}")
        if not (pictures.get("do_rescale", True) and pictures.get("do_normalize", True)):
            raise unreadable_settings("does not normalize pixels")
        if pictures.get("resample", _BILINEAR) not in (_BILINEAR, _BICUBIC):
            raise unreadable_settings("resizes pictures neither bilinearly nor bicubically")
        made = cls(
            patch=int(pictures.get("encoder_patch_size", 16)),
            merged=int(pictures.get("downsample_factor", 2)),
            tile_edge=int(pictures.get("tile_size", 512)),
            min_tiles=int(pictures.get("min_tiles", 2)),
            max_tiles=int(pictures.get("max_tiles", 10)),
            min_tokens=int(pictures.get("min_image_tokens", 64)),
            max_tokens=int(pictures.get("max_image_tokens", 256)),
            tolerance=float(pictures.get("max_pixels_tolerance", 2.0)),
            is_cut=bool(pictures.get("do_image_splitting", True)),
            has_thumbnail=bool(pictures.get("use_thumbnail", True)),
            has_marks=bool(processor.get("use_image_special_tokens", True)),
            resampling="bicubic" if pictures.get("resample") == _BICUBIC else "bilinear",
            mean=_of_channels(pictures.get("image_mean", 0.5)),
            deviation=_of_channels(pictures.get("image_std", 0.5)),
            scale=float(pictures.get("rescale_factor", 1 / 255)),
        )
        of_model = (
            int(config["vision_config"].get("patch_size", 16)),
            int(config.get("downsample_factor", 2)),
        )
        if of_model != (made.patch, made.merged):
            raise unreadable_settings(
                f"makes patches of {made.patch} pixels, {made.merged} of them merged, and the "
                f"model reads {of_model[0]} and {of_model[1]}"
            )
        if made.tile_edge % made._unit:
            raise unreadable_settings(f"cuts tiles of {made.tile_edge} pixels into partial tokens")
        if not 1 <= made.min_tiles <= made.max_tiles:
            raise unreadable_settings(f"asks for {made.min_tiles} to {made.max_tiles} tiles")
        return made

    @property
    def controls(self) -> str:
        """The marks around images, those that number tiles, and that of the small copy."""
        many = range(self.max_tiles)
        places = [_place(row, column) for row in many for column in many]
        return _START + self.filled + _END + _SMALL + "".join(places)

    def text_of(self, image: Image) -> str:
        """Return the tiles of a picture row by row, and at last the whole of it."""
        cut = self.cut(image)
        whole = self.filled * (cut.height * cut.width // self._unit**2)
        if not cut.is_tiled:
            return self._marked(_START) + whole + self._marked(_END)
        tile = self.filled * (self.tile_edge // self._unit) ** 2
        parts = [
            self._marked(_place(row, column)) + tile
            for row in range(cut.rows)
            for column in range(cut.columns)
        ]
        if self.has_thumbnail:
            parts.append(self._marked(_SMALL) + whole)
        return self._marked(_START) + "".join(parts) + self._marked(_END)

    def cut(self, image: Image) -> ImageCut:
        """Return into what a picture is cut; raises InvalidRequestError for one that is a line."""
        height, width = self._whole(image)
        if not self.is_cut or is_coarse(image.detail) or not self._is_large(image):
            return ImageCut(1, 1, height, width)
        rows, columns = self._grid(image)
        return ImageCut(rows, columns, height, width)

    @property
    def max_patches(self) -> int:
        """As many patches as any part of a picture may have."""
        of_tile = (self.tile_edge // self.patch) ** 2 if self.is_cut else 0
        return max(self.max_tokens * self.merged**2, of_tile)

    @property
    def _unit(self) -> int:
        """Pixels of the side of the square that becomes one token."""
        return self.patch * self.merged

    def _whole(self, image: Image) -> tuple[int, int]:
        """Return height and width of a picture that is not cut, in whole tokens.

        Raises InvalidRequestError for one that is a line.
        """
        unit, pixels = self._unit, image.height * image.width
        height, width = (max(unit, _rounded(side, unit)) for side in (image.height, image.width))
        least, most = self.min_tokens * unit**2, self.max_tokens * unit**2
        if height * width > most:
            scale = sqrt(pixels / most)
            height, width = (
                max(unit, floor(side / scale / unit) * unit) for side in (image.height, image.width)
            )
            if height * width > most:
                raise InvalidRequestError(
                    f"The image of {image.width} x {image.height} pixels is too long for this "
                    f"model, which reads {self.max_tokens} tokens of a picture; cut it into parts.",
                    param="messages",
                )
        elif height * width < least:
            scale = sqrt(least / pixels)
            height, width = (
                ceil(side * scale / unit) * unit for side in (image.height, image.width)
            )
        return height, width

    def _is_large(self, image: Image) -> bool:
        height, width = (
            max(self.patch, _rounded(side, self._unit)) for side in (image.height, image.width)
        )
        return height * width > self.max_tokens * self._unit**2 * self.tolerance

    def _grid(self, image: Image) -> tuple[int, int]:
        """Return the rows and columns that are nearest in shape to a picture."""
        shape, pixels = image.width / image.height, image.width * image.height
        best, least = (1, 1), float("inf")
        for columns, rows in self._grids():
            difference = abs(shape - columns / rows)
            is_filled = pixels > _ROOMY * self.tile_edge**2 * columns * rows
            if difference < least or (difference == least and is_filled):
                best, least = (rows, columns), difference
        return best

    def _grids(self) -> list[tuple[int, int]]:
        """Return columns and rows of every grid of as many tiles as are allowed."""
        # In the order of transformers, which sorts a set: of grids that are as near as each
        # other, the last one wins.
        grids = {
            (columns, rows)
            for longest in range(self.min_tiles, self.max_tiles + 1)
            for columns in range(1, longest + 1)
            for rows in range(1, longest + 1)
            if self.min_tiles <= columns * rows <= self.max_tiles
        }
        return sorted(grids, key=lambda grid: grid[0] * grid[1])

    def _marked(self, mark: str) -> str:
        return mark if self.has_marks else ""


def _rounded(side: int, unit: int) -> int:
    return round(side / unit) * unit


def _place(row: int, column: int) -> str:
    return f"<|img_row_{row + 1}_col_{column + 1}|>"


def _of_channels(value: float | Sequence[float]) -> tuple[float, ...]:
    return (value,) * 3 if isinstance(value, int | float) else tuple(value)
