"""What pydantic finds wrong with a line, in plain words and in those that OpenAI's users know."""

from typing import NamedTuple

from pydantic_core import ErrorDetails

from understudy.data.files.problems import CheckName, Complaint, ProblemCode
from understudy.data.files.shape_faults import shape_fault
from understudy.wording import Sentence, worded

CHAT_ROLES = "system, developer, user, assistant, tool or function"
REINFORCEMENT_ROLES = "developer, system, user, assistant or tool"


class _Place(NamedTuple):
    where: Sentence
    """The message as "Example 3" continues, empty outside of messages."""
    path: str
    """The path inside that message, or inside the line."""
    field: str
    """The whole path."""


def complaint_of(error: ErrorDetails, roles: str = CHAT_ROLES) -> Complaint:
    """Say what is wrong and where, and under which name the cookbook counts it."""
    place = _place(error["loc"])
    is_extra = error["type"] == "extra_forbidden"
    return Complaint(
        text=_text(error, place, roles),
        field=place.field,
        check=_check(error["type"], place),
        code=ProblemCode.FILE_FORMAT if is_extra else ProblemCode.INVALID_FILE,
    )


def at_message(index: int) -> Sentence:
    """Name a message, counted from 0, as "Example 3" continues."""
    return worded("file.at_message", ", message {number}", number=index + 1)


def _text(error: ErrorDetails, place: _Place, roles: str) -> Sentence:
    where, path = place.where, place.path
    match error["type"]:
        case "missing":
            return worded(
                "file.missing_key", '{where} is missing key "{path}"', where=where, path=path
            )
        case "extra_forbidden":
            return worded(
                "file.extra_key", '{where} contains an extra "{path}".', where=where, path=path
            )
        case "union_tag_not_found":
            return worded(
                "file.no_role", "{where} Discriminator 'role' is missing in value", where=where
            )
        case "union_tag_invalid":
            role = repr(error["input"].get("role"))[:40]
            return worded(
                "file.unknown_role",
                "{where} has the unrecognized role {role}; use {roles}",
                where=where,
                role=role,
                roles=roles,
            )
        case _:
            what = shape_fault(error)
            if not path:
                return worded("file.wrong", "{where}: {what}", where=where, what=what)
            return worded(
                "file.wrong_key", '{where}, key "{path}": {what}', where=where, path=path, what=what
            )


def _check(kind: str, place: _Place) -> CheckName | None:
    if not place.where:
        is_list = place.field in ("messages", "input.messages")
        return CheckName.MISSING_MESSAGES_LIST if is_list else None
    match kind:
        case "union_tag_not_found":
            return CheckName.MESSAGE_MISSING_KEY
        case "union_tag_invalid":
            return CheckName.UNRECOGNIZED_ROLE
        case "missing" if "." not in place.path:
            return CheckName.MESSAGE_MISSING_KEY
        case "extra_forbidden" if "." not in place.path:
            return CheckName.MESSAGE_UNRECOGNIZED_KEY
        case _ if place.path == "content":
            return CheckName.MISSING_CONTENT
        case _:
            return None


def _place(location: tuple[int | str, ...]) -> _Place:
    """Split pydantic's location into the message it is in and the path inside that message."""
    match location:
        case ("messages", int(index), *inner):
            where, field = at_message(index), f"messages[{index}]"
        case ("input", "messages", int(index), *inner):
            where = worded("file.at_input_message", ", input message {number}", number=index + 1)
            field = f"input.messages[{index}]"
        case _:
            path = _dotted(location)
            return _Place(Sentence(), path, path)
    # The first inner step is the role, which pydantic adds as the union's tag.
    path = _dotted(inner[1:])
    return _Place(where, path, f"{field}.{path}" if path else field)


def _dotted(steps: tuple[int | str, ...] | list[int | str]) -> str:
    path = ""
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step[:64]}"
    return path.removeprefix(".")
