"""Inspects a model directory and refuses what may not be loaded."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from understudy.chat.messages import Message, Role, Tool
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.errors import UnderstudyError
from understudy.registry.safe_settings import asks_for_code, impossible_size
from understudy.registry.weight_header import WeightHeaderError, count_elements
from understudy.wording import worded

_CONFIG_FILES = ("config.json", "tokenizer_config.json", "generation_config.json")


class ModelDirectoryError(UnderstudyError):
    """The directory is not one that may be registered; the text says why."""


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """Facts about a model, printed when it is added."""

    architecture: str
    parameter_count: int
    weight_bytes: int
    context_length: int


def inspect_model_directory(directory: Path, renderer: ChatRenderer | None = None) -> ModelFacts:
    """Check a transformers directory without loading weights or running anything from it.

    `renderer` is that of a chat template which the base is to have instead of its own.

    Raises ModelDirectoryError for a directory that is incomplete, damaged, holds only pickled
    weights, or asks to run its own code.
    """
    if not directory.is_dir():
        raise ModelDirectoryError(
            worded(
                "bases.not_directory",
                "{directory} is not a directory.",
                directory=directory,
            )
        )
    config = _refuse_own_code(directory)
    architectures = config.get("architectures")
    if not _is_list(architectures) or not architectures:
        raise ModelDirectoryError(
            worded(
                "bases.names_no_architecture",
                "{directory} names no architecture.",
                directory=directory / "config.json",
            )
        )
    weights = weight_files(directory)
    parameter_count = sum(count_parameters(path) for path in weights)
    renderer = renderer or _renderer(directory)
    return ModelFacts(
        architecture=str(architectures[0]),
        parameter_count=parameter_count,
        weight_bytes=sum(path.stat().st_size for path in weights),
        context_length=renderer.context_length,
    )


def _refuse_own_code(directory: Path) -> dict[str, Any]:
    """Return config.json after making sure that no file asks for remote code."""
    if not (directory / "config.json").is_file():
        raise ModelDirectoryError(
            worded(
                "bases.not_model_directory_no",
                "{directory} is not a model directory: it has no config.json.",
                directory=directory,
            )
        )
    for name in _CONFIG_FILES:
        path = directory / name
        asking = asks_for_code(_json_object(path)) if path.is_file() else None
        if asking is not None:
            raise ModelDirectoryError(
                worded(
                    "bases.asks_run_model_own",
                    "{path} asks to run the model's own code ({asking}), which is "
                    "not allowed; use a model whose architecture is part of "
                    "transformers.",
                    path=path,
                    asking=asking,
                )
            )
    if (directory / "adapter_config.json").exists():
        # transformers would load the base that it names, from wherever that is.
        raise ModelDirectoryError(
            f"{directory} has an adapter_config.json: it is an adapter and no whole model; merge "
            "it into its base first."
        )
    config = _json_object(directory / "config.json")
    if (wrong := impossible_size(config)) is not None:
        raise ModelDirectoryError(f"{directory / 'config.json'} fits no model: {wrong}.")
    return config


def weight_files(directory: Path) -> list[Path]:
    """Return the files of a model's weights; raises ModelDirectoryError where one lacks."""
    index = directory / "model.safetensors.index.json"
    if index.is_file():
        weight_map = _json_object(index).get("weight_map")
        if not _is_object(weight_map):
            raise ModelDirectoryError(
                worded(
                    "bases.no_weight_map",
                    "{index} has no weight_map.",
                    index=index,
                )
            )
        names = sorted({str(name) for name in weight_map.values()})
        # A name such as ../x would reach out of the directory.
        missing = [n for n in names if Path(n).name != n or not (directory / n).is_file()]
        if missing:
            raise ModelDirectoryError(
                worded(
                    "bases.lacks_which_listed_index",
                    "{directory} lacks {missing}, which is listed in its index.",
                    directory=directory,
                    missing=missing[0],
                )
            )
        return [directory / name for name in names]
    found = sorted(directory.glob("*.safetensors"))
    if not found:
        raise ModelDirectoryError(
            worded(
                "bases.no_safetensors_weights_other",
                "{directory} has no .safetensors weights. Other formats are refused, "
                "because loading pickled weights can run code; convert the model "
                "with transformers' save_pretrained.",
                directory=directory,
            )
        )
    return found


def count_parameters(path: Path) -> int:
    """Count the elements a safetensors file declares, and check that all its bytes are there.

    Raises ModelDirectoryError for a damaged one.
    """
    try:
        return count_elements(path)
    except WeightHeaderError as error:
        raise ModelDirectoryError(f"{path} {error}.") from error


def _renderer(directory: Path) -> ChatRenderer:
    if not (directory / "tokenizer.json").is_file():
        raise ModelDirectoryError(
            worded(
                "bases.no_tokenizer_json_load",
                "{directory} has no tokenizer.json. Load its tokenizer with "
                "transformers and save it with save_pretrained to create one.",
                directory=directory,
            )
        )
    _json_object(directory / "tokenizer.json")
    try:
        renderer = ChatRenderer.from_directory(directory)
        prompt = Message(role=Role.USER, content="Hello")
        tools = [Tool(name="f", parameters={"type": "object", "properties": {}})]
        renderer.prompt_ids([prompt], tools if renderer.has_tool_calls else ())
    except UnderstudyError as error:
        raise ModelDirectoryError(error.message) from error
    if not renderer.stop_ids:
        raise ModelDirectoryError(
            worded(
                "bases.names_no_end_turn",
                "{directory} names no end-of-turn token (eos_token), so its "
                "completions would never end.",
                directory=directory,
            )
        )
    return renderer


def _json_object(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise ModelDirectoryError(
            worded(
                "bases.cannot_read_json",
                "{path} cannot be read as JSON: {error}.",
                path=path,
                error=str(error),
            )
        ) from error
    if not _is_object(value):
        raise ModelDirectoryError(
            worded(
                "bases.not_json_object",
                "{path} is not a JSON object.",
                path=path,
            )
        )
    return value


def _is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)
