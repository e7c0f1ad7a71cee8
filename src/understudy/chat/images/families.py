"""Which families of models read images here, and how the images of one directory's model look."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from understudy.chat.images.fixed import FixedImages
from understudy.chat.images.grids import GridImages
from understudy.chat.images.image_tokens import ImageTokens
from understudy.chat.images.thumbnails import ThumbnailedImages
from understudy.chat.images.tiles import TiledImages
from understudy.errors import InvalidRequestError

_Reader = Callable[[Mapping[str, Any], Mapping[str, Any]], ImageTokens]

IMAGE_FAMILIES: Mapping[str, _Reader] = MappingProxyType(
    {
        "idefics3": TiledImages.read,
        "smolvlm": TiledImages.read,
        "gemma3": FixedImages.read,
        "qwen2_5_vl": GridImages.read,
        "qwen3_vl": GridImages.read,
        "lfm2_vl": ThumbnailedImages.read,
    }
)
"""By `model_type` of a configuration, how the images of such a model are read."""


def image_tokens_of(directory: Path) -> ImageTokens | None:
    """Read how the model in a transformers directory sees images; None where it sees none.

    Raises InvalidRequestError for settings of its processor that are not known here.
    """
    config = _read(directory / "config.json")
    read = IMAGE_FAMILIES.get(str(config.get("model_type")))
    if read is None or "vision_config" not in config:
        return None
    processor = _read(directory / "processor_config.json")
    if "image_processor" not in processor:
        processor = {**processor, "image_processor": _read(directory / "preprocessor_config.json")}
    if not processor["image_processor"]:
        raise InvalidRequestError(
            f"{directory.name} has no preprocessor_config.json, so nobody knows how its model sees "
            "images; copy that file from the model's repository.",
            code="model_not_available",
            param="model",
        )
    return read(config, processor)


def _read(path: Path) -> Mapping[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
