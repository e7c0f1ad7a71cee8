"""Our own objects below /v1/x/: preference pairs out of graded runs."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from understudy.schemas.base import StoredText, StrictRequest, WireObject


class MakePairs(StrictRequest):
    """Which answers make pairs: the best one to each prompt against the worst."""

    runs: Annotated[list[StoredText], Field(min_length=1, max_length=20)]
    """Eval runs that have ended. Answers of all of them to one prompt compete."""
    criterion: StoredText | None = None
    """The criterion whose scores decide; may be left out where a run has only one."""
    min_difference: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """By how much the scores of a pair differ at least; those that are equal make no pair."""
    filename: Annotated[StoredText, StringConstraints(min_length=1, max_length=200)] = "pairs.jsonl"


class SamplePair(WireObject):
    """One pair, with who answered and how good the answers were found."""

    input: Sequence[Mapping[str, Any]]
    preferred: str
    non_preferred: str
    preferred_score: float
    non_preferred_score: float
    preferred_model: str
    non_preferred_model: str


class PreferencePairs(WireObject):
    """The pairs that runs make, and the file with them once it is made."""

    object: Literal["x.preference_pairs"] = "x.preference_pairs"
    file_id: str | None
    """Null in a preview."""
    pairs: int
    prompts: int
    single_answer: int
    """Prompts with one answer only."""
    too_close: int
    """Prompts whose answers are graded alike, or differ by less than `min_difference`."""
    left_out: Mapping[str, int]
    """Answers that take no part, by the reason."""
    preferred_longer: int
    """Pairs whose preferred answer is the longer one."""
    samples: Sequence[SamplePair]
