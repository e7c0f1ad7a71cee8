"""Texts with places such as `{{ item.answer }}`: read once, filled in for every sample."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from understudy.data.files.strict_json import parse_value
from understudy.errors import InvalidRequestError
from understudy.graders.grade import GradeErrors, GradingError
from understudy.graders.sample import Item, Sample
from understudy.wording import worded

_MAX_TEXT = 16 * 1024 * 1024
_OPENING, _CLOSING = "{{", "}}"
_ROOT = re.compile(r"\s*(item|sample)\b")
_STEP = re.compile(
    r"""\.(?P<name>[\w-]+)|\[(?P<index>-?\d{1,9})\]|\["(?P<double>[^"\]]+)"\]|\['(?P<single>[^'\]]+)'\]"""
)
_LITERAL = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)')\s*""")


@dataclass(frozen=True)
class Variable:
    """A place that is filled in: where to begin, and the way from there."""

    root: Literal["item", "sample"]
    steps: tuple[str | int, ...]

    def __str__(self) -> str:
        return self.root + "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in self.steps)


@dataclass(frozen=True)
class Template:
    """A text with variables in it."""

    parts: tuple[str | Variable, ...]

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables, in order."""
        return tuple(part for part in self.parts if isinstance(part, Variable))

    def fill(self, sample: Sample, item: Item) -> str:
        """Return the text with every variable's value; a value that is no text as JSON.

        What is filled in is never looked through for variables again. Raises GradingError for a
        variable without a value.
        """
        texts: list[str] = []
        room = _MAX_TEXT
        for part in self.parts:
            text = part if isinstance(part, str) else _text(value_of(part, sample, item))
            room -= len(text)
            if room < 0:
                raise GradingError(
                    worded(
                        "graders.filled_template_longer_than",
                        "The filled-in template is longer than {max_text} characters.",
                        max_text=_MAX_TEXT,
                    ),
                    GradeErrors(other_error=True),
                )
            texts.append(text)
        return "".join(texts)


def read_template(text: str, *, param: str) -> Template:
    """Read a template that stands at `param` of a request.

    Raises InvalidRequestError for a place that is neither a variable nor a quoted text.
    """
    parts: list[str | Variable] = []
    end = 0
    while (start := text.find(_OPENING, end)) >= 0:
        parts.append(text[end:start])
        part, end = _read_place(text, start, param)
        parts.append(part)
    parts.append(text[end:])
    return Template(tuple(part for part in parts if part != ""))


def value_of(variable: Variable, sample: Sample, item: Item) -> Any:
    """Return what the variable stands for; a text on the way that holds JSON is walked into.

    Raises GradingError when there is no such value; a place in the sample blames the sample.
    """
    value: Any = item if variable.root == "item" else sample.fields
    for place, step in enumerate(variable.steps):
        try:
            value = _walk(value, step)
        except LookupError:
            raise _no_value(variable, place, sample) from None
    return value


def _read_place(text: str, start: int, param: str) -> tuple[str | Variable, int]:
    begin = start + len(_OPENING)
    if (literal := _LITERAL.match(text, begin)) and text.startswith(_CLOSING, literal.end()):
        return literal[1] or literal[2] or "", literal.end() + len(_CLOSING)
    root = _ROOT.match(text, begin)
    if root is None:
        raise _unreadable(text, start, param)
    steps: list[str | int] = []
    place = root.end()
    while step := _STEP.match(text, place):
        index = step["index"]
        steps.append(
            step["name"] or step["double"] or step["single"] if index is None else int(index)
        )
        place = step.end()
    rest = text[place : place + 100]
    closing = place + len(rest) - len(rest.lstrip())
    if not text.startswith(_CLOSING, closing):
        raise _unreadable(text, start, param)
    return Variable("item" if root[1] == "item" else "sample", tuple(steps)), closing + len(
        _CLOSING
    )


def _unreadable(text: str, start: int, param: str) -> InvalidRequestError:
    end = text.find(_CLOSING, start)
    quoted = text[start : end + 2 if 0 <= end < start + 80 else start + 80]
    return InvalidRequestError(
        worded(
            "graders.character_not_variable_variables",
            "Invalid '{param}': `{quoted}` at character {start} is not a variable. "
            "Variables look like {{{{ item.answer }}}}, "
            "{{{{ item.facts[0].text }}}}, {{{{ sample.output_text }}}} or "
            "{{{{ sample.output_json.total }}}}; write braces themselves as "
            '{{{{ "{{{{" }}}}.',
            param=param,
            quoted=quoted,
            start=start,
        ),
        code="invalid_template",
        param=param,
    )


def _walk(value: Any, step: str | int) -> Any:
    if isinstance(value, str):
        try:
            value = parse_value(value.encode())
        except ValueError:
            raise LookupError from None
    if isinstance(value, Mapping):
        return value[str(step)]
    if isinstance(value, list | tuple):
        if isinstance(step, str) and not (step.isdecimal() and len(step) < 10):
            raise LookupError
        return value[int(step)]
    raise LookupError


def _no_value(variable: Variable, place: int, sample: Sample) -> GradingError:
    is_of_sample = variable.root == "sample"
    is_unparsed = is_of_sample and "output_text" in sample.given
    if is_unparsed and place == 0 and variable.steps[0] == "output_json":
        return GradingError(
            worded(
                "graders.sample_text_not_json",
                "The sample's text is not JSON, so there is no sample.output_json.",
            ),
            GradeErrors(sample_parse_error=True),
            blames_sample=True,
        )
    missing = Variable(variable.root, variable.steps[: place + 1])
    return GradingError(
        worded(
            "graders.template_names_which_does",
            "A template names {missing}, which does not exist here.",
            missing=str(missing),
        ),
        GradeErrors(invalid_variable_error=True),
        blames_sample=is_of_sample,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
