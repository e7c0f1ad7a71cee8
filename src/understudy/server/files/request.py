"""The form fields of an upload: checked as they arrive, then read, defaults applied."""

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import ValidationError

from understudy.errors import InvalidRequestError
from understudy.schemas.base import MAX_WHOLE
from understudy.schemas.files.files import ExpiresAfter, UploadPurpose
from understudy.server.http.validation_errors import request_error
from understudy.server.http.whole_number import whole_number
from understudy.wording import worded

_FIELDS = ("purpose", "expires_after[anchor]", "expires_after[seconds]")
_LIFETIME = "expires_after"


class UploadOptions(NamedTuple):
    """What an upload's fields ask for."""

    purpose: UploadPurpose
    lifetime_seconds: int | None
    """None for a file that stays."""


def check_field(name: str, value: str) -> None:
    """Refuse a wrong field as soon as it arrives, before the file after it."""
    if name not in _FIELDS:
        raise InvalidRequestError(
            worded(
                "files.unknown_parameter",
                "Unknown parameter: '{name}'.",
                name=name[:100],
            ),
            code="unknown_parameter",
            param=name[:100],
        )
    if name == "purpose" and value not in set(UploadPurpose):
        purposes = ",".join(f"'{purpose}'" for purpose in UploadPurpose)
        raise InvalidRequestError(
            worded(
                "files.not_one_purpose",
                "'{value}' is not one of [{purposes}] - 'purpose'",
                value=value[:100],
                purposes=purposes,
            ),
            param="purpose",
        )


def upload_options(fields: Mapping[str, str]) -> UploadOptions:
    """Read checked fields; raises InvalidRequestError for those that do not fit together."""
    if "purpose" not in fields:
        raise InvalidRequestError(
            worded(
                "files.missing_required_parameter_purpose",
                "Missing required parameter: 'purpose'.",
            ),
            code="missing_required_parameter",
            param="purpose",
        )
    return UploadOptions(UploadPurpose(fields["purpose"]), _lifetime_of(fields))


def _lifetime_of(fields: Mapping[str, str]) -> int | None:
    given = {
        name.removeprefix(_LIFETIME).strip("[]"): value
        for name, value in fields.items()
        if name.startswith(_LIFETIME)
    }
    if not given:
        return None
    seconds = given.get("seconds")
    number = None if seconds is None else whole_number(seconds, at_most=MAX_WHOLE)
    try:
        counted = {} if number is None else {"seconds": number}
        return ExpiresAfter.model_validate(given | counted).seconds
    except ValidationError as error:
        raise request_error(error.errors(include_url=False), prefix=(_LIFETIME,)) from None
