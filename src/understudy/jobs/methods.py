"""Which methods a job can be created with: what is refused here is what is not offered."""

from understudy.data.files.formats import Method
from understudy.errors import InvalidRequestError
from understudy.wording import worded

OFFERED = frozenset({Method.SUPERVISED, Method.DPO, Method.REINFORCEMENT})


def check_offered(method: Method) -> None:
    """Raise InvalidRequestError for a method that no job can have yet."""
    if method not in OFFERED:
        names = " and ".join(f"'{name}'" for name in sorted(OFFERED))
        raise InvalidRequestError(
            worded(
                "api.method",
                "The method '{method}' is not offered by this server yet; use {names}.",
                method=method,
                names=names,
            ),
            code="unsupported_value",
            param="method.type",
        )
