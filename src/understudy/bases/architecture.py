"""Checks in a separate process, which loads torch, whether a model can be built."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from understudy.bases.directory import ModelDirectoryError
from understudy.wording import worded

_TIMEOUT_SECONDS = 300.0


def check_architecture(directory: Path, lora_targets: Sequence[str]) -> str | None:
    """Return which large weights LoRA would not train, as a sentence, or None.

    Raises ModelDirectoryError when the model cannot be built or lacks one of `lora_targets`.
    """
    module = "understudy.modeling.processes.check_architecture"
    command = (sys.executable, "-m", module, str(directory), *lora_targets)
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, timeout=_TIMEOUT_SECONDS, check=True
        )
        # Libraries may print to standard output; the result is the last line.
        found = json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired as error:
        raise ModelDirectoryError(
            worded(
                "bases.building_took_more_than",
                "Building {directory} took more than {timeout_seconds:.0f} seconds "
                "and was stopped.",
                directory=directory,
                timeout_seconds=_TIMEOUT_SECONDS,
            )
        ) from error
    except subprocess.CalledProcessError as error:
        last_line = error.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise ModelDirectoryError(
            worded(
                "bases.could_not_checked",
                "{directory} could not be checked: {names}",
                directory=directory,
                names="".join(last_line),
            )
        ) from error
    if found["problem"] is not None:
        raise ModelDirectoryError(
            worded(
                "bases.cannot_loaded",
                "{directory} cannot be loaded: {problem}",
                directory=directory,
                problem=found["problem"],
            )
        )
    return found["left_out"]
