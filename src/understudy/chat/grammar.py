"""One grammar for an answer: reasoning, text of the wanted form, and the calls that may be made.

Written for llguidance: rules in small letters, terms in capitals, `<[7]>` for the token 7. Text
never matches a control token, so control tokens stand exactly where the template puts them.
"""

import json
import re
from collections.abc import Sequence
from typing import NamedTuple

from understudy.chat.answer_shape import (
    FreeText,
    JsonObject,
    JsonSchema,
    TextForm,
    ToolChoice,
    ToolUse,
)
from understudy.chat.formats import AnswerForm, Reasoning
from understudy.chat.messages import Tool
from understudy.chat.parameter_values import AnyText, JsonValue, OneOf, parameters_of
from understudy.chat.schemas import LOOSE, json_rule, parameters_schema
from understudy.chat.spelling import ID, CallSpelling, Spelling
from understudy.chat.vocabulary import Vocabulary
from understudy.errors import InvalidRequestError

_ANY_TEXT = "/(?s:.*)/"
_ANY_OBJECT = {"type": "object"}
_THINK, _END_THINK = "<think>", "</think>"
_HARMONY_THINK = "<|channel|>analysis<|message|>"
_HARMONY_END_THINK = ("<|end|>", "<|start|>assistant")


def callable_tools(tools: Sequence[Tool], choice: ToolChoice) -> tuple[Tool, ...]:
    """Return the tools that an answer may call."""
    if choice.use is ToolUse.NEVER:
        return ()
    return tuple(tool for tool in tools if choice.names is None or tool.name in choice.names)


def needs_grammar(tools: Sequence[Tool], choice: ToolChoice, form: TextForm) -> bool:
    """Whether an answer could be wrong if the model wrote what it likes."""
    if not isinstance(form, FreeText) or choice.use is ToolUse.MUST:
        return True
    is_limited = choice.use is ToolUse.MAY and choice.names is not None
    return is_limited or any(tool.is_strict for tool in callable_tools(tools, choice))


class Grammar(NamedTuple):
    """What an answer has to be."""

    text: str
    reluctant_ids: tuple[int, ...]
    """Tokens that come only where they are the model's likeliest, though the grammar has room for
    them: whether a model thinks before it answers is left to the model, and one that never learned
    to must not take it for a way out."""


class _Literal(NamedTuple):
    """Fixed text as a part of a rule."""

    rule: str
    ends_piece: bool
    """Whether what follows is encoded by itself."""


class AnswerGrammar:
    """Writes the grammars of one model's answers."""

    def __init__(
        self, vocabulary: Vocabulary, form: AnswerForm, spelling: Spelling, *, id_pattern: str
    ) -> None:
        """`id_pattern` is what the ids of calls look like where the model writes them."""
        self._vocabulary = vocabulary
        self._form = form
        self._spelling = spelling
        self._id = f"/{id_pattern}/"
        # Tokenizers of SentencePiece's kind put a space before every text that they encode.
        self._space = '" "?' if vocabulary.begins_with_space else ""

    def write(self, tools: Sequence[Tool], choice: ToolChoice, form: TextForm) -> Grammar:
        """Return the grammar of an answer to a request with these tools.

        Raises InvalidRequestError when the form of this model's answers does not allow for it.
        """
        called = callable_tools(tools, choice)
        calls = self._spelling.calls if called else None
        if called and calls is None:
            raise InvalidRequestError(
                "The tool calls of this model's chat template cannot be held to a choice or a "
                "strict schema by this server.",
                code="unsupported_parameter",
                param="tool_choice",
            )
        has_mark = self._form.is_harmony or (self._form.calls and self._form.calls.opening)
        if calls is not None and not has_mark and not isinstance(form, FreeText):
            raise InvalidRequestError(
                "This model writes tool calls as JSON without a mark, so they could not be told "
                "from an answer in JSON; ask for either 'tools' or 'response_format'.",
                code="unsupported_parameter",
                param="response_format",
            )
        bodies: list[str] = []
        rules: list[str] = []
        if choice.use is not ToolUse.MUST:
            bodies.append("text")
            rules += self._text_rules(form, has_calls=calls is not None)
        if calls is not None:
            bodies.append("calls")
            has_text = isinstance(form, FreeText) and choice.use is ToolUse.MAY
            rules += self._call_rules(calls, called, choice, has_text=has_text)
        start = f"start: reasoning ( {' | '.join(bodies)} )"
        text = "\n".join([start, *self._reasoning_rules(), *rules, ""])
        think = self._vocabulary.id_of(_THINK)
        return Grammar(text, () if think is None else (think,))

    def _text_rules(self, form: TextForm, *, has_calls: bool) -> list[str]:
        before = self._literal(self._spelling.before_text, starts_piece=True)
        match form:
            case FreeText():
                return [f"text: {before.rule} TEXT", f"TEXT: {self._plain_text(has_calls)}"]
            case JsonObject():
                json_text = json_rule(_ANY_OBJECT, LOOSE, is_strict=True)
            case JsonSchema(schema=schema, is_strict=is_strict):
                json_text = json_rule(schema, LOOSE, is_strict=is_strict)
        space = self._space if before.ends_piece else ""
        return [f"text: {before.rule} {space} json_text", f"json_text: {json_text}"]

    def _plain_text(self, has_calls: bool) -> str:
        """Return a term for text that is not read as a call."""
        if not has_calls or self._form.calls is None:
            return _ANY_TEXT
        if not self._form.calls.opening:
            return r"/(\s*[^{\s](?s:.*))?/"
        return f"{_ANY_TEXT} & ~/(?s:.*){_pattern(self._form.calls.opening)}(?s:.*)/"

    def _call_rules(
        self, calls: CallSpelling, tools: Sequence[Tool], choice: ToolChoice, *, has_text: bool
    ) -> list[str]:
        places = range(len(tools))
        is_parallel = choice.is_parallel and calls.separator is not None
        more = "next*" if is_parallel else ""
        closing = self._literal(calls.closing, starts_piece=False)
        rules = [f"calls: ( {_any_of('first', places)} ) {more} {closing.rule}"]
        for place, tool in enumerate(tools):
            rules += self._calls_of(calls, place, tool, is_parallel=is_parallel)
        if is_parallel:
            rules.append(f"next: {_any_of('next', places)}")
        marker = self._form.calls.opening if self._form.calls is not None else ""
        if has_text and marker and calls.opening_behind_text is not None:
            rules += self._text_before_calls(marker, calls.opening_behind_text, tools, calls)
            texted = f"calls: text_opening ( {_any_of('texted', places)} ) {more} {closing.rule}"
            rules[0] += f" | {texted.partition(': ')[2]}"
        return rules

    def _calls_of(
        self, calls: CallSpelling, place: int, tool: Tool, *, is_parallel: bool
    ) -> list[str]:
        first = self._literal(calls.opening + tool.name + calls.middle, starts_piece=True)
        space = self._space if first.ends_piece else ""
        rules = [
            *self._arguments_of(calls, place, tool, space),
            f"first_{place}: {first.rule} args_{place}",
        ]
        if is_parallel and calls.separator is not None:
            named = calls.separator + tool.name + calls.middle
            rules.append(
                f"next_{place}: {self._literal(named, starts_piece=False).rule} args_{place}"
            )
        return rules

    def _arguments_of(self, calls: CallSpelling, place: int, tool: Tool, space: str) -> list[str]:
        schema = parameters_schema(tool.parameters)
        form = self._form.calls.parameters if self._form.calls is not None else None
        if form is None or calls.behind_parameter is None:
            rule = json_rule(schema, calls.style, is_strict=tool.is_strict)
            return [f"args_{place}: {space} {rule}"]
        name = f"args_{place}"
        asked = parameters_of(schema, tool, has_python_words=calls.has_python_words)
        rules: list[str] = []
        parts: list[str] = []
        for part, parameter in enumerate(asked):
            begun = self._literal(form.opening + parameter.name + form.between, starts_piece=False)
            ended = self._literal(form.closing + calls.behind_parameter, starts_piece=False).rule
            written = f"{name}_{part}"
            match parameter.value:
                case AnyText():
                    behind = self._literal(calls.behind_parameter, starts_piece=False).rule
                    rules += self._up_to(f"{written}_text", form.closing)
                    value = f"{written}_text {behind}"
                case OneOf(texts=texts):
                    choices = (self._literal(text, starts_piece=False).rule for text in texts)
                    value = f"( {' | '.join(choices)} ) {ended}"
                case JsonValue(schema=inner):
                    rule = json_rule(inner, calls.style, is_strict=tool.is_strict)
                    rules.append(f"{written}_json: {rule}")
                    value = f"{written}_json {ended}"
            rules.append(f"{written}: {begun.rule} {value}")
            parts.append(written if parameter.is_required else f"{written}?")
        return [f"{name}: {' '.join(parts)}", *rules]

    def _text_before_calls(
        self, marker: str, opening: str, tools: Sequence[Tool], calls: CallSpelling
    ) -> list[str]:
        """Text up to the mark that begins a call, which the text itself cannot hold."""
        before = self._literal(self._spelling.before_text, starts_piece=True).rule
        if self._vocabulary.id_of(marker) is not None:
            rules = [f"text_opening: {before} TEXT"]
            rest = opening
        else:
            rules = [f"text_opening: {before} marked_text", *self._up_to("marked_text", marker)]
            rest = opening.partition(marker)[2]
        for place, tool in enumerate(tools):
            named = self._literal(rest + tool.name + calls.middle, starts_piece=False)
            rules.append(f"texted_{place}: {named.rule} args_{place}")
        return rules

    def _reasoning_rules(self) -> list[str]:
        """Return what may stand, or has to, before the answer itself: any thoughts."""
        form = self._form
        if form.is_harmony:
            end, again = _HARMONY_END_THINK
            begun = self._literal(_HARMONY_THINK, starts_piece=True).rule
            goes_on = self._literal(again, starts_piece=True).rule
            return [f"reasoning: ( {begun} thoughts {goes_on} )?", *self._up_to("thoughts", end)]
        if form.reasoning is Reasoning.NOWHERE:
            return ["reasoning:"]
        rules = self._up_to("thoughts", _END_THINK)
        if form.begins_with_reasoning:
            return ['reasoning: thoughts "\\n"? "\\n"?', *rules]
        begun = self._literal(self._spelling.before_reasoning + _THINK, starts_piece=True).rule
        return [f'reasoning: ( {begun} thoughts "\\n"? "\\n"? )?', *rules]

    def _up_to(self, name: str, end: str) -> list[str]:
        """Define a rule for any text with the first `end` behind it."""
        if self._vocabulary.id_of(end) is None:
            return [f"{name}[lazy]: /(?s:.*){_pattern(end)}/"]
        term = f"{_ANY_TEXT} & ~/(?s:.*){_pattern(end)}(?s:.*)/"
        literal = self._literal(end, starts_piece=True).rule
        return [f"{name}: {name.upper()} {literal}", f"{name.upper()}: {term}"]

    def _literal(self, text: str, *, starts_piece: bool) -> _Literal:
        parts: list[str] = []
        for count, literal in enumerate(text.split(ID)):
            parts += [self._id] if count else []
            for piece in self._vocabulary.pieces(literal, ""):
                if piece.is_atom:
                    parts.append(f"<[{piece.ids[0]}]>")
                else:
                    parts += [self._space] if starts_piece else []
                    parts.append(json.dumps(literal[piece.start : piece.end], ensure_ascii=False))
                starts_piece = piece.is_atom
        return _Literal(" ".join(parts), starts_piece)


def _any_of(name: str, places: range) -> str:
    return " | ".join(f"{name}_{place}" for place in places)


def _pattern(text: str) -> str:
    return re.escape(text).replace("/", r"\/").replace("\\\n", r"\n")
