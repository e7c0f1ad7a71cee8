"""The envelope in which every error leaves the server."""

from understudy.schemas.base import WireObject


class ErrorBody(WireObject):
    """What went wrong, for people (`message`) and for programs (the rest)."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorEnvelope(WireObject):
    """The whole body of an answer that is not a success."""

    error: ErrorBody
