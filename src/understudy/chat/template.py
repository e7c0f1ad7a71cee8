"""A model's own chat template, run in a sandbox the way transformers runs it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from understudy.errors import InvalidRequestError

# Templates that print today's date would make training and serving disagree; they get this one.
FIXED_DATE = "2025-01-01"


def _tojson(value: Any, ensure_ascii: bool = False, indent: int | None = None) -> str:
    # Jinja's own filter escapes HTML characters and sorts keys; models were trained on plain JSON.
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent)


def _raise_exception(message: str) -> NoReturn:
    raise jinja2.exceptions.TemplateError(message)


def _strftime_now(format: str) -> str:
    year, month, day = FIXED_DATE.split("-")
    names = {"%Y": year, "%m": month, "%d": day, "%b": "Jan", "%B": "January", "%y": year[2:]}
    for directive, value in names.items():
        format = format.replace(directive, value)
    return format


class ChatTemplate:
    """A compiled chat template.

    Source: the environment of transformers' `apply_chat_template` (trimmed blocks, loop controls,
    `tojson` without escaping, `raise_exception`, `strftime_now`), here with a fixed date.
    """

    def __init__(self, source: str, variables: Mapping[str, str]) -> None:
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols]
        )
        environment.filters["tojson"] = _tojson
        functions: dict[str, Any] = environment.globals
        functions.update(raise_exception=_raise_exception, strftime_now=_strftime_now)
        self.source = source
        self.variables = dict(variables)
        self._template = environment.from_string(source)

    def render(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]],
        *,
        add_generation_prompt: bool,
    ) -> str:
        """Return the conversation as the text the model reads.

        Raises InvalidRequestError when the template itself refuses the conversation, as some do
        for roles out of order.
        """
        try:
            return self._template.render(
                messages=messages,
                tools=list(tools) or None,
                add_generation_prompt=add_generation_prompt,
                date_string=FIXED_DATE,
                **self.variables,
            )
        except jinja2.exceptions.TemplateError as error:
            raise InvalidRequestError(
                f"The chat template of this model refuses the conversation: {error}",
                param="messages",
            ) from error
