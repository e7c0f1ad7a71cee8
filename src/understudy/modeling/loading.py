"""Base models from transformers directories: safetensors only, never code from the directory."""

import json
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch
from transformers import AutoModelForCausalLM, AutoModelForImageTextToText, PreTrainedModel

from understudy.chat.images.families import IMAGE_FAMILIES
from understudy.errors import InvalidRequestError
from understudy.modeling.attention import PACKED_ATTENTION
from understudy.modeling.precision import compute_device
from understudy.modeling.vision.language import attend_with
from understudy.registry.safe_settings import asks_for_code

# transformers takes the tying of weights out of its classes while it loads and puts it back after:
# of two loads at once the second would put nothing back, and shared weights would be made up.
ONE_LOAD_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class LoadedBase:
    """A causal language model in memory and the facts the rest needs of it."""

    directory: Path
    model: PreTrainedModel
    dtype: torch.dtype
    own_attention: str = "sdpa"
    """Name of the attention that transformers computes the model with."""

    @property
    def hidden_size(self) -> int:
        """Width of the residual stream."""
        return int(self.model.config.get_text_config().hidden_size)

    @property
    def family(self) -> str:
        """The architecture, as the configuration names it."""
        return str(self.model.config.get_text_config().model_type)

    @property
    def parameter_count(self) -> int:
        """Number of parameters, tied ones counted once."""
        return sum(parameter.numel() for parameter in self.model.parameters())


def load_base(
    directory: Path,
    dtype: torch.dtype,
    *,
    attention: str = PACKED_ATTENTION,
) -> LoadedBase:
    """Load a base model with its weights in `dtype`, frozen, where this machine computes.

    Raises InvalidRequestError when the directory is not one that may be loaded.
    """
    check_directory(directory)
    is_seeing = sees_images(directory)
    kind = AutoModelForImageTextToText if is_seeing else AutoModelForCausalLM
    with ONE_LOAD_AT_A_TIME:
        loaded: Any = kind.from_pretrained(
            directory,
            dtype=dtype,
            # Our own ways to attend are for texts: the tower of a model keeps the usual one.
            attn_implementation="sdpa" if is_seeing and attention != "eager" else attention,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
        )
    # With its loading info asked for, the call returns a pair that its annotation does not know.
    model, report = cast(tuple[PreTrainedModel, Mapping[str, Collection[object]]], loaded)
    _refuse_gaps(directory, report)
    if is_seeing:
        attend_with(model, attention)
    model.requires_grad_(False)
    model.eval()
    model.to(compute_device())  # pyright: ignore[reportArgumentType]  # its stub asks for less
    return LoadedBase(directory=directory, model=model, dtype=dtype)


def load_with_own_attention(directory: Path, dtype: torch.dtype) -> LoadedBase:
    """Load a base model with the fastest attention that transformers has for it.

    Raises InvalidRequestError as `load_base` does, and ValueError for what cannot be built.
    """
    try:
        return replace(load_base(directory, dtype, attention="sdpa"), own_attention="sdpa")
    except ValueError:
        # Some architectures have their own attention only, and say so with this error.
        return replace(load_base(directory, dtype, attention="eager"), own_attention="eager")


def _refuse_gaps(directory: Path, report: Mapping[str, Collection[object]]) -> None:
    # transformers fills weights that the files lack with random numbers and only warns.
    absent = [*report["missing_keys"], *report["mismatched_keys"]]
    if absent:
        raise InvalidRequestError(
            f"The weight files of {directory.name} do not fit its config.json: {len(absent)} "
            f"weights are missing or of another shape, {absent[0]} for one."
        )


def sees_images(directory: Path) -> bool:
    """Whether the model in a directory is one whose images are read here."""
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    return config.get("model_type") in IMAGE_FAMILIES and "vision_config" in config


def check_directory(directory: Path) -> None:
    """Refuse directories that are incomplete, carry pickled weights only, or ask to run code."""
    config = directory / "config.json"
    if not config.is_file():
        raise InvalidRequestError(f"{directory.name} is not a model directory: no config.json.")
    asking = asks_for_code(json.loads(config.read_text(encoding="utf-8")))
    if asking is not None:
        raise InvalidRequestError(
            f"{directory.name} asks to run its own code ({asking} in config.json), which is never "
            "done here; use a model whose architecture is part of transformers."
        )
    if not any(directory.glob("*.safetensors")):
        raise InvalidRequestError(
            f"{directory.name} has no .safetensors weights; convert them first, because pickled "
            "weights can run code when they are opened."
        )
