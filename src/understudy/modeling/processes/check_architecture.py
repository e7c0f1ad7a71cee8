"""A process of its own that says whether a model's architecture can be loaded and adapted."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    PreTrainedConfig,
    PreTrainedModel,
)

from understudy.chat.images.families import IMAGE_FAMILIES
from understudy.modeling.lora import has_lora_layers
from understudy.modeling.lora_reach import left_out_in_words

_MAX_ANSWER = 300


class Findings(NamedTuple):
    """What there is to say of an architecture."""

    problem: str | None
    """Why the model cannot be built or adapted in these layers."""
    left_out: str | None = None
    """Which large weights LoRA would not train, as a sentence."""


def examine(directory: Path, lora_targets: Sequence[str] = ()) -> Findings:
    """Build the model without its weights and say what is wrong with it, if anything is."""
    try:
        config: PreTrainedConfig = AutoConfig.from_pretrained(
            directory, local_files_only=True, trust_remote_code=False
        )
        with torch.device("meta"):
            model = _build(config)
        # A model that no adapter fits may still be served, or trained whole.
        can_adapt = bool(lora_targets) or has_lora_layers(model)
        left_out = left_out_in_words(model, lora_targets) if can_adapt else None
        return Findings(problem=None, left_out=left_out)
    # The outer edge of this process: whatever the model's files made the libraries raise, its
    # words are this process's answer.
    except Exception as error:  # noqa: BLE001
        return Findings(problem=" ".join(str(error).split())[:_MAX_ANSWER])


def _build(config: PreTrainedConfig) -> PreTrainedModel:
    is_seeing = config.model_type in IMAGE_FAMILIES
    kind = AutoModelForImageTextToText if is_seeing else AutoModelForCausalLM
    try:
        return kind.from_config(config, attn_implementation="sdpa", trust_remote_code=False)
    except ValueError:
        # Some architectures have their own attention only, and say so with this error.
        return kind.from_config(config, attn_implementation="eager", trust_remote_code=False)


def main() -> None:
    """Print the findings as JSON for the directory and the layers on the command line."""
    findings = examine(Path(sys.argv[1]), sys.argv[2:])
    sys.stdout.write(json.dumps(findings._asdict()) + "\n")


if __name__ == "__main__":
    main()
