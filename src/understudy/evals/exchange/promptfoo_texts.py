"""Templates in promptfoo's language, which fills them in otherwise for all but texts and integers.

A value that promptfoo would write in another way is written here, once for each row, and the
template names it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from understudy.graders.grade import GradingError
from understudy.graders.sample import Sample
from understudy.graders.template import Template, Variable, read_template
from understudy.wording import worded

_NO_SAMPLE = Sample(given={})
# The end of a comment is an error where none began.
_MARKS = re.compile(r"{[{%#]|[%#]}")
_WORD = re.compile(r"[A-Za-z_]\w*")
_OUTPUT = "{{ output }}"
_MAX_INTEGER = 2**53


class NoCounterpartError(Exception):
    """Promptfoo has nothing that means the same."""


class PortableTexts:
    """Writes templates for promptfoo; what they need beyond the items is in `filled`."""

    def __init__(self, items: Sequence[Mapping[str, Any]]) -> None:
        self._items = items
        self._count = 0
        self.filled = [{} if is_kept_exact(item) else {"item": _json(item)} for item in items]
        """Texts of each row by their names, the variable `filled` of the configuration.

        `item` is among them where JavaScript's numbers would change the row.
        """

    def template(self, text: str, *, has_output: bool = False) -> str:
        """Return a template that promptfoo fills in as we do.

        `has_output` says that `sample.output_text` may occur. Raises NoCounterpartError.
        """
        return "".join(
            part if isinstance(part, str) else self._variable(part, has_output=has_output)
            for part in map(_escaped, read_template(text, param="template").parts)
        )

    def texts(self, template: str) -> list[str]:
        """Return what a template of the item says in each row; raises NoCounterpartError."""
        read = read_template(template, param="template")
        try:
            return [read.fill(_NO_SAMPLE, item) for item in self._items]
        except GradingError as error:
            raise NoCounterpartError(error.message) from None

    def _variable(self, variable: Variable, *, has_output: bool) -> str:
        if variable.root == "sample":
            if has_output and variable.steps == ("output_text",):
                return _OUTPUT
            raise NoCounterpartError(
                worded(
                    "evals.promptfoo_no_place",
                    "promptfoo has no '{variable}' in this place",
                    variable=str(variable),
                )
            )
        if all(_is_plain(variable, item) for item in self._items):
            return f"{{{{ {_path(variable)} }}}}"
        self._count += 1
        name = f"value_{self._count}"
        for number, item in enumerate(self._items, start=1):
            try:
                value = Template((variable,)).fill(_NO_SAMPLE, item)
            except GradingError as error:
                raise NoCounterpartError(
                    worded(
                        "evals.item",
                        "item {number}: {message}",
                        number=number,
                        message=error.message,
                    )
                ) from None
            self.filled[number - 1][name] = value
        return f"{{{{ filled.{name} }}}}"


def is_kept_exact(value: Any) -> bool:
    """Say whether JavaScript reads and writes a value of JSON as it is."""
    if isinstance(value, Mapping):
        return all(map(is_kept_exact, cast("Mapping[str, Any]", value).values()))
    if isinstance(value, list):
        return all(map(is_kept_exact, cast("list[Any]", value)))
    if isinstance(value, float):
        return not value.is_integer()
    return not isinstance(value, int) or abs(value) <= _MAX_INTEGER


def is_whole_output(template: str) -> bool:
    """Say whether a template is the answer's text and nothing else."""
    return read_template(template, param="input").parts == (Variable("sample", ("output_text",)),)


def escaped(text: str) -> str:
    """Return a text that promptfoo leaves as it is when it fills templates in."""
    return _MARKS.sub(lambda found: f'{{{{ "{found.group()}" }}}}', text)


def _escaped(part: str | Variable) -> str | Variable:
    return escaped(part) if isinstance(part, str) else part


def _is_plain(variable: Variable, item: Mapping[str, Any]) -> bool:
    """Say whether promptfoo finds the same value, and writes it as we do."""
    value: Any = item
    for step in variable.steps:
        if isinstance(value, Mapping) and isinstance(step, str):
            value = cast("Mapping[str, Any]", value).get(step)
        elif (
            isinstance(value, list)
            and isinstance(step, int)
            and 0 <= step < len(cast("list[Any]", value))
        ):
            value = cast("list[Any]", value)[step]
        else:
            return False
    return isinstance(value, str | int) and is_kept_exact(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _path(variable: Variable) -> str:
    steps = ""
    for step in variable.steps:
        if isinstance(step, str) and _WORD.fullmatch(step):
            steps += f".{step}"
        else:
            steps += f"[{step!r}]"
    return f"item{steps}"
