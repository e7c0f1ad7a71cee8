"""Whether a base reads images, seen from its configuration alone."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

IMAGE_ARCHITECTURES: frozenset[str] = frozenset(
    {
        "Gemma3ForConditionalGeneration",
        "Idefics3ForConditionalGeneration",
        "Lfm2VlForConditionalGeneration",
        "Qwen2_5_VLForConditionalGeneration",
        "Qwen3VLForConditionalGeneration",
        "SmolVLMForConditionalGeneration",
    }
)
"""Architectures, as `config.json` names them, whose images this platform can train and serve."""


def reads_images(directory: Path) -> bool:
    """Say whether the model in a transformers directory is one whose images can be used here.

    A directory whose files are away for now reads none.
    """
    try:
        config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if not isinstance(config, dict):
        return False
    written = cast("Mapping[str, Any]", config)
    named = written.get("architectures")
    architectures = cast("list[Any]", named) if isinstance(named, list) else []
    return "vision_config" in written and any(
        isinstance(name, str) and name in IMAGE_ARCHITECTURES for name in architectures
    )
