"""What a child process may answer: read strictly, because the code in it can write answers too."""

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from understudy.graders.sandbox.child import MAX_DETAILS, MAX_PRINTED


class ForeignAnswerError(Exception):
    """No child of ours says this, or not now."""


class _Answer(BaseModel):
    """Nothing more, nothing less, no other types; the reader refuses lone surrogates and depth."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class _Confined(_Answer):
    """How the child came out of confining itself; said once, before it has any code."""

    landlock: int
    user: int


class _Reply(_Answer):
    number: int
    """Of the request that it answers."""
    printed: Annotated[str, Field(max_length=MAX_PRINTED)]


class Loaded(_Reply):
    """The code is loaded."""


class Scored(_Reply):
    """The code graded a sample."""

    score: float


class Failed(_Reply):
    """The code raised, or returned what is no score."""

    error: Annotated[str, Field(max_length=MAX_DETAILS)]
    blames_sample: bool


Expected = TypeVar("Expected", Loaded, Scored)


def check_confined(body: bytes) -> None:
    """Check that a child's first answer says that it is confined; raises ForeignAnswerError."""
    _read(body, _Confined)


def read_reply(body: bytes, expected: type[Expected], *, number: int) -> Expected | Failed:
    """Read the answer to request `number`; raises ForeignAnswerError.

    An answer to another request would shift those of all samples after it.
    """
    reply = _read(body, Failed) if b'"error"' in body else _read(body, expected)
    if reply.number != number:
        raise ForeignAnswerError
    return reply


_Read = TypeVar("_Read", bound=_Answer)


def _read(body: bytes, kind: type[_Read]) -> _Read:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise ForeignAnswerError from error
