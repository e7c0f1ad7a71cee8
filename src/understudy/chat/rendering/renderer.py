"""The one renderer: conversations to token ids, for training and for serving alike."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import accumulate
from pathlib import Path

from understudy.chat.answer_shape import FreeText, TextForm, ToolChoice, ToolUse
from understudy.chat.families.formats import AnswerForm, Reasoning
from understudy.chat.families.probing import TemplateProbe
from understudy.chat.families.spelling import learn_spelling
from understudy.chat.grammar.answer_grammar import AnswerGrammar, Grammar, needs_grammar
from understudy.chat.images.families import image_tokens_of
from understudy.chat.images.image_tokens import ImageTokens
from understudy.chat.images.placing import PlacedImage
from understudy.chat.messages import Message, Role, Tool
from understudy.chat.parsing.detokenizer import Detokenizer
from understudy.chat.parsing.parser import AnswerParser
from understudy.chat.rendering.extension import extended_ids
from understudy.chat.rendering.model_files import (
    context_length_of,
    own_template,
    read_json,
    stop_ids_of,
    token_text,
)
from understudy.chat.rendering.reading_back import is_read_back
from understudy.chat.rendering.refusals import (
    NoImagesError,
    NoToolCallsError,
    left_out,
    no_border,
)
from understudy.chat.rendering.shown_images import ShownImages
from understudy.chat.rendering.template import ChatTemplate, today
from understudy.chat.rendering.thinking import thinking_variables
from understudy.chat.rendering.turns import TurnFinder, end_of_answer
from understudy.chat.rendering.vocabulary import Vocabulary
from understudy.chat.rendering.wire import WireMessages
from understudy.chat.rendering.written_reasoning import with_reasoning_apart
from understudy.errors import InvalidRequestError
from understudy.schemas.chat.request import Effort

# Characters or tokens at the end of a prompt in which a mark that opens reasoning has room.
_MARK_ROOM = 32
# What templates print dates with.
_DATES = {"strftime_now", "date_string"}
_QUESTION = {"role": "user", "content": "Hello"}


@dataclass(frozen=True)
class RenderedPrompt:
    """What a model reads before it answers."""

    ids: list[int]
    images: tuple[PlacedImage, ...] = ()


@dataclass(frozen=True)
class RenderedExample:
    """A conversation as a model is trained on it."""

    ids: list[int]
    trained: list[bool]
    """For each id whether the loss counts it; the same length as `ids`."""
    images: tuple[PlacedImage, ...] = ()
    """In their order, none of whose tokens is trained."""


class ChatRenderer:
    """A tokenizer, a chat template and its stop ids, which together decide what a model sees."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        template: ChatTemplate,
        *,
        stop_ids: Sequence[int],
        context_length: int,
        image_tokens: ImageTokens | None = None,
    ) -> None:
        of_images = image_tokens.controls if image_tokens else ""
        written = "\n".join([template.source, *map(str, template.variables.values()), of_images])
        self.vocabulary = vocabulary.with_template(written, stop_ids)
        self._template = template
        self.stop_ids = tuple(stop_ids)
        self.context_length = context_length
        self._image_tokens = image_tokens
        self._by_effort: dict[Effort, ChatRenderer] = {}
        self._by_day: dict[date, ChatRenderer] = {}

    @classmethod
    def from_directory(cls, directory: Path) -> "ChatRenderer":
        """Read the renderer of a transformers model directory.

        Raises InvalidRequestError when the directory has no tokenizer.json or no chat template.
        """
        return cls._read(directory, own_template(directory))

    @classmethod
    def without_template(cls, directory: Path) -> "ChatRenderer":
        """Read all of a directory but its chat template, for a template to be given to it."""
        return cls._read(directory, "")

    @classmethod
    def _read(cls, directory: Path, source: str | None) -> "ChatRenderer":
        if not (directory / "tokenizer.json").is_file():
            raise InvalidRequestError(
                f"{directory.name} has no tokenizer.json; save its tokenizer in that form first."
            )
        if source is None:
            raise InvalidRequestError(
                f"{directory.name} has no chat template; add chat_template.jinja to its directory."
            )
        config = read_json(directory / "config.json")
        settings = read_json(directory / "tokenizer_config.json")
        vocabulary = Vocabulary.from_file(directory / "tokenizer.json")
        names = ("bos_token", "eos_token", "pad_token", "unk_token")
        variables = {name: token_text(settings.get(name)) for name in names}
        template = ChatTemplate(source, variables)
        generation = read_json(directory / "generation_config.json")
        return cls(
            vocabulary,
            template,
            stop_ids=stop_ids_of(vocabulary, variables["eos_token"], config, generation),
            context_length=context_length_of(config),
            image_tokens=image_tokens_of(directory),
        )

    @cached_property
    def hash(self) -> str:
        """Hex digest of everything that decides the ids; stored with every job and checkpoint."""
        digest = hashlib.sha256(self.vocabulary.description().encode())
        digest.update(self._template.source.encode())
        digest.update(json.dumps([self._template.variables, self.stop_ids]).encode())
        if self._image_tokens is not None:
            digest.update(repr(self._image_tokens).encode())
        return digest.hexdigest()

    @property
    def special_ids(self) -> dict[str, int]:
        """The ids of the tokens that the tokenizer names: `bos_token`, `eos_token` and others."""
        found = {
            name: self.vocabulary.id_of(str(text))
            for name, text in self._template.variables.items()
            if text
        }
        return {name: id_ for name, id_ in found.items() if id_ is not None}

    @property
    def template(self) -> ChatTemplate:
        """The chat template, for whoever asks what it sees."""
        return self._template

    @property
    def has_tool_calls(self) -> bool:
        """Whether the template shows tools and writes calls that `answer_parser` reads back."""
        return self._probe.has_tool_calls

    def with_template(self, source: str, ends: Sequence[str]) -> "ChatRenderer":
        """Return the renderer of the same tokenizer with another template and its end tokens.

        Raises InvalidRequestError when the template cannot be read, refuses a plain question or
        runs too long, or when an end token is not there.
        """
        end_ids = [self.vocabulary.id_of(end) for end in ends]
        absent = [end for end, id in zip(ends, end_ids, strict=True) if id is None]
        if absent:
            raise InvalidRequestError(
                f"The template ends answers with {absent[0]}, which this tokenizer does not have."
            )
        found = [id for id in end_ids if id is not None]
        template = ChatTemplate(source, self._template.variables)
        template.render([_QUESTION], (), add_generation_prompt=True)
        return ChatRenderer(
            self.vocabulary,
            template,
            stop_ids=list(dict.fromkeys([*found, *self.stop_ids])),
            context_length=self.context_length,
            image_tokens=self._image_tokens,
        )

    def thinking(self, effort: Effort | None) -> "ChatRenderer":
        """Return the renderer that asks for so much thinking; None leaves it to the template.

        Raises InvalidRequestError when the template cannot ask for that.
        """
        if effort is None:
            return self
        if effort not in self._by_effort:
            variables = thinking_variables(effort, self._template.names)
            self._by_effort[effort] = self._with(self._template.with_variables(variables))
        return self._by_effort[effort]

    @property
    def day(self) -> date | None:
        """The day whose date the template prints, or None where that is no day of ours."""
        return self._template.day or (today() if self._template.prints_today else None)

    def dated(self, day: date | None) -> "ChatRenderer":
        """Return the renderer that prints this day's date; None leaves it to the template."""
        if day is None or not _DATES & self._template.names:
            return self
        if day not in self._by_day:
            self._by_day[day] = self._with(self._template.dated(day))
        return self._by_day[day]

    def prompt_ids(
        self,
        messages: Sequence[Message],
        tools: Sequence[Tool] = (),
        *,
        read: Sequence[int] = (),
    ) -> list[int]:
        """Return the ids of `prompt`."""
        return self.prompt(messages, tools, read=read).ids

    def prompt(
        self,
        messages: Sequence[Message],
        tools: Sequence[Tool] = (),
        *,
        read: Sequence[int] = (),
    ) -> RenderedPrompt:
        """Return the ids a model continues with its answer, and where images stand in them.

        `read` is what it read and wrote of this conversation before; the ids begin with that
        where it spells what would be rendered.
        """
        messages = self._with_reasoning_apart(messages)
        wire, wire_tools = self._wire(messages, tools)
        text = self._probe.template.render(wire, wire_tools, add_generation_prompt=True)
        shown = self._shown(messages, text)
        pieces = self.vocabulary.pieces(shown.text, self._probe.cut_after)
        extended = extended_ids(read, shown.text, pieces, self.vocabulary) if read else None
        if extended is not None and shown.fits(extended):
            return RenderedPrompt(extended, shown.placed(extended))
        ids = [id for piece in pieces for id in piece.ids]
        return RenderedPrompt(ids, shown.placed(ids))

    def text_ids(self, text: str) -> list[int]:
        """Return the ids of a text that is no conversation, after whatever begins every text.

        Special tokens that the text names are read as letters, as everywhere.
        """
        return [
            *self.vocabulary.opening_ids,
            *self.vocabulary.encode(self.vocabulary.guard(text)),
        ]

    def training_ids(
        self, messages: Sequence[Message], tools: Sequence[Tool], trained: Sequence[bool]
    ) -> RenderedExample:
        """Return the ids of a whole conversation and which of them are trained.

        `trained` says for each message whether it is learnt; only the assistant's may be. What is
        trained of a turn is its text and the stop id, which is what serving will generate: what
        stands before it in the ids is proved to be what `prompt_ids` returns for the messages
        before it. Raises InvalidRequestError, naming the message, where that cannot be.
        """
        messages = self._with_reasoning_apart(messages)
        wire, wire_tools = self._wire(messages, tools)
        wanted = [index for index, is_trained in enumerate(trained) if is_trained]
        rendered, turns = self._turns.find(wire, wire_tools, wanted)
        shown = self._shown(messages, rendered)
        text, turns = shown.text, shown.moved(turns)
        pieces = self.vocabulary.pieces(text, self._probe.cut_after)
        counts = accumulate((len(piece.ids) for piece in pieces), initial=0)
        first_id = dict(zip((piece.start for piece in pieces), counts, strict=False))
        ids = [id for piece in pieces for id in piece.ids]
        mask = [False] * len(ids)
        for turn in turns:
            stop = end_of_answer(turn.start, turn.end, pieces, self.stop_ids)
            if turn.start not in first_id or stop is None:
                raise no_border(turn.message)
            written = self.vocabulary.unguarded(text[turn.start : stop])
            form = self._probe.form.after(text[max(0, turn.start - _MARK_ROOM) : turn.start])
            if not is_read_back(messages[turn.message], written, form, tools):
                raise left_out(turn.message)
            first, last = first_id[turn.start], first_id[stop]
            mask[first : last + 1] = [True] * (last + 1 - first)
        return RenderedExample(ids, mask, shown.placed(ids))

    def grammar(
        self,
        tools: Sequence[Tool],
        choice: ToolChoice,
        form: TextForm,
        *,
        prompt: Sequence[int],
    ) -> Grammar | None:
        """Return the grammar that holds an answer to what a request wants of it, if it needs one.

        Its schemas must have been found good. Raises InvalidRequestError when this model cannot
        be held to that.
        """
        if not needs_grammar(tools, choice, form):
            return None
        is_thinking = self._form_after(prompt).begins_with_reasoning
        return self._answer_grammar.write(tools, choice, form, is_thinking=is_thinking)

    def grammar_of_calls(self, tools: Sequence[Tool], *, prompt: Sequence[int]) -> str:
        """Return the grammar of answers to a prompt that may call all of these tools."""
        may_call = ToolChoice(use=ToolUse.MAY, names=None, is_parallel=True)
        is_thinking = self._form_after(prompt).begins_with_reasoning
        grammar = self._answer_grammar.write(tools, may_call, FreeText(), is_thinking=is_thinking)
        return grammar.text

    def answer_parser(
        self,
        *,
        prompt: Sequence[int],
        stop: Sequence[str] = (),
        parse_tools: bool = True,
        tools: Sequence[Tool] = (),
    ) -> AnswerParser:
        """Return a parser for one answer of this model to a prompt with these tools."""
        detokenizer = self.detokenizer()
        has_calls = parse_tools and self.has_tool_calls
        form = self._form_after(prompt)
        return AnswerParser(
            detokenizer,
            form=form,
            stop=stop,
            parse_tools=has_calls,
            tools=tools,
            opening=self._probe.opening,
        )

    def text_parser(self, *, stop: Sequence[str]) -> AnswerParser:
        """Return a parser for text that is no answer in a conversation: it stops, and no more."""
        return AnswerParser(self.detokenizer(), form=AnswerForm(), stop=stop, parse_tools=False)

    def detokenizer(self) -> Detokenizer:
        """Return what reads the ids of one answer as text."""
        return Detokenizer(self.vocabulary)

    def bytes_of(self, token_id: int) -> bytes:
        """Return the UTF-8 bytes of one token, which may be half a character."""
        return self.vocabulary.bytes_of(token_id)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids, special tokens included."""
        return self.vocabulary.decode(ids)

    def _with(self, template: ChatTemplate) -> "ChatRenderer":
        return ChatRenderer(
            self.vocabulary,
            template,
            stop_ids=self.stop_ids,
            context_length=self.context_length,
            image_tokens=self._image_tokens,
        )

    def _shown(self, messages: Sequence[Message], text: str) -> ShownImages:
        return ShownImages.in_text(text, messages, self.vocabulary, self._image_tokens)

    def _form_after(self, prompt: Sequence[int]) -> AnswerForm:
        """Return the form of the answer to one prompt, which may have begun the reasoning."""
        return self._probe.form.after(self.decode(prompt[-_MARK_ROOM:]))

    @cached_property
    def _answer_grammar(self) -> AnswerGrammar:
        probe = self._probe
        spelling = learn_spelling(probe.written, probe.form, has_calls=self.has_tool_calls)
        id_pattern = "[a-zA-Z0-9]{9}" if probe.writer.has_short_ids else "[a-zA-Z0-9_-]{1,64}"
        return AnswerGrammar(self.vocabulary, probe.form, spelling, id_pattern=id_pattern)

    @cached_property
    def _probe(self) -> TemplateProbe:
        return TemplateProbe(self.vocabulary, self._template, self.stop_ids)

    @cached_property
    def _turns(self) -> TurnFinder:
        return TurnFinder(self._probe.template, self._probe.header)

    def _with_reasoning_apart(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Read `<think>` at the beginning of a text as reasoning, where the family reasons."""
        if self._probe.form.reasoning is Reasoning.NOWHERE:
            return messages
        return [with_reasoning_apart(message) for message in messages]

    def _wire(
        self, messages: Sequence[Message], tools: Sequence[Tool]
    ) -> tuple[WireMessages, WireMessages]:
        needs_calls = bool(tools) or any(m.tool_calls or m.role is Role.TOOL for m in messages)
        if needs_calls and not self.has_tool_calls:
            raise NoToolCallsError(self._probe.lack_of_tools)
        if self._image_tokens is None and any(m.parts for m in messages):
            raise NoImagesError
        writer = self._probe.writer
        return [writer.message(m) for m in messages], [writer.tool(tool) for tool in tools]
