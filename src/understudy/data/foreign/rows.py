"""Which other trainer's row a line is, and the same conversation as chat messages."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, cast

from understudy.errors import InvalidRequestError

_ROLES = {
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "chatgpt": "assistant",
    "system": "system",
}
_ALPACA_KEYS = {"instruction", "input", "output", "system", "history"}
_SHAREGPT_LIST = "conversations"
_SHAREGPT_KEYS = {_SHAREGPT_LIST, "system", "id"}

Row = Mapping[str, Any]


class ForeignForm(StrEnum):
    """The forms that are recognised, under the names that people search for."""

    ALPACA = "Alpaca"
    """`instruction`, `input`, `output`: https://github.com/tatsu-lab/stanford_alpaca."""
    SHAREGPT = "ShareGPT"
    """`conversations` of `from` and `value`."""


DESCRIPTION = {
    ForeignForm.ALPACA: '"instruction", "input", "output"',
    ForeignForm.SHAREGPT: '"conversations" of "from" and "value"',
}


def form_of(row: Row) -> ForeignForm | None:
    """Recognise a row by its keys; None for every other row."""
    if isinstance(row.get("instruction"), str) and "output" in row:
        return ForeignForm.ALPACA
    if isinstance(row.get(_SHAREGPT_LIST), list):
        return ForeignForm.SHAREGPT
    return None


def to_chat(row: Row) -> dict[str, Any]:
    """Return the line of a chat file that says the same.

    Raises InvalidRequestError for a row of neither form, and for one that holds anything that has
    no place in a chat: nothing is left out.
    """
    form = form_of(row)
    if form is None:
        known = "; ".join(f"{name} ({keys})" for name, keys in DESCRIPTION.items())
        raise InvalidRequestError(f"its keys are those of no form that can be converted: {known}")
    return {"messages": _CONVERTERS[form](row)}


def _from_alpaca(row: Row) -> list[dict[str, str]]:
    _only(row, _ALPACA_KEYS)
    messages = _system(row)
    for turn in _list(row, "history"):
        if not isinstance(turn, list) or len(cast("list[Any]", turn)) != 2:
            raise InvalidRequestError('"history" must be a list of [instruction, output]')
        question, answer = cast("list[Any]", turn)
        messages += [_message("user", question), _message("assistant", answer)]
    # As the readers of this form put the two together.
    asked = [_text(row, "instruction"), _text(row, "input")]
    messages.append(_message("user", "\n".join(part for part in asked if part)))
    return [*messages, _message("assistant", row["output"])]


def _from_sharegpt(row: Row) -> list[dict[str, str]]:
    _only(row, _SHAREGPT_KEYS)
    messages = _system(row)
    for number, turn in enumerate(_list(row, _SHAREGPT_LIST), start=1):
        where = f'entry {number} of "{_SHAREGPT_LIST}"'
        if not isinstance(turn, dict) or not {"from", "value"} <= turn.keys():
            raise InvalidRequestError(f'{where} has no "from" and "value"')
        said = cast("dict[str, Any]", turn)
        _only(said, {"from", "value", "weight"}, where)
        role = _ROLES.get(str(said["from"]))
        if role is None:
            raise InvalidRequestError(
                f'{where} is from "{str(said["from"])[:32]}", which is none of {", ".join(_ROLES)}'
            )
        message: dict[str, Any] = _message(role, said["value"])
        messages.append(message | ({"weight": said["weight"]} if "weight" in said else {}))
    return messages


_CONVERTERS: dict[ForeignForm, Callable[[Row], list[dict[str, str]]]] = {
    ForeignForm.ALPACA: _from_alpaca,
    ForeignForm.SHAREGPT: _from_sharegpt,
}


def _only(row: Row, known: set[str], where: str = "it") -> None:
    extra = sorted(row.keys() - known)
    if extra:
        raise InvalidRequestError(
            f'{where} also has "{extra[0][:64]}", which has no place in a chat; remove it first'
        )


def _system(row: Row) -> list[dict[str, str]]:
    text = _text(row, "system")
    return [_message("system", text)] if text else []


def _text(row: Row, key: str) -> str:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise InvalidRequestError(f'"{key}" is not a string')
    return value or ""


def _list(row: Row, key: str) -> list[Any]:
    value = row.get(key)
    if value is not None and not isinstance(value, list):
        raise InvalidRequestError(f'"{key}" is not a list')
    return cast("list[Any]", value or [])


def _message(role: str, content: object) -> dict[str, str]:
    if not isinstance(content, str):
        raise InvalidRequestError(f"what the {role} says is not a string")
    return {"role": role, "content": content}
