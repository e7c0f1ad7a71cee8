"""The one renderer: conversations to token ids, for training and for serving alike."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from understudy.chat.detokenizer import Detokenizer
from understudy.chat.messages import Message, Role, Tool, ToolCall
from understudy.chat.parser import AnswerParser
from understudy.chat.template import ChatTemplate
from understudy.chat.vocabulary import Vocabulary
from understudy.errors import InvalidRequestError

_DEFAULT_CONTEXT = 2048


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
        self._vocabulary = vocabulary
        self._template = template
        self.stop_ids = tuple(stop_ids)
        self.context_length = context_length

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
        digest = hashlib.sha256(self._vocabulary.description().encode())
        digest.update(self._template.source.encode())
        digest.update(json.dumps([self._template.variables, self.stop_ids]).encode())
        return digest.hexdigest()

    @property
    def has_tool_calls(self) -> bool:
        """Whether the template writes tool calls in a form that `parser` reads back."""
        return "<tool_call>" in self._template.source

    def prompt_ids(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> list[int]:
        """Return the ids a model continues with its answer."""
        return self._encode(self._pieces(messages, tools, add_generation_prompt=True))

    def training_ids(
        self, messages: Sequence[Message], tools: Sequence[Tool], trained: Sequence[bool]
    ) -> RenderedExample:
        """Return the ids of a whole conversation and which of them are trained.

        `trained` says for each message whether it is learnt; only the assistant's may be. What is
        trained of a turn is its text and the stop id, which is what serving will generate.
        """
        ids: list[int] = []
        mask: list[bool] = []
        for text, speaker in self._pieces(messages, tools, add_generation_prompt=False):
            piece = self._vocabulary.encode(text)
            is_trained = speaker is not None and trained[speaker]
            ids += piece
            mask += [is_trained and before_end for before_end in self._up_to_stop(piece)]
        return RenderedExample(ids, mask)

    def answer_parser(self, *, stop: Sequence[str] = (), parse_tools: bool = True) -> AnswerParser:
        """Return a parser for one answer of this model."""
        detokenizer = Detokenizer(self._vocabulary)
        return AnswerParser(detokenizer, stop=stop, parse_tools=parse_tools and self.has_tool_calls)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids, special tokens included."""
        return self._vocabulary.decode(ids)

    def _up_to_stop(self, piece: Sequence[int]) -> list[bool]:
        """Mark the ids of an answer up to its last stop id; what follows is the template's glue."""
        end = max(
            (at for at, id in enumerate(piece) if id in self.stop_ids), default=len(piece) - 1
        )
        return [at <= end for at in range(len(piece))]

    def _encode(self, pieces: Sequence[tuple[str, int | None]]) -> list[int]:
        return [id for text, _ in pieces for id in self._vocabulary.encode(text)]

    def _pieces(
        self, messages: Sequence[Message], tools: Sequence[Tool], *, add_generation_prompt: bool
    ) -> list[tuple[str, int | None]]:
        """Cut the rendered text where each assistant turn begins and ends.

        Each piece comes with the index of the assistant message it is, or None for everything
        else. Pieces are encoded on their own: a token can then never span the border between
        prompt and answer, so a prompt's ids begin the ids of the whole conversation.
        """
        if tools and not self.has_tool_calls:
            raise InvalidRequestError(
                "The chat template of this model has no tool calls of a form that is read here.",
                param="tools",
                code="unsupported_parameter",
            )
        wire = [self._wire_message(message) for message in messages]
        wire_tools = [self._guarded(_wire_tool(tool)) for tool in tools]

        def render(count: int, *, prompt: bool) -> str:
            return self._template.render(wire[:count], wire_tools, add_generation_prompt=prompt)

        whole = render(len(wire), prompt=add_generation_prompt)
        pieces: list[tuple[str, int | None]] = []
        done = 0
        for index, message in enumerate(messages):
            if message.role is not Role.ASSISTANT:
                continue
            start = self._border(whole, render(index, prompt=True), index)
            is_last = index + 1 == len(messages) and not add_generation_prompt
            end = (
                len(whole)
                if is_last
                else self._border(whole, render(index + 1, prompt=False), index)
            )
            pieces += [(whole[done:start], None), (whole[start:end], index)]
            done = end
        pieces.append((whole[done:], None))
        return [piece for piece in pieces if piece[0]]

    def _border(self, whole: str, beginning: str, index: int) -> int:
        if not whole.startswith(beginning):
            raise InvalidRequestError(
                f"The chat template of this model changes earlier turns when message {index} is "
                "added, so training would not match serving; such conversations are refused.",
                param="messages",
            )
        return len(beginning)

    def _wire_message(self, message: Message) -> dict[str, Any]:
        wire: dict[str, Any] = {"role": message.role.value, "content": message.content or ""}
        if message.name is not None:
            wire["name"] = message.name
        if message.tool_call_id is not None:
            wire["tool_call_id"] = message.tool_call_id
        if message.tool_calls:
            wire["tool_calls"] = [_wire_call(call) for call in message.tool_calls]
        return self._guarded(wire)

    def _guarded(self, value: Any) -> Any:
        """Guard every text inside a JSON-like value, so that none can become a control token."""
        if isinstance(value, str):
            return self._vocabulary.guard(value)
        if isinstance(value, Mapping):
            return {self._guarded(key): self._guarded(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._guarded(item) for item in value]
        return value


def _wire_call(call: ToolCall) -> dict[str, Any]:
    # Templates write arguments with `tojson`, so they get the parsed object and not its text.
    function = {"name": call.name, "arguments": json.loads(call.arguments)}
    return {"id": call.id, "type": "function", "function": function}


def _wire_tool(tool: Tool) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    if tool.parameters is not None:
        function["parameters"] = dict(tool.parameters)
    return {"type": "function", "function": function}


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
