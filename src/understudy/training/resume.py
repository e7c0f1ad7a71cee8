"""The state that lets a killed run go on from its last checkpoint as if nothing had happened."""

import json
from pathlib import Path

from understudy.modeling.tensors import read_tensors, write_tensors
from understudy.training.optimizer import OptimizerState

_TENSORS = "optimizer.safetensors"
_FACTS = "training_state.json"


def save_state(directory: Path, optimizer: OptimizerState, *, step: int) -> None:
    """Write the optimizer and the step beside an adapter."""
    write_tensors(directory / _TENSORS, optimizer.tensors)
    facts = {"step": step, "optimizer_steps": optimizer.steps}
    (directory / _FACTS).write_text(json.dumps(facts), encoding="utf-8")


def load_state(directory: Path) -> tuple[OptimizerState, int]:
    """Read what `save_state` wrote: the optimizer and the step it had reached."""
    facts = json.loads((directory / _FACTS).read_text(encoding="utf-8"))
    tensors = read_tensors(directory / _TENSORS)
    return OptimizerState(tensors, facts["optimizer_steps"]), facts["step"]
