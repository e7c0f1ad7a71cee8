"""One grammar for an answer: reasoning, text of the wanted form, and the calls that may be made.

Written for llguidance: rules in small letters, terms in capitals. Text never matches a control
token, so control tokens stand exactly where the template puts them.
"""

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
from understudy.chat.families.formats import AnswerForm, Reasoning
from understudy.chat.families.spelling import CallSpelling, Spelling
from understudy.chat.grammar.argument_rules import argument_rules
from understudy.chat.grammar.literals import ANY_TEXT, Literal, Literals, text_without
from understudy.chat.grammar.schemas import LOOSE, json_rule
from understudy.chat.messages import Tool
from understudy.chat.rendering.vocabulary import Vocabulary
from understudy.errors import InvalidRequestError

_ANY_OBJECT = {"type": "object"}
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


class AnswerGrammar:
    """Writes the grammars of one model's answers."""

    def __init__(
        self, vocabulary: Vocabulary, form: AnswerForm, spelling: Spelling, *, id_pattern: str
    ) -> None:
        """`id_pattern` is what the ids of calls look like where the model writes them."""
        self._form = form
        self._spelling = spelling
        self._literals = Literals(vocabulary, id_pattern=id_pattern)

    def write(
        self, tools: Sequence[Tool], choice: ToolChoice, form: TextForm, *, is_thinking: bool
    ) -> Grammar:
        """Return the grammar of an answer to a request with these tools.

        `is_thinking` says whether the prompt itself has opened the reasoning.
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
                "This model writes tool calls as JSON without a mark, so they cannot be "
                "distinguished from an answer in JSON; ask for either 'tools' or "
                "'response_format'.",
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
        text = "\n".join([start, *self._reasoning_rules(is_thinking), *rules, ""])
        think = None if self._form.is_harmony else self._literals.atom(self._form.marks.opening)
        return Grammar(text, () if think is None else (think,))

    def _text_rules(self, form: TextForm, *, has_calls: bool) -> list[str]:
        before = self._beginning(self._spelling.before_text)
        match form:
            case FreeText():
                return [f"text: {before.rule} TEXT", f"TEXT: {self._plain_text(has_calls)}"]
            case JsonObject():
                json_text = json_rule(_ANY_OBJECT, LOOSE, is_strict=True)
            case JsonSchema(schema=schema, is_strict=is_strict):
                json_text = json_rule(schema, LOOSE, is_strict=is_strict)
        space = self._literals.space if before.ends_piece else ""
        return [f"text: {before.rule} {space} json_text", f"json_text: {json_text}"]

    def _beginning(self, text: str) -> Literal:
        """Return what an answer begins with, as the template writes it.

        Spaces alone or before a control token need not stand there: some templates indent turns.
        """
        rest = text.lstrip()
        if rest == text or (rest and self._literals.atom(rest) is None):
            return self._literals.literal(text, starts_piece=True)
        indent = self._literals.literal(text.removesuffix(rest), starts_piece=True)
        begun = self._literals.literal(rest, starts_piece=True)
        return Literal(f"( {indent.rule} )? {begun.rule}", begun.ends_piece)

    def _plain_text(self, has_calls: bool) -> str:
        """Return a term for text that is not read as a call."""
        if not has_calls or self._form.calls is None:
            return ANY_TEXT
        if not self._form.calls.opening:
            return r"/(\s*[^{\s](?s:.*))?/"
        return text_without(self._form.calls.opening)

    def _call_rules(
        self, calls: CallSpelling, tools: Sequence[Tool], choice: ToolChoice, *, has_text: bool
    ) -> list[str]:
        places = range(len(tools))
        is_parallel = choice.is_parallel and calls.separator is not None
        more = "next*" if is_parallel else ""
        closing = self._literals.literal(calls.closing, starts_piece=False)
        rules = [f"calls: ( {_any_of('first', places)} ) {more} {closing.rule}"]
        for place, tool in enumerate(tools):
            rules += self._calls_of(calls, place, tool, is_parallel=is_parallel)
        if is_parallel:
            rules.append(f"next: {_any_of('next', places)}")
        marker = self._form.calls.opening if self._form.calls is not None else ""
        if has_text and marker and calls.opening_after_text is not None:
            rules += self._text_before_calls(marker, calls.opening_after_text, tools, calls)
            texted = f"calls: text_opening ( {_any_of('texted', places)} ) {more} {closing.rule}"
            rules[0] += f" | {texted.partition(': ')[2]}"
        return rules

    def _calls_of(
        self, calls: CallSpelling, place: int, tool: Tool, *, is_parallel: bool
    ) -> list[str]:
        first = self._beginning(calls.opening + tool.name + calls.middle)
        space = self._literals.space if first.ends_piece else ""
        rules = [
            *argument_rules(f"args_{place}", tool, self._form.calls, calls, self._literals),
            f"first_{place}: {first.rule} {space} args_{place}",
        ]
        if is_parallel and calls.separator is not None:
            named = calls.separator + tool.name + calls.middle
            following = self._literals.literal(named, starts_piece=False).rule
            rules.append(f"next_{place}: {following} {space} args_{place}")
        return rules

    def _text_before_calls(
        self, marker: str, opening: str, tools: Sequence[Tool], calls: CallSpelling
    ) -> list[str]:
        """Text up to the mark that begins a call, which the text itself cannot hold."""
        before = self._beginning(self._spelling.before_text).rule
        if self._literals.atom(marker) is not None:
            rules = [f"text_opening: {before} TEXT"]
            rest = opening
        else:
            rules = [
                f"text_opening: {before} marked_text",
                *self._literals.up_to("marked_text", marker),
            ]
            rest = opening.partition(marker)[2]
        for place, tool in enumerate(tools):
            named = self._literals.literal(rest + tool.name + calls.middle, starts_piece=False)
            space = self._literals.space if named.ends_piece else ""
            rules.append(f"texted_{place}: {named.rule} {space} args_{place}")
        return rules

    def _reasoning_rules(self, is_thinking: bool) -> list[str]:
        """Return what may stand, or has to, before the answer itself: any thoughts."""
        form = self._form
        if form.is_harmony:
            end, again = _HARMONY_END_THINK
            begun = self._literals.literal(_HARMONY_THINK, starts_piece=True).rule
            goes_on = self._literals.literal(again, starts_piece=True).rule
            return [
                f"reasoning: ( {begun} thoughts {goes_on} )?",
                *self._literals.up_to("thoughts", end),
            ]
        if form.reasoning is Reasoning.NOWHERE:
            return ["reasoning:"]
        rules = self._literals.up_to("thoughts", form.marks.closing)
        if is_thinking:
            return ['reasoning: thoughts "\\n"? "\\n"?', *rules]
        opening = self._spelling.before_reasoning + form.marks.opening
        begun = self._literals.literal(opening, starts_piece=True).rule
        return [f'reasoning: ( {begun} thoughts "\\n"? "\\n"? )?', *rules]


def _any_of(name: str, places: range) -> str:
    return " | ".join(f"{name}_{place}" for place in places)
