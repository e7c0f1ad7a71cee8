"""Pictures to the patches that LFM2-VL reads, whose own image processor needs torchvision.

C channels, H height and W width in pixels, T parts of a picture, N patches of the longest part,
F numbers of a patch.
"""

from collections.abc import Mapping

import numpy as np
import torch
from PIL.Image import Image as Picture
from torch import Tensor
from torch.nn import functional

from understudy.chat.images.thumbnails import ThumbnailedImages
from understudy.chat.messages import Image, ImageDetail


class TilePixels:
    """Cuts pictures as `ThumbnailedImages` counts their tokens.

    The numbers are those of transformers' `Lfm2VlImageProcessor`, bit for bit: torchvision resizes
    with the same function of torch.
    """

    def __init__(self, images: ThumbnailedImages) -> None:
        """`images` are the settings of the model's processor."""
        self._images = images
        per_value = 1.0 / images.scale
        self._mean_C11 = (torch.tensor(images.mean) * per_value).view(-1, 1, 1)
        self._deviation_C11 = (torch.tensor(images.deviation) * per_value).view(-1, 1, 1)

    def read(self, picture: Picture, detail: ImageDetail) -> Mapping[str, Tensor]:
        """Return the patches of each part, which of them are there, and how they lie."""
        parts = self._parts(picture, detail)
        edge = self._images.patch
        pixels_TNF = torch.zeros(len(parts), self._images.max_patches, 3 * edge * edge)
        mask_TN = torch.zeros(pixels_TNF.shape[:2], dtype=torch.int32)
        for part, patches_NF, mask_N in zip(parts, pixels_TNF, mask_TN, strict=True):
            of_part = self._patches(part)
            patches_NF[: len(of_part)] = of_part
            mask_N[: len(of_part)] = 1
        shapes = [[part.shape[1] // edge, part.shape[2] // edge] for part in parts]
        return {
            "pixel_values": pixels_TNF,
            "pixel_attention_mask": mask_TN,
            "spatial_shapes": torch.tensor(shapes),
        }

    def _parts(self, picture: Picture, detail: ImageDetail) -> list[Tensor]:
        """Return the tiles of a picture row by row, and its whole last; each is [C, H, W]."""
        own = self._images
        cut = own.cut(Image(sha256="", width=picture.width, height=picture.height, detail=detail))
        bytes_CHW = torch.from_numpy(np.array(picture)).permute(2, 0, 1).contiguous()
        whole = self._resized(bytes_CHW, cut.height, cut.width)
        if not cut.is_tiled:
            return [whole]
        edge = own.tile_edge
        large = self._resized(bytes_CHW, cut.rows * edge, cut.columns * edge)
        tiles = [tile for row in large.split(edge, 1) for tile in row.split(edge, 2)]
        return [*tiles, whole] if own.has_thumbnail else tiles

    def _resized(self, bytes_CHW: Tensor, height: int, width: int) -> Tensor:
        if bytes_CHW.shape[1:] == (height, width):
            return bytes_CHW
        return functional.interpolate(
            bytes_CHW[None],
            size=[height, width],
            mode=self._images.resampling,
            align_corners=False,
            antialias=True,
        )[0]

    def _patches(self, bytes_CHW: Tensor) -> Tensor:
        """Return normalized patches [N, F], whose channels come last."""
        edge = self._images.patch
        values_CHW = (bytes_CHW.float() - self._mean_C11) / self._deviation_C11
        rows = values_CHW.unflatten(2, (-1, edge)).unflatten(1, (-1, edge))
        return rows.permute(1, 3, 2, 4, 0).flatten(2).flatten(0, 1)
