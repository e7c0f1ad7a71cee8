"""Says sentences in the terminal's language, by the catalogue that the dashboard reads too."""

import json
import os
import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from understudy.wording import Sentence

_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
# As the dashboard reads templates: `{name}`, or `{name|a=x|b=y}`, which says x for a and y for b.
_PLACE = re.compile(r"\{(\w+)((?:\|[^|{}=]+=[^|{}]*)*)\}")
_TOGETHER = "together"
_LABEL = "label"
# Between clauses and names, English marks become those of the language.
_BETWEEN = {", ": "\uff0c", "; ": "\uff1b", ". ": "\u3002", " ": ""}
_TWO_ENDS = re.compile("[.\u3002]([\u3002\uff0c\uff1b])")


class Language(StrEnum):
    """A language that the commands speak."""

    ENGLISH = "en"
    CHINESE = "zh"


def terminal_language() -> Language:
    """Return the language that the environment asks for; English where it is not Chinese."""
    asked = next((value for name in _VARIABLES if (value := os.environ.get(name))), "")
    return Language.CHINESE if asked.lower().startswith("zh") else Language.ENGLISH


def said(text: str) -> str:
    """Return a sentence in the terminal's language; the words of others stay as they are."""
    return said_with(text, text.to_json()) if isinstance(text, Sentence) else text


def said_with(text: str, wording: Any) -> str:
    """Return what the server wrote beside its English text, in the terminal's language.

    `wording` is its code and values, or None; the text stays where the catalogue has no such code.
    """
    if not isinstance(wording, dict) or terminal_language() is Language.ENGLISH:
        return text
    return _in_chinese(wording) or text


def wording_in(object_: Any) -> Any:
    """Return what the server wrote beside a text, in an object of the official client."""
    return getattr(object_, "wording", None)


def named(text: str) -> str:
    """Return the name of a column or a fact in the terminal's language, where it has another."""
    if terminal_language() is Language.ENGLISH:
        return text
    return chinese_sentences().get(f"{_LABEL}.{text}", text)


def filled(template: str, values: Mapping[str, Any]) -> str:
    """Return a template of the catalogue with its values in place."""

    def written(place: re.Match[str]) -> str:
        value = _written(values.get(place[1], ""))
        cases = dict(case.split("=", 1) for case in place[2].split("|") if case)
        return cases.get(value, value)

    return _PLACE.sub(written, template)


@cache
def chinese_sentences() -> Mapping[str, str]:
    """Return the templates by their codes."""
    found: dict[str, str] = {}
    for file in (files("understudy") / "sentences" / "zh").iterdir():
        found |= json.loads(file.read_text(encoding="utf-8"))
    return found


def _in_chinese(wording: Mapping[str, Any]) -> str | None:
    code, values = wording["code"], wording["values"]
    if code == _TOGETHER:
        between: str = values["between"]
        return _BETWEEN.get(between, between).join(map(_written, values["parts"]))
    template = chinese_sentences().get(code)
    if template is None:
        return None

    return _TWO_ENDS.sub(r"\1", filled(template, values))


def _written(value: Any) -> str:
    match value:
        case bool() | str():
            return str(value)
        case int():
            return f"{value:,}"
        case list() | tuple():
            return "、".join(map(_written, value))
        case dict():
            return _in_chinese(value) or ""
        case _:
            return str(value)
