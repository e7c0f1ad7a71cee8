"""The state that lets a killed run continue from its last checkpoint as if nothing had happened."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from understudy.modeling.checkpoints import MANIFEST, publish_directory
from understudy.modeling.tensors import read_tensors, write_tensors
from understudy.training.optimizer import OptimizerState

# Apart from the model: who loads a whole one may take every tensor file beside it for weights.
_STATE = "training_state"
_TENSORS = "optimizer.safetensors"
_FACTS = "training_state.json"


@dataclass(frozen=True, kw_only=True)
class RunState:
    """Everything but the weights and the data that the next step depends on."""

    step: int
    """The last step that is done."""
    optimizer: OptimizerState
    start_loss: float
    """Of the model before the first step; divergence is noticed by it."""


def save_state(directory: Path, state: RunState) -> None:
    """Write a run's state below the directory of its model."""

    def write(into: Path) -> None:
        write_tensors(into / _TENSORS, state.optimizer.tensors)
        facts = {
            "step": state.step,
            "optimizer_steps": state.optimizer.steps,
            "start_loss": state.start_loss,
        }
        (into / _FACTS).write_text(json.dumps(facts), encoding="utf-8")

    publish_directory(directory / _STATE, write)


def load_state(directory: Path) -> RunState:
    """Read what `save_state` wrote."""
    state = directory / _STATE
    facts = json.loads((state / _FACTS).read_text(encoding="utf-8"))
    tensors = read_tensors(state / _TENSORS)
    return RunState(
        step=facts["step"],
        optimizer=OptimizerState(tensors, facts["optimizer_steps"]),
        start_loss=facts["start_loss"],
    )


def has_state(directory: Path) -> bool:
    """Say whether a run can continue from a model's directory."""
    return (directory / _STATE / MANIFEST).is_file()


def drop_state(directory: Path) -> None:
    """Remove a run's state and keep its model: it is several times as large and not served."""
    # Without its manifest it is no state any more, however far the rest gets.
    (directory / _STATE / MANIFEST).unlink(missing_ok=True)
    shutil.rmtree(directory / _STATE, ignore_errors=True)
