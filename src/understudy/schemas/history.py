"""Our own objects below /v1/x/history: records of an account elsewhere, kept as they were there."""

from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from understudy.schemas.base import StoredText, StrictRequest, WireObject
from understudy.schemas.lists import HasId


class HistoryKind(StrEnum):
    """What a record is of."""

    FILES = "files"
    JOBS = "jobs"
    MODELS = "models"
    BATCHES = "batches"
    COMPLETIONS = "completions"


class PutHistory(StrictRequest):
    """A record as it was elsewhere."""

    source: StoredText = Field(min_length=1, max_length=500)
    """The API that it came from, such as https://api.openai.com/v1."""
    object: dict[str, Any]
    """The object as that API gave it."""
    parts: dict[str, Any] = Field(default_factory=dict)
    """What belongs to it: a job's events and checkpoints."""
    file_ids: dict[StoredText, StoredText] = Field(default_factory=dict)
    """IDs of files there → IDs of their copies here."""


class HistoryRecord(HasId):
    """A record of an account elsewhere: kept to be read, and never worked on."""

    record: Literal["x.history"] = "x.history"
    kind: HistoryKind
    source: str
    imported_at: int
    object: dict[str, Any]
    parts: dict[str, Any]
    file_ids: dict[str, str]


class HistoryDeleted(WireObject):
    """The answer to a deletion."""

    id: str
    record: Literal["x.history"] = "x.history"
    deleted: Literal[True] = True
