"""The one renderer: conversations to token ids, for training and for serving alike."""

import hashlib
import json
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

from understudy.chat.answer_shape import FreeText, TextForm, ToolChoice, ToolUse
from understudy.chat.detokenizer import Detokenizer
from understudy.chat.extension import extended_ids
from understudy.chat.formats import HERMES, AnswerForm, answer_form
from understudy.chat.grammar import AnswerGrammar, Grammar, needs_grammar
from understudy.chat.messages import Message, Role, Tool, ToolCall
from understudy.chat.parser import AnswerParser
from understudy.chat.reading_back import is_read_back
from understudy.chat.spelling import learn_spelling
from understudy.chat.template import ChatTemplate
from understudy.chat.thinking import thinking_variables
from understudy.chat.turns import Turn, TurnFinder
from understudy.chat.vocabulary import Piece, Vocabulary
from understudy.chat.wire import WireMessages, WireWriter
from understudy.errors import InvalidRequestError
from understudy.schemas.chat import Effort

_DEFAULT_CONTEXT = 2048
# Mistral's templates raise an error for ids of tool calls that are shorter, or of another length.
_DEMANDS_NINE = re.compile(r"length\s*(?:!=|<)\s*9\b")
# A call that shows how a template writes calls: a list, an object, a brace and a foreign letter.
_PROBED_TOOL = Tool(name="f", description="d", parameters={"type": "object", "properties": {}})
_PROBED_CALL = (
    Message(role=Role.USER, content="a"),
    Message(
        role=Role.ASSISTANT,
        tool_calls=(ToolCall(id="call_0", name="f", arguments='{"a": [1, {"b": "}\u00e9"}]}'),),
    ),
)


@dataclass(frozen=True)
class RenderedExample:
    """A conversation as a model is trained on it."""

    ids: list[int]
    trained: list[bool]
    """For each id whether the loss counts it; the same length as `ids`."""


class ChatRenderer:
    """A tokenizer, a chat template and its stop ids, which together decide what a model sees."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        template: ChatTemplate,
        *,
        stop_ids: Sequence[int],
        context_length: int,
    ) -> None:
        self.vocabulary = vocabulary
        self._template = template
        self.stop_ids = tuple(stop_ids)
        self.context_length = context_length
        self._by_effort: dict[Effort, ChatRenderer] = {}

    @classmethod
    def from_directory(cls, directory: Path) -> "ChatRenderer":
        """Read the renderer of a transformers model directory.

        Raises InvalidRequestError when the directory has no tokenizer.json or no chat template.
        """
        if not (directory / "tokenizer.json").is_file():
            raise InvalidRequestError(
                f"{directory.name} has no tokenizer.json; save its tokenizer in that form first."
            )
        config = _read_json(directory / "config.json")
        settings = _read_json(directory / "tokenizer_config.json")
        vocabulary = Vocabulary.from_file(directory / "tokenizer.json")
        names = ("bos_token", "eos_token", "pad_token", "unk_token")
        variables = {name: _token_text(settings.get(name)) for name in names}
        template = ChatTemplate(_template_source(directory, settings), variables)
        generation = _read_json(directory / "generation_config.json")
        return cls(
            vocabulary,
            template,
            stop_ids=_stop_ids(vocabulary, variables["eos_token"], config, generation),
            context_length=int(config.get("max_position_embeddings", _DEFAULT_CONTEXT)),
        )

    @cached_property
    def hash(self) -> str:
        """Hex digest of everything that decides the ids; stored with every job and checkpoint."""
        digest = hashlib.sha256(self.vocabulary.description().encode())
        digest.update(self._template.source.encode())
        digest.update(json.dumps([self._template.variables, self.stop_ids]).encode())
        return digest.hexdigest()

    @property
    def has_tool_calls(self) -> bool:
        """Whether the template writes tool calls in a form that `answer_parser` reads back."""
        return self._call_writer is not None

    def thinking(self, effort: Effort | None) -> "ChatRenderer":
        """Return the renderer that asks for so much thinking; None leaves it to the template.

        Raises InvalidRequestError when the template cannot ask for that.
        """
        if effort is None:
            return self
        if effort not in self._by_effort:
            variables = thinking_variables(effort, self._template.names)
            self._by_effort[effort] = ChatRenderer(
                self.vocabulary,
                self._template.with_variables(variables),
                stop_ids=self.stop_ids,
                context_length=self.context_length,
            )
        return self._by_effort[effort]

    def prompt_ids(
        self,
        messages: Sequence[Message],
        tools: Sequence[Tool] = (),
        *,
        read: Sequence[int] = (),
    ) -> list[int]:
        """Return the ids a model continues with its answer.

        `read` is what it read and wrote of this conversation before; the ids begin with that
        where it spells what would be rendered.
        """
        wire, wire_tools = self._wire(messages, tools)
        text = self._template.render(wire, wire_tools, add_generation_prompt=True)
        pieces = self.vocabulary.pieces(text, self._cut_behind)
        extended = extended_ids(read, text, pieces, self.vocabulary) if read else None
        return extended or [id for piece in pieces for id in piece.ids]

    def text_ids(self, text: str) -> list[int]:
        """Return the ids of a text that is no conversation, behind whatever begins every text.

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
        wire, wire_tools = self._wire(messages, tools)
        wanted = [index for index, is_trained in enumerate(trained) if is_trained]
        text, turns = self._turns.find(wire, wire_tools, wanted)
        pieces = self.vocabulary.pieces(text, self._cut_behind)
        counts = accumulate((len(piece.ids) for piece in pieces), initial=0)
        first_id = dict(zip((piece.start for piece in pieces), counts, strict=False))
        ids = [id for piece in pieces for id in piece.ids]
        mask = [False] * len(ids)
        for turn in turns:
            stop = self._stop_of(turn, pieces)
            if turn.start not in first_id or stop is None:
                raise _no_border(turn.message)
            written = self.vocabulary.unguarded(text[turn.start : stop])
            if not is_read_back(messages[turn.message], written, self._form, tools):
                raise _left_out(turn.message)
            first, last = first_id[turn.start], first_id[stop]
            mask[first : last + 1] = [True] * (last + 1 - first)
        return RenderedExample(ids, mask)

    def grammar(self, tools: Sequence[Tool], choice: ToolChoice, form: TextForm) -> Grammar | None:
        """Return the grammar that holds an answer to what a request wants of it, if it needs one.

        Its schemas must have been found good. Raises InvalidRequestError when this model cannot
        be held to that.
        """
        if not needs_grammar(tools, choice, form):
            return None
        return self._answer_grammar.write(tools, choice, form)

    def grammar_of_calls(self, tools: Sequence[Tool]) -> str:
        """Return the grammar of answers that may call all of these tools."""
        may_call = ToolChoice(use=ToolUse.MAY, names=None, is_parallel=True)
        return self._answer_grammar.write(tools, may_call, FreeText()).text

    def answer_parser(
        self, *, stop: Sequence[str] = (), parse_tools: bool = True, tools: Sequence[Tool] = ()
    ) -> AnswerParser:
        """Return a parser for one answer of this model to a request with these tools."""
        detokenizer = self.detokenizer()
        has_calls = parse_tools and self.has_tool_calls
        return AnswerParser(
            detokenizer, form=self._form, stop=stop, parse_tools=has_calls, tools=tools
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

    def _stop_of(self, turn: Turn, pieces: Sequence[Piece]) -> int | None:
        """Return where the end token of a turn stands in the text."""
        at = bisect_left(pieces, turn.start, key=lambda piece: piece.start)
        while at < len(pieces) and pieces[at].start < turn.end:
            if pieces[at].is_atom and pieces[at].ids[0] in self.stop_ids:
                return pieces[at].start
            at += 1
        return None

    @cached_property
    def _form(self) -> AnswerForm:
        has_think_token = self.vocabulary.id_of("<think>") is not None
        return answer_form(
            self._template.source, self._header or "", has_think_token=has_think_token
        )

    @cached_property
    def _call_writer(self) -> WireWriter | None:
        """The way of writing tool calls that is read back, or None."""
        return next(filter(self._writes_calls, map(self._writer, (False, True))), None)

    def _writer(self, has_calls_in_content: bool) -> WireWriter:
        return WireWriter(
            vocabulary=self.vocabulary,
            form=self._form,
            has_calls_in_content=has_calls_in_content and self._form.calls is HERMES,
            has_short_ids=_DEMANDS_NINE.search(self._template.source) is not None,
        )

    def _writes_calls(self, writer: WireWriter) -> bool:
        written = self._written(writer, _PROBED_CALL[1])
        return written is not None and is_read_back(_PROBED_CALL[1], written, self._form)

    def _written(self, writer: WireWriter, message: Message) -> str | None:
        """Return what the template writes for an assistant's turn, or None if it cannot."""
        wire = [writer.message(_PROBED_CALL[0]), writer.message(message)]
        tools = [writer.tool(_PROBED_TOOL)] if message.tool_calls else []
        try:
            text, turns = self._turns.find(wire, tools, [1])
        except InvalidRequestError:
            return None
        stop = self._stop_of(turns[0], self.vocabulary.pieces(text, self._cut_behind))
        return self.vocabulary.unguarded(text[turns[0].start : stop])

    @cached_property
    def _answer_grammar(self) -> AnswerGrammar:
        writer = self._call_writer or self._writer(False)
        spelling = learn_spelling(
            lambda message: self._written(writer, message),
            self._form,
            has_calls=self.has_tool_calls,
        )
        id_pattern = "[a-zA-Z0-9]{9}" if writer.has_short_ids else "[a-zA-Z0-9_-]{1,64}"
        return AnswerGrammar(self.vocabulary, self._form, spelling, id_pattern=id_pattern)

    @cached_property
    def _header(self) -> str | None:
        """What the template adds to every prompt, behind which the answer begins, if it tells."""
        prompt, without = self._probe(prompt=True), self._probe(prompt=False)
        if prompt is None or without is None or not prompt.startswith(without):
            return None
        return prompt[len(without) :]

    @cached_property
    def _cut_behind(self) -> str:
        """A text behind which no token goes on, so that an answer begins a token of its own."""
        if self._header:
            return self._header
        prompt, other = self._probe(prompt=True), self._probe(prompt=True, said="b")
        return _common_end(prompt or "", other or "")

    def _probe(self, *, prompt: bool, said: str = "a") -> str | None:
        question = [{"role": "user", "content": said}]
        try:
            return self._template.render(question, (), add_generation_prompt=prompt)
        except InvalidRequestError:
            return None

    @cached_property
    def _turns(self) -> TurnFinder:
        return TurnFinder(self._template, self._header)

    def _wire(
        self, messages: Sequence[Message], tools: Sequence[Tool]
    ) -> tuple[WireMessages, WireMessages]:
        needs_calls = bool(tools) or any(m.tool_calls or m.role is Role.TOOL for m in messages)
        if needs_calls and not self.has_tool_calls:
            raise InvalidRequestError(
                "The chat template of this model has no tool calls of a form that is read here.",
                param="tools",
                code="unsupported_parameter",
            )
        writer = self._call_writer or self._writer(False)
        return [writer.message(m) for m in messages], [writer.tool(tool) for tool in tools]


def _common_end(left: str, right: str) -> str:
    length = 0
    while length < min(len(left), len(right)) and left[-length - 1] == right[-length - 1]:
        length += 1
    return left[len(left) - length :]


def _no_border(index: int) -> InvalidRequestError:
    return InvalidRequestError(
        f"The chat template of this model ends message {index} without one of the model's end "
        "tokens, or begins it inside of a token, so a model could not learn to write it. Give the "
        "message the weight 0, or end a conversation with it.",
        param="messages",
    )


def _left_out(index: int) -> InvalidRequestError:
    return InvalidRequestError(
        f"The chat template of this model leaves out or changes what message {index} says, so a "
        "model would learn something else. Give the message the weight 0, or write it otherwise.",
        param="messages",
    )


def _read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _token_text(value: Any) -> str:
    """Read a token of tokenizer_config.json: text, an object with `content`, or absent."""
    if isinstance(value, dict):
        return str(value["content"])
    return value or ""


def _template_source(directory: Path, settings: dict[str, Any]) -> str:
    file = directory / "chat_template.jinja"
    if file.exists():
        return file.read_text(encoding="utf-8")
    source = settings.get("chat_template")
    if isinstance(source, list):
        source = next((entry["template"] for entry in source if entry["name"] == "default"), None)
    if not isinstance(source, str):
        raise InvalidRequestError(
            f"{directory.name} has no chat template; add chat_template.jinja to its directory."
        )
    return source


def _stop_ids(
    vocabulary: Vocabulary, eos_token: str, config: dict[str, Any], generation: dict[str, Any]
) -> list[int]:
    """Collect the ids that end an answer from every place a model directory names them."""
    found: list[int] = []
    for source in (generation.get("eos_token_id"), config.get("eos_token_id")):
        found += source if isinstance(source, list) else [source] if source is not None else []
    if eos_token and (eos_id := vocabulary.id_of(eos_token)) is not None:
        found.append(eos_id)
    return list(dict.fromkeys(found))
