"""A process of its own that says whether a model's architecture is one that can be loaded."""

import json
import sys
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedConfig, PreTrainedModel

_LONGEST_ANSWER = 300


def find_problem(directory: Path) -> str | None:
    """Return why the model cannot be built, or None; memory for its weights is never taken."""
    try:
        config: PreTrainedConfig = AutoConfig.from_pretrained(
            directory, local_files_only=True, trust_remote_code=False
        )
        with torch.device("meta"):
            _build(config)
    # The outer edge of this process: whatever the model's files made the libraries raise, its
    # words are this process's answer.
    except Exception as error:  # noqa: BLE001
        return " ".join(str(error).split())[:_LONGEST_ANSWER]
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
    """Print `{"problem": text or null}` for the directory named on the command line."""
    sys.stdout.write(json.dumps({"problem": find_problem(Path(sys.argv[1]))}) + "\n")


if __name__ == "__main__":
    main()
