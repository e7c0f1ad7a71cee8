"""A model's own chat template, run in a sandbox the way transformers runs it."""

import json
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from functools import cached_property, wraps
from typing import Any, ClassVar, NoReturn

import jinja2
import jinja2.ext
import jinja2.filters
from jinja2 import nodes
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from understudy.chat.rendering.append_only import mark_messages
from understudy.errors import InvalidRequestError

# Seconds of the processor's time for one rendering; real templates need milliseconds.
TIME_LIMIT_SECONDS = 5.0
_MAX_REPEATED_CHARACTERS = 1_000_000
_MAX_EXPONENT = 64
_MAX_TEXT_CHARACTERS = 20_000_000
# A number of five digits, or one that comes from elsewhere: the width that a value is filled up to.
_WIDE_FORMAT = re.compile(r"\d{5}|%[^a-zA-Z%]*\*|\{[^{}]*\{")
# How templates ask for the type of a part of a message.
_TYPE_OF_PART = re.compile(r"""['"]type['"]|\.type\b""")
_PROBE = "qqtext"
# What expressions raise when a conversation is not of the shape that the template expects.
_SHAPE_ERRORS = (
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)


class _TimeIsUpError(jinja2.exceptions.TemplateError):
    """The template ran longer than it may."""


class _Sandbox(ImmutableSandboxedEnvironment):
    """No way into Python, and a clock that is looked at in every turn of a loop or a macro.

    One expression cannot run long by itself: powers and repetitions are bounded.
    """

    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def __init__(self) -> None:
        super().__init__(
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=[jinja2.ext.loopcontrols, _Generation],
        )
        self._clock = threading.local()
        self.filters["tojson"] = _tojson
        for name in ("batch", "center", "format", "indent", "slice", "wordwrap"):
            self.filters[name] = _with_small_numbers(self.filters[name])
        functions: dict[str, Any] = self.globals
        functions.update(raise_exception=_raise_exception)

    def start_clock(self) -> None:
        self._clock.deadline = time.thread_time() + TIME_LIMIT_SECONDS

    def tick(self) -> str:
        """Do nothing while there is time; called by the code of templates."""
        if time.thread_time() > self._clock.deadline:
            raise _TimeIsUpError(f"it did not end within {TIME_LIMIT_SECONDS:g} seconds")
        return ""

    def joined(self, *parts: Any) -> str:
        """Do what the operator `~` does; called by the code of templates."""
        texts = [str(part) for part in parts]
        if sum(map(len, texts)) > _MAX_TEXT_CHARACTERS:
            raise jinja2.exceptions.SecurityError("it makes too long a text")
        return "".join(texts)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        repeats = operator == "*" and not (_is_number(left) and _is_number(right))
        if repeats and max(_weight(left) * _weight(right), 0) > _MAX_REPEATED_CHARACTERS:
            raise jinja2.exceptions.SecurityError("it repeats a text too often")
        is_joined = operator == "+" and not (_is_number(left) or _is_number(right))
        if is_joined and _weight(left) + _weight(right) > _MAX_TEXT_CHARACTERS:
            raise jinja2.exceptions.SecurityError("it makes too long a text")
        if operator == "%" and isinstance(left, str):
            _check_format(left)
        if operator == "**" and abs(right) > _MAX_EXPONENT:
            raise jinja2.exceptions.SecurityError("it uses too large a power")
        return super().call_binop(context, operator, left, right)

    def call(self, context: Any, function: Any, /, *arguments: Any, **named: Any) -> Any:
        owner = getattr(getattr(function, "__wrapped__", function), "__self__", None)
        if isinstance(owner, str):
            _check_numbers(arguments, named)
            if getattr(function, "__name__", "") in {"format", "format_map"}:
                _check_format(owner)
        return super().call(context, function, *arguments, **named)


class _BoundedJoins(NodeTransformer):
    """Puts a bounded call in the place of each operator `~`, which Jinja lets nobody see."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 Jinja calls it so
        self.generic_visit(node)
        joined = nodes.EnvironmentAttribute("joined")
        return nodes.Call(joined, node.nodes, [], None, None, lineno=node.lineno)


class _Generation(jinja2.ext.Extension):
    """The block `generation` marks what the assistant says; it writes its body and nothing else."""

    # Jinja reads this from the class, whatever its annotation says.
    tags: ClassVar[set[str]] = {"generation"}  # pyright: ignore[reportIncompatibleVariableOverride]

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class ChatTemplate:
    """A compiled chat template.

    Source: the environment of transformers' `apply_chat_template` (trimmed blocks, loop controls,
    `tojson` without escaping, `raise_exception`, `strftime_now`).
    """

    def __init__(self, source: str, variables: Mapping[str, object]) -> None:
        self.source = source
        self.variables = dict(variables)
        self.day: date | None = None
        """The day whose date the template prints; None for the day of each rendering."""
        self._has_text_apart = False
        self._sandbox = _Sandbox()
        try:
            tree = self._sandbox.parse(source)
            self.names = frozenset(name.name for name in tree.find_all(nodes.Name))
            """Every variable that the template reads or sets."""
            self._template = self._compile(tree)
            marked = self._sandbox.parse(source)
            self.head_messages = mark_messages(marked)
            self._marked = self._compile(marked)
        except (jinja2.exceptions.TemplateError, RecursionError) as error:
            raise InvalidRequestError(
                f"The chat template of this model cannot be read: {error}"
            ) from error

    def render(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]],
        *,
        add_generation_prompt: bool,
        mark: bool = False,
    ) -> str:
        """Return the conversation as the text the model reads.

        With `mark`, `append_only.MARK` stands before each message where `head_messages` is a
        number: how many messages a prompt needs so that later ones provably only add text.
        Raises InvalidRequestError when the template itself refuses the conversation, as some do
        for roles out of order, or runs too long.
        """
        template = self._marked if mark else self._template
        # SmolLM3's template calls the tools by another name.
        other_names = {"xml_tools": list(tools)} if tools and "xml_tools" in self.source else {}
        # Templates have a date of their own where they are not given one by this name.
        given = {} if self.day is None else {"date_string": f"{self.day:%d %b %Y}"}
        self._sandbox.start_clock()
        try:
            return template.render(
                messages=self._seen(messages),
                tools=list(tools) or None,
                add_generation_prompt=add_generation_prompt,
                strftime_now=_clock_of(self.day),
                **given,
                **other_names,
                **self.variables,
            )
        except (jinja2.exceptions.TemplateError, *_SHAPE_ERRORS) as error:
            raise InvalidRequestError(
                f"The chat template of this model refuses the conversation: {error}",
                param="messages",
            ) from error

    def _seen(self, messages: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """Return messages in the way in which this template sees them."""
        if self._has_text_apart:
            messages = _text_apart(messages)
        return _in_parts(messages) if self.sees_parts_only else messages

    @cached_property
    def sees_parts_only(self) -> bool:
        """Whether a text that is not a list of parts is lost, as in the template of SmolVLM."""
        if not _TYPE_OF_PART.search(self.source):
            return False
        asked = [{"role": "user", "content": _PROBE}]
        return not self._shows(asked) and self._shows(_in_parts(asked))

    def _shows(self, messages: Sequence[Mapping[str, Any]]) -> bool:
        self._sandbox.start_clock()
        try:
            text = self._template.render(
                messages=messages,
                tools=None,
                add_generation_prompt=True,
                strftime_now=_clock_of(self.day),
                **self.variables,
            )
        except (jinja2.exceptions.TemplateError, *_SHAPE_ERRORS):
            return False
        return _PROBE in text

    @property
    def prints_today(self) -> bool:
        """Whether the template asks which day it is."""
        return "strftime_now" in self.names

    def dated(self, day: date) -> "ChatTemplate":
        """Return the same template, which prints this day's date wherever it prints one."""
        other = copy(self)
        other.day = day
        return other

    def with_variables(self, variables: Mapping[str, object]) -> "ChatTemplate":
        """Return the same template, which sees these variables besides its own."""
        other = copy(self)
        other.variables = {**self.variables, **variables}
        return other

    def with_text_apart(self) -> "ChatTemplate":
        """Return the same template, which sees a text and the calls after it as two messages.

        For templates that would write the text of one message after its calls. Where a message
        stands is not proved of what it writes.
        """
        other = copy(self)
        other._has_text_apart = True
        other.head_messages = None
        return other

    def _compile(self, tree: nodes.Template) -> jinja2.Template:
        for repeated in list(tree.find_all((nodes.For, nodes.Macro))):
            call = nodes.Call(nodes.EnvironmentAttribute("tick"), [], [], None, None)
            repeated.body.insert(0, nodes.ExprStmt(call))
            repeated.body[0].set_lineno(repeated.lineno)
        _BoundedJoins().visit(tree)
        tree.set_environment(self._sandbox)
        code: Any = self._sandbox.compile(tree)
        return jinja2.Template.from_code(self._sandbox, code, self._sandbox.make_globals(None))


def _with_small_numbers(filtered: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that refuses to fill texts and lists up to enormous sizes."""

    @wraps(filtered)
    def small(*arguments: Any, **named: Any) -> Any:
        _check_numbers(arguments, named)
        for argument in arguments:
            if isinstance(argument, str) and filtered is jinja2.filters.FILTERS["format"]:
                _check_format(argument)
        return filtered(*arguments, **named)

    return small


def _check_numbers(arguments: Sequence[Any], named: Mapping[str, Any]) -> None:
    for value in (*arguments, *named.values()):
        if _is_number(value) and value > _MAX_REPEATED_CHARACTERS:
            raise jinja2.exceptions.SecurityError("it fills a text up too far")


def _check_format(text: str) -> None:
    if _WIDE_FORMAT.search(text):
        raise jinja2.exceptions.SecurityError("it fills a text up too far")


def _text_apart(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    apart: list[Mapping[str, Any]] = []
    for message in messages:
        if "tool_calls" in message and message["content"].strip():
            apart.append({key: message[key] for key in message if key != "tool_calls"})
            calls = {key: message[key] for key in ("role", "tool_calls")}
            apart.append({**calls, "content": ""})
        else:
            apart.append(message)
    return apart


def _in_parts(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [
        {**message, "content": [{"type": "text", "text": content}]}
        if isinstance(content := message["content"], str)
        else message
        for message in messages
    ]


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    # Jinja's own filter escapes HTML characters and sorts keys; models were trained on plain JSON.
    return json.dumps(
        value,
        ensure_ascii=ensure_ascii,
        indent=indent,
        separators=separators,
        sort_keys=sort_keys,
    )


def _raise_exception(message: str) -> NoReturn:
    raise jinja2.exceptions.TemplateError(message)


def today() -> date:
    """Return the day as it is where this server stands."""
    return datetime.now(UTC).astimezone().date()


def _clock_of(day: date | None) -> Callable[[str], str]:
    """Return the `strftime_now` of templates."""
    if day is None:
        return datetime.now(UTC).astimezone().strftime
    return datetime.combine(day, time_of_day()).strftime


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _weight(value: Any) -> float:
    return value if _is_number(value) else len(value)
