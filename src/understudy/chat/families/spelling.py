"""How a model's answers are spelled, learned by looking at what its chat template writes."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from understudy.chat.families.formats import AnswerForm, Reasoning
from understudy.chat.grammar.schemas import LOOSE, JsonStyle
from understudy.chat.messages import Message, Role, ToolCall
from understudy.chat.parsing.keyword_values import KeywordForm
from understudy.chat.parsing.parameters import ParameterForm
from understudy.chat.parsing.scanning import ObjectScanner

Write = Callable[[Message], str | None]
"""Returns what the template writes for an assistant's turn up to its end token; None where it
refuses to."""

_TEXT = "qqtext"
_NAMES = ("qqfirst", "qqsecond")
_IDS = ("qqqqqqqq1", "qqqqqqqq2")
_ARGUMENTS = '{"qqone": 1, "qqtwo": 2}'
_WORDS = {"True": "true", "False": "false", "None": "null"}


@dataclass(frozen=True, kw_only=True)
class CallSpelling:
    """What stands around the names and the arguments of calls.

    Where an id stands in these texts, it is `ID`.
    """

    opening: str
    """Before the first name, in an answer that consists of calls."""
    opening_after_text: str | None
    """The same after a text, which may end with space; None where no text goes before calls."""
    middle: str
    """Between a name and its arguments."""
    separator: str | None
    """Between arguments and the next name; None where an answer has one call at most."""
    closing: str
    style: JsonStyle
    """Of the arguments."""
    after_parameter: str = ""
    """What stands after each parameter, where arguments are parameters between tags."""
    python_words: frozenset[str] = frozenset()
    """Those of True, False and None that stand for values instead of the words of JSON."""
    has_escapes: bool = True
    """Whether quotation marks inside of texts are escaped, where arguments are keywords."""
    has_python_lists: bool = False
    """Whether lists are written as in Python, where arguments are keywords."""
    sorts_keys: bool = False
    """Whether the keys of objects come in the order of the alphabet."""


ID = "\ufdd1"
"""Stands in a spelling for the id of a call: a noncharacter, which no template writes."""


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """What stands around the parts of an answer."""

    before_reasoning: str
    """The space before reasoning that an answer begins with."""
    before_text: str
    """Before a text that is the whole answer, and after its reasoning."""
    calls: CallSpelling | None
    """None for models without tool calls."""


def learn_spelling(write: Write, form: AnswerForm, *, has_calls: bool) -> Spelling:
    """Look at what the template writes for a few answers."""
    written = write(_turn(_TEXT, 0)) or _TEXT
    space = written[: len(written) - len(written.lstrip())]
    return Spelling(
        before_reasoning=space if written.startswith(space + form.marks.opening) else "",
        before_text=_without_reasoning(written, form).partition(_TEXT)[0],
        calls=_learn_calls(write, form) if has_calls else None,
    )


def _learn_calls(write: Write, form: AnswerForm) -> CallSpelling | None:
    if form.calls is not None and isinstance(form.calls.arguments, ParameterForm):
        return _learn_tagged(write, form, form.calls.arguments)
    if form.calls is not None and isinstance(form.calls.arguments, KeywordForm):
        return _learn_keywords(write, form)
    one = _read(write(_turn(None, 1)), form)
    if one is None or len(one.between) != 1:
        return None
    opening, middle, arguments, closing = one.head, one.between[0], one.arguments, one.tail
    two, texted = _read(write(_turn(None, 2)), form), _read(write(_turn(_TEXT, 1)), form)
    after_text = None
    if texted is not None and _TEXT in texted.head:
        after_text = texted.head.partition(_TEXT)[2].lstrip()
    is_list = two is not None and len(two.between) == 2 and two.head == opening
    return CallSpelling(
        opening=opening,
        opening_after_text=after_text,
        middle=middle,
        separator=two.separator if two is not None and is_list else None,
        closing=closing,
        style=_style_of(arguments),
        python_words=_python_words(write),
        sorts_keys=_sorts_keys(write),
    )


def _learn_tagged(write: Write, form: AnswerForm, parameters: ParameterForm) -> CallSpelling | None:
    """Compare calls with and without a parameter, alone, after a text and after each other."""
    first, second = _NAMES
    with_one = write(_turn(None, 1, '{"qqone": "qqtext"}'))
    without, two = write(_turn(None, 1, "{}")), write(_turn(None, 2, "{}"))
    if with_one is None or without is None:
        return None
    parameter = f"{parameters.opening}qqone{parameters.between}qqtext{parameters.closing}"
    opening, _, tagged = _without_reasoning(with_one, form).partition(first)
    middle, found, tail = tagged.partition(parameter)
    closing = without.partition(first)[2].removeprefix(middle)
    if not found or not tail.endswith(closing):
        return None
    texted = _without_reasoning(write(_turn(_TEXT, 1, "{}")) or "", form).partition(first)[0]
    gap = (two or "").partition(first)[2].partition(second)[0]
    return CallSpelling(
        opening=opening,
        opening_after_text=texted.partition(_TEXT)[2].lstrip() if _TEXT in texted else None,
        middle=middle,
        separator=gap.removeprefix(middle) or None,
        closing=closing,
        style=JsonStyle(item_separator=", ", key_separator=": ", has_escapes=False),
        after_parameter=tail.removesuffix(closing),
        python_words=_python_words(write),
    )


def _learn_keywords(write: Write, form: AnswerForm) -> CallSpelling | None:
    """Compare calls without arguments, alone, after a text and after each other."""
    first, second = _NAMES
    opening, found, closing = _without_reasoning(write(_turn(None, 1, "{}")) or "", form).partition(
        f"{first}()"
    )
    if not found:
        return None
    texted = _without_reasoning(write(_turn(_TEXT, 1, "{}")) or "", form).partition(first)[0]
    two = (write(_turn(None, 2, "{}")) or "").partition(f"{first}()")[2]
    return CallSpelling(
        opening=opening,
        opening_after_text=texted.partition(_TEXT)[2].lstrip() if _TEXT in texted else None,
        middle="",
        separator=two.partition(second)[0] or None,
        closing=closing,
        style=JsonStyle(item_separator=", ", key_separator=": ", has_escapes=False),
        python_words=_python_words(write),
        has_escapes=r"\'" in (write(_turn(None, 1, '{"qqone": "\'"}')) or ""),
        has_python_lists="['" in (write(_turn(None, 1, '{"qqone": ["qqtext"]}')) or ""),
    )


def _python_words(write: Write) -> frozenset[str]:
    return frozenset(
        word
        for word, json in _WORDS.items()
        if word in (write(_turn(None, 1, f'{{"qqone": {json}}}')) or "")
    )


def _sorts_keys(write: Write) -> bool:
    written = write(_turn(None, 1, '{"qqtwo": 2, "qqone": 1}')) or ""
    return written.find("qqone") < written.find("qqtwo")


@dataclass(frozen=True)
class _Written:
    """An answer with calls, taken apart."""

    head: str
    between: tuple[str, ...]
    """Between the name and the arguments of each call."""
    arguments: str
    """Of the first call."""
    separator: str
    tail: str


def _read(written: str | None, form: AnswerForm) -> _Written | None:
    if written is None:
        return None
    rest = _without_reasoning(written, form)
    for id in _IDS:
        rest = rest.replace(id, ID)
    head, between, arguments, gaps = "", list[str](), list[str](), list[str]()
    for name in _NAMES:
        before, found, after = rest.partition(name)
        start = after.find("{")
        if not found or start < 0:
            break
        end = start + ObjectScanner().scan(after[start:])
        gaps.append(before)
        between.append(after[:start])
        arguments.append(after[start:end])
        rest = after[end:]
    if not gaps:
        return None
    head, *separators = gaps
    return _Written(head, tuple(between), arguments[0], "".join(separators), rest)


def _turn(content: str | None, calls: int, arguments: str = _ARGUMENTS) -> Message:
    made = tuple(
        ToolCall(id=id, name=name, arguments=arguments)
        for id, name in zip(_IDS[:calls], _NAMES, strict=False)
    )
    return Message(role=Role.ASSISTANT, content=content, tool_calls=made)


def _without_reasoning(written: str, form: AnswerForm) -> str:
    """Leave out an empty reasoning that the template writes where there is none."""
    if form.reasoning is Reasoning.NOWHERE or form.is_harmony:
        return written
    opening, closing = map(re.escape, (form.marks.opening, form.marks.closing))
    empty = rf"\s*(?:{opening})?.*?{closing}\n*"
    return re.sub(empty, "", written, count=1, flags=re.DOTALL)


def _style_of(arguments: str) -> JsonStyle:
    found = re.fullmatch(r'{"qqone"(:\s?)1(,\s?)"qqtwo"(:\s?)2}', arguments)
    if found is None or found[1] != found[3]:
        return LOOSE
    return JsonStyle(
        item_separator=re.escape(found[2]), key_separator=re.escape(found[1]), has_escapes=False
    )
