"""Shadows: two models under one name, of which one answers and the other is compared with it."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from understudy.schemas.base import StoredText, StrictRequest, WireObject
from understudy.schemas.lists import HasId

Side = Literal["old", "new"]
"""Which of the two models answers."""

_Model = Annotated[StoredText, StringConstraints(min_length=1, max_length=300)]


class PutShadow(StrictRequest):
    """The two models of a name, and how often the one that does not answer is asked."""

    old: _Model
    new: _Model
    answers: Side | None = None
    """None: the one that answers under this name already, else the old one."""
    share: Annotated[float, Field(gt=0, le=1, strict=False)] = 1.0
    """Of the requests under this name that the other model is asked too."""
    per_minute: Annotated[int, Field(ge=1, le=6000)] = 60
    """At most so many of them a minute."""
    keep_answers: bool = False
    """Whether questions and answers are kept, or only in which respects they agree."""


class PutAnswers(StrictRequest):
    """Which of the two models answers from now on."""

    answers: Side


class RespectRate(WireObject):
    """How often the new model says what the old one says, in one respect."""

    name: str
    total: int
    same: int
    low: float
    """The ends of the 95 % interval of the true rate."""
    high: float


class Shadow(WireObject):
    """A name under which two models are compared on real requests."""

    id: str
    """The name that is asked for."""
    object: Literal["x.shadow"] = "x.shadow"
    created_at: int
    old: str
    new: str
    answers: Side
    answers_since: int
    share: float
    per_minute: int
    keep_answers: bool
    calls: int
    last_called_at: int | None
    compared: int
    failed: int
    """Requests to which the other model had no answer."""
    skipped: int
    """Requests that came too fast for the other model to be asked."""
    last_error: str | None
    last_error_at: int | None
    agreement: Sequence[RespectRate]
    """On the newest comparisons, at most 10,000, of those that are still kept."""
    old_seconds: float | None
    """The median of a whole answer; None before the first comparison."""
    new_seconds: float | None


class ShadowList(WireObject):
    """All shadows of a project."""

    object: Literal["list"] = "list"
    data: Sequence[Shadow]


class ShadowDeleted(WireObject):
    """The answer to the end of a shadow; the name stays an alias of the model that answers."""

    id: str
    object: Literal["x.shadow"] = "x.shadow"
    deleted: Literal[True] = True


class ComparedAnswer(WireObject):
    """What one model answered."""

    text: str
    calls: Sequence[tuple[str, str]]
    """Names and arguments."""


class Comparison(HasId):
    """One request that both models answered."""

    object: Literal["x.shadow.comparison"] = "x.shadow.comparison"
    created_at: int
    answered_by: str
    """The model whose answer the user got."""
    is_same: bool
    differs_in: Sequence[str]
    """The respects in which the answers differ."""
    old_seconds: float
    new_seconds: float
    question: str | None
    """The last message before the answer; this and the answers are null where none are kept."""
    old: ComparedAnswer | None
    new: ComparedAnswer | None
