"""Our own objects below /v1/x/models: a model's safety check, its releases, and its card."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from understudy.schemas.base import StoredText, StrictRequest, WireObject
from understudy.schemas.wording import WordingField

_MAX_REASON_CHARACTERS = 2000
_MAX_PROMPT_CHARACTERS = 8000


class ReleaseModel(StrictRequest):
    """Why a held model may answer."""

    reason: Annotated[
        StoredText,
        StringConstraints(min_length=1, max_length=_MAX_REASON_CHARACTERS, strip_whitespace=True),
    ]
    """Recorded with the name of the key and the time."""


class PutSystemPrompt(StrictRequest):
    """What is said before a conversation that has no instructions of its own."""

    system_prompt: (
        Annotated[
            StoredText,
            StringConstraints(
                min_length=1, max_length=_MAX_PROMPT_CHARACTERS, strip_whitespace=True
            ),
        ]
        | None
    )
    """Null says nothing."""


class ModelRelease(WireObject):
    """One release: who let a held model answer, when, and why."""

    id: str
    created_at: int
    key_id: str
    key_name: str
    reason: str
    held_because: str
    """Why the model was held then."""
    is_current: bool
    """Whether it belongs to the newest check; an earlier one counts no more."""


class ModelCheck(WireObject):
    """The safety check of a tuned model or checkpoint."""

    object: Literal["x.model.check"] = "x.model.check"
    model: str
    job_id: str
    status: Literal["not_checked", "queued", "completed", "failed"]
    created_at: int | None
    finished_at: int | None
    enforcement: Literal["none", "warn", "hold"]
    """What comes of a check that found something, as the operator has set it."""
    requires_screening: bool
    is_screened: bool
    """Whether a moderation model judged answers, in one category at least; false is not clean."""
    held_because: str | None
    """Null where the model may answer."""
    held_wording: WordingField = None
    may_release: bool
    """Whether the key of this request may release models."""
    result: dict[str, Any] | None
    """Null until the check is complete; what was not judged is null in it, never false."""
    error: str | None
    system_prompt: str | None
    """Said before a conversation that has no instructions of its own; the check heard it too."""
    releases: Sequence[ModelRelease]


class CardFileObject(WireObject):
    """A file that a model was trained or validated on, by its hash."""

    role: Literal["training", "validation"]
    file_id: str
    filename: str | None
    """Null once the file was deleted."""
    sha256: str


class CardTraining(WireObject):
    """How a model was trained, and by whom."""

    job_id: str
    step: int
    method: str
    hyperparameters: dict[str, Any]
    trained: dict[str, Any]
    """Adapter or all weights."""
    seed: int
    trained_tokens: int | None
    safety_mix: float | None
    """The share of shipped safe demonstrations among the trained examples."""
    teacher: str | None
    created_by: dict[str, str] | None
    """The key that created the job; null where that was not recorded."""
    files: Sequence[CardFileObject]


class CardCheck(WireObject):
    """What a model's safety check came to."""

    status: Literal["not_checked", "queued", "completed", "failed"]
    finished_at: int | None
    is_screened: bool
    found: str | None
    error: str | None
    results: Sequence[dict[str, Any]] | None


class CardReleaseObject(WireObject):
    """A release, as the card shows it."""

    created_at: int
    key_name: str
    reason: str
    held_because: str
    is_current: bool


class ModelCardObject(WireObject):
    """Where a tuned model comes from, what was checked, and what was not."""

    object: Literal["x.model.card"] = "x.model.card"
    model: str
    kind: Literal["final", "checkpoint"]
    created_at: int
    base: str
    started_from: str
    organization: str
    weights_manifest_sha256: str | None
    training: CardTraining
    system_prompt: str | None
    check: CardCheck
    checked: Sequence[str]
    not_checked: Sequence[str]
    releases: Sequence[CardReleaseObject]
