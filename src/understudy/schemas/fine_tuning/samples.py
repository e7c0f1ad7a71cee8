"""Answers of a job's validations, as our own route below /v1/x/ shows them."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from understudy.schemas.base import WireObject


class SampleObject(WireObject):
    """An answer to a held-out prompt, and its grades."""

    output_item_id: str
    """The item of the eval run that holds all of it."""
    messages: Sequence[Mapping[str, Any]]
    """The prompt."""
    answer: str
    tool_calls: Sequence[Mapping[str, Any]]
    finish_reason: str
    item: Mapping[str, Any]
    """What the line holds for graders."""
    reward: float | None
    """None where the grader erred."""
    shadow_reward: float | None
    """By `shadow_grader`; None without one."""
    problem: str | None
    """What went wrong in the grading."""


class JobSamplesObject(WireObject):
    """Some answers of one validation, three of each kind; none before the first validation."""

    object: Literal["x.fine_tuning.job.samples"] = "x.fine_tuning.job.samples"
    job_id: str
    eval_id: str | None
    run_id: str | None
    """The run of the eval that holds all answers."""
    steps: Sequence[int]
    """After which there were validations."""
    step: int | None
    best: Sequence[SampleObject]
    worst: Sequence[SampleObject]
    random: Sequence[SampleObject]
    """Answers to the same prompts at every validation."""
