"""From which model a job learns probabilities, and how."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class TeachingWay(StrEnum):
    """On which texts the student is compared with its teacher."""

    PROBABILITIES = "probabilities"
    """On the answers of the training file: forward Kullback-Leibler divergence."""
    ON_POLICY = "on_policy"
    """On what the student itself answers: reverse Kullback-Leibler divergence."""


@dataclass(frozen=True, kw_only=True)
class Teaching:
    """A teacher with weights on this server, and how its probabilities are learned."""

    way: TeachingWay
    teacher: str
    """The name users see."""
    base: str
    """The base that it is or comes from, as the catalogue names it."""
    directory: Path
    """A base, or a whole tuned model."""
    adapter: Path | None
    """A tuned model of this base, if that is the teacher."""
    instructions: str | None
    """A system prompt that the teacher reads before each conversation, and the student never."""
    temperature: float = 1.0
    """What the logits of both are divided by; above 0. Only of answers."""
    top_k: int = 20
    """Tokens whose probabilities are kept one by one; the rest is one bucket. Only of answers."""
    mix: float = 0.0
    """The share of the answers' cross-entropy in the loss, from 0 to 1. Only of answers."""
    max_tokens: int = 256
    """The longest answer that is sampled. Only of the student's own."""


def teaching_to_json(teaching: Teaching) -> dict[str, Any]:
    """Return what a row keeps."""
    return {
        "way": teaching.way.value,
        "teacher": teaching.teacher,
        "base": teaching.base,
        "directory": str(teaching.directory),
        "adapter": None if teaching.adapter is None else str(teaching.adapter),
        "instructions": teaching.instructions,
        "temperature": teaching.temperature,
        "top_k": teaching.top_k,
        "mix": teaching.mix,
        "max_tokens": teaching.max_tokens,
    }


def teaching_from_json(kept: Mapping[str, Any]) -> Teaching:
    """Read what `teaching_to_json` returned."""
    values: dict[str, Any] = {
        **kept,
        "way": TeachingWay(kept["way"]),
        "directory": Path(kept["directory"]),
        "adapter": None if kept["adapter"] is None else Path(kept["adapter"]),
    }
    return Teaching(**values)
