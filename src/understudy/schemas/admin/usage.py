"""What a project used over a time, as our own route below /v1/x/ shows it."""

from collections.abc import Sequence
from typing import Literal

from understudy.schemas.base import WireObject


class AnswerUsage(WireObject):
    """What was asked of one model on one day, by one key or by what has none."""

    date: str
    """A day in UTC, such as `2026-12-01`."""
    source: Literal["api", "batches", "evals"]
    api_key_id: str | None
    """The key of requests to the API; batches and evals have none."""
    api_key_name: str | None
    """Unknown for a key that was revoked."""
    model: str
    requests: int
    prompt_tokens: int
    completion_tokens: int


class TrainingUsage(WireObject):
    """The jobs over one base that ended on one day, by the key that created them."""

    date: str
    api_key_id: str | None
    api_key_name: str | None
    model: str
    """The base that the jobs began with."""
    jobs: int
    succeeded: int
    trained_tokens: int


class UsageObject(WireObject):
    """What a project used from one day to another, both included."""

    object: Literal["x.usage"] = "x.usage"
    start_date: str
    end_date: str
    answers: Sequence[AnswerUsage]
    training: Sequence[TrainingUsage]
