"""A process of its own that says whether a model's architecture is one that can be loaded."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedConfig, PreTrainedModel

from understudy.modeling.lora import count_lora_weights

_MAX_ANSWER = 300


def find_problem(directory: Path, lora_targets: Sequence[str] = ()) -> str | None:
    """Return why the model cannot be built or adapted in these layers, or None.

    Memory for its weights is never taken.
    """
    try:
        config: PreTrainedConfig = AutoConfig.from_pretrained(
            directory, local_files_only=True, trust_remote_code=False
        )
        with torch.device("meta"):
            model = _build(config)
        if lora_targets:
            count_lora_weights(model, rank=1, targets=lora_targets)
    # The outer edge of this process: whatever the model's files made the libraries raise, its
    # words are this process's answer.
    except Exception as error:  # noqa: BLE001
        return " ".join(str(error).split())[:_MAX_ANSWER]
    return None


def _build(config: PreTrainedConfig) -> PreTrainedModel:
    try:
        return AutoModelForCausalLM.from_config(
            config, attn_implementation="sdpa", trust_remote_code=False
        )
    except ValueError:
        # Some architectures have their own attention only, and say so with this error.
        return AutoModelForCausalLM.from_config(
            config, attn_implementation="eager", trust_remote_code=False
        )


def main() -> None:
    """Print `{"problem": text or null}` for the directory and the layers on the command line."""
    sys.stdout.write(json.dumps({"problem": find_problem(Path(sys.argv[1]), sys.argv[2:])}) + "\n")


if __name__ == "__main__":
    main()
