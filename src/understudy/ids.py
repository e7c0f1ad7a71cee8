"""Identifiers in OpenAI's shapes, and the wall clock as whole seconds."""

import re
import secrets
import string
import time
import uuid

_UUID_SUFFIX = re.compile(r"-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def base62(length: int) -> str:
    """Return `length` random characters of [0-9A-Za-z]."""
    return "".join(secrets.choice(_BASE62) for _ in range(length))


def new_id(prefix: str, length: int = 24) -> str:
    """Return an opaque identifier such as `file-…`: the prefix and random base62 characters.

    The prefix carries its own separator, because OpenAI writes `ftjob-` but `ftckpt_`.
    """
    return prefix + base62(length)


def new_request_id() -> str:
    """Return the identifier that a response carries in `x-request-id`."""
    return "req_" + uuid.uuid4().hex


def unix_now() -> int:
    """Return the wall clock in whole seconds since 1970, as every API timestamp is given."""
    return int(time.time())


def hex_id(prefix: str) -> str:
    """Return an identifier of the Responses API: the prefix and 48 hexadecimal digits."""
    return prefix + secrets.token_hex(24)


def criterion_id(name: str) -> str:
    """Return the id of an eval's criterion: its name and a UUID, as at OpenAI."""
    return f"{name}-{uuid.uuid4()}"


def criterion_name(id: str) -> str:
    """Return the name in a criterion's id; the whole id when it was imported and has no UUID."""
    return _UUID_SUFFIX.sub("", id)
