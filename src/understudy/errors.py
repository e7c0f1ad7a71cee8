"""The tree of errors a user can meet; `server/http/errors.py` gives each a status and body."""

from understudy.wording import Sentence, in_others_words


class UnderstudyError(Exception):
    """An error whose message may be shown to the user as it is."""

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.message = in_others_words(message)
        self.code = code
        self.param = param


class InvalidRequestError(UnderstudyError):
    """The request cannot be served as it was written (HTTP 400)."""


class AuthenticationError(UnderstudyError):
    """No key, or a key that is not known here (HTTP 401)."""


class PermissionDeniedError(UnderstudyError):
    """The key is known but may not do this (HTTP 403)."""


class NotFoundError(UnderstudyError):
    """The object does not exist, or belongs to another project (HTTP 404)."""


class PayloadTooLargeError(UnderstudyError):
    """The body is over the limit of its route (HTTP 413)."""


class SlowBodyError(UnderstudyError):
    """The body of a request did not arrive in the time that it has (HTTP 408)."""


class StorageFullError(UnderstudyError):
    """The disk cannot take what was to be written; nothing of it was kept (HTTP 507)."""


class StorageFaultError(UnderstudyError):
    """Database or disk are not as they should be, which only the operator can mend (HTTP 500)."""


class OverloadedError(UnderstudyError):
    """A bounded queue is full; the caller should come back (HTTP 429)."""

    def __init__(self, message: str, *, retry_after_seconds: float) -> None:
        super().__init__(message, code="rate_limit_exceeded")
        self.retry_after_seconds = retry_after_seconds


class UnavailableError(UnderstudyError):
    """A process this request needs is starting, stopping or gone (HTTP 503)."""

    def __init__(
        self, message: str, *, code: str | None = None, retry_after_seconds: float = 1.0
    ) -> None:
        super().__init__(message, code=code)
        self.retry_after_seconds = retry_after_seconds


class RemoteBusyError(OverloadedError):
    """A remote model, or our own limit for it, wants fewer requests (HTTP 429)."""


class RemoteUnavailableError(UnavailableError):
    """A remote model cannot be reached or failed; the same request may succeed (HTTP 502)."""


class RemoteTimeoutError(RemoteUnavailableError):
    """A remote model was silent for too long (HTTP 504)."""


class RemoteFaultError(UnderstudyError):
    """A remote model cannot be used until somebody corrects something (HTTP 502)."""


class RemoteRefusalError(InvalidRequestError):
    """A remote model does not take the request; its status is passed on."""

    def __init__(
        self, message: str, *, status: int, code: str | None = None, param: str | None = None
    ) -> None:
        super().__init__(message, code=code, param=param)
        self.status = status


class ModerationFaultError(UnderstudyError):
    """A moderation model gave no judgement that can be read (HTTP 502)."""


class JobFailedError(UnderstudyError):
    """A job cannot continue and a retry would not help; the text lands in `job.error`."""

    def __init__(self, message: Sentence, *, code: str, param: str | None) -> None:
        super().__init__(message, code=code, param=param)
