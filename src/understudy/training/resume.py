"""The state that lets a killed run go on from its last checkpoint as if nothing had happened."""

import json
from dataclasses import dataclass
from pathlib import Path

from understudy.modeling.tensors import read_tensors, write_tensors
from understudy.training.optimizer import OptimizerState

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
    """Write a run's state beside its adapter."""
    write_tensors(directory / _TENSORS, state.optimizer.tensors)
    facts = {
        "step": state.step,
        "optimizer_steps": state.optimizer.steps,
        "start_loss": state.start_loss,
    }
    (directory / _FACTS).write_text(json.dumps(facts), encoding="utf-8")


def load_state(directory: Path) -> RunState:
    """Read what `save_state` wrote."""
    facts = json.loads((directory / _FACTS).read_text(encoding="utf-8"))
    tensors = read_tensors(directory / _TENSORS)
    return RunState(
        step=facts["step"],
        optimizer=OptimizerState(tensors, facts["optimizer_steps"]),
        start_loss=facts["start_loss"],
    )
