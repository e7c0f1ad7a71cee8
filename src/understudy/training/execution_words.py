"""What makes a run slower than it could be, in words for the job's owner."""

from understudy.modeling.forward import Layout
from understudy.modeling.packing import Packing
from understudy.training.execution import Execution


def execution_in_words(execution: Execution, packing: Packing) -> str | None:
    """Say what makes a run slower than it could be, and why; None when nothing does."""
    parts: list[str] = []
    if execution.layout is Layout.PADDED:
        parts.append(
            f"Examples are padded instead of packed, because {packing.reason}: "
            "slower, and equally correct"
        )
    if execution.recomputes:
        parts.append(
            "Memory is short, so layers are computed again in the backward pass: "
            "slower, and equally correct"
        )
    return ". ".join(parts) or None
