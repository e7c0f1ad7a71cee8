"""What works with one chat template, found by trying it: chat, tools, parallel calls, training."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from understudy.chat.answer_shape import FreeText, ToolChoice, ToolUse
from understudy.chat.messages import Message, Role, Tool, ToolCall
from understudy.chat.parsing.deltas import TextDelta
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.errors import InvalidRequestError

_TOOL = Tool(
    name="get_weather",
    description="Get the weather",
    parameters={
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
)
_SYSTEM = Message(role=Role.SYSTEM, content="Be brief.")
_ASKED = Message(role=Role.USER, content="What is the weather in Paris?")
_ANSWERED = Message(role=Role.ASSISTANT, content="It is sunny.")
_CHAT = (_ASKED, _ANSWERED, _ASKED, _ANSWERED)
_CALLS = tuple(
    ToolCall(id=f"call_{at}", name="get_weather", arguments='{"city": "Paris"}') for at in (1, 2)
)
_CALLED = Message(role=Role.ASSISTANT, tool_calls=_CALLS[:1])
_RESULT = Message(role=Role.TOOL, content="21", tool_call_id="call_1", name="get_weather")
_WITH_CALL = (_ASKED, _CALLED, _RESULT, _ANSWERED)
_WITH_CALLS = (_ASKED, Message(role=Role.ASSISTANT, tool_calls=_CALLS))
# What control tokens look like that are no tokens of the tokenizer: marks of another family.
_CONTROL = re.compile(r"<\|[^<>|\s]+\|>|<｜[^<>｜\s]+｜>|<(?:start|end)_of_turn>")


class Learns(Enum):
    """Which answers of a conversation can be trained."""

    EVERY_TURN = auto()
    LAST_TURN = auto()
    """Only the last, because the template writes earlier ones otherwise."""
    NOTHING = auto()


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What works with a template."""

    chat_problem: str | None
    """Why the model cannot be asked anything; None where it can."""
    has_system: bool
    """Whether conversations may begin with a system message."""
    learns: Learns
    learns_problem: str | None
    """Why answers, or earlier answers, cannot be trained."""
    tools_problem: str | None
    """Why tools are refused; None where they work, forced calls included."""
    learns_calls: Learns
    has_parallel_calls: bool
    foreign_tokens: tuple[str, ...]
    """Control tokens that the template writes and the tokenizer does not have."""

    @property
    def has_tools(self) -> bool:
        """Whether requests and training files may have tools."""
        return self.tools_problem is None


def examine(renderer: ChatRenderer) -> Findings:
    """Try a template with the conversations that users have."""
    chat_problem = _problem(lambda: renderer.prompt_ids([_ASKED]))
    if chat_problem is None and not renderer.stop_ids:
        chat_problem = "No token ends an answer, so answers would never end."
    if chat_problem is not None:
        # Not tried further: a template that loops would take seconds for each trial.
        return Findings(
            chat_problem=chat_problem,
            has_system=False,
            learns=Learns.NOTHING,
            learns_problem=chat_problem,
            tools_problem=chat_problem,
            learns_calls=Learns.NOTHING,
            has_parallel_calls=False,
            foreign_tokens=(),
        )
    learns, learns_problem = _learns(renderer, _CHAT, ())
    tools_problem = _problem(lambda: _force(renderer))
    has_tools = tools_problem is None
    with_calls = _learns(renderer, _WITH_CALL, (_TOOL,))[0] if has_tools else Learns.NOTHING
    parallel = has_tools and _problem(lambda: _learn(renderer, _WITH_CALLS, (_TOOL,))) is None
    return Findings(
        chat_problem=None,
        has_system=_problem(lambda: renderer.prompt_ids([_SYSTEM, _ASKED])) is None,
        learns=learns,
        learns_problem=learns_problem,
        tools_problem=tools_problem,
        learns_calls=with_calls,
        has_parallel_calls=parallel,
        foreign_tokens=_foreign_tokens(renderer, has_tools=has_tools),
    )


def end_token(renderer: ChatRenderer) -> str | None:
    """Return the special token that the template writes right after an answer, if it does."""
    try:
        ids = _whole(renderer, (_ASKED, _ANSWERED))
    except InvalidRequestError:
        return None
    said = _ANSWERED.content or ""
    start = len(ids)
    while start > 0 and said not in renderer.decode(ids[start:]):
        start -= 1
    atoms = map(renderer.vocabulary.atom, ids[start:])
    return next((atom for atom in atoms if atom is not None), None)


def frame(renderer: ChatRenderer) -> str | None:
    """Return what the template writes around the messages of a short chat; None if it refuses.

    What stands before the first message, such as a system message of its own, is no part of it.
    """
    try:
        text = renderer.decode(renderer.prompt_ids([_ASKED, _ANSWERED, _ASKED]))
    except InvalidRequestError:
        return None
    return text.partition(_ASKED.content or "")[2]


def first_id(renderer: ChatRenderer) -> int | None:
    """Return the token that begins a short chat, often one for all texts; None if it refuses."""
    try:
        return renderer.prompt_ids([_ASKED])[0]
    except InvalidRequestError:
        return None


def _learns(
    renderer: ChatRenderer, messages: Sequence[Message], tools: Sequence[Tool]
) -> tuple[Learns, str | None]:
    every = _problem(lambda: _learn(renderer, messages, tools))
    if every is None and _written_answer(renderer) != _ANSWERED.content:
        return Learns.NOTHING, (
            "What it writes for an answer is more than the answer: a template adds what begins an "
            "answer to prompts too, where add_generation_prompt is set."
        )
    if every is None:
        return Learns.EVERY_TURN, None
    is_last = [at == len(messages) - 1 for at in range(len(messages))]
    last = _problem(lambda: renderer.training_ids(messages, tools, is_last))
    return (Learns.LAST_TURN, every) if last is None else (Learns.NOTHING, last)


def _written_answer(renderer: ChatRenderer) -> str:
    """Return what a client would read if the model wrote what it is trained on."""
    learned = renderer.training_ids([_ASKED, _ANSWERED], (), [False, True])
    written = [
        id for id, is_trained in zip(learned.ids, learned.trained, strict=True) if is_trained
    ]
    parser = renderer.answer_parser(prompt=renderer.prompt_ids([_ASKED]))
    deltas = [delta for id in written[:-1] for delta in parser.feed(id)] + parser.finish()
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))


def _learn(renderer: ChatRenderer, messages: Sequence[Message], tools: Sequence[Tool]) -> None:
    renderer.training_ids(messages, tools, [m.role is Role.ASSISTANT for m in messages])


def _whole(
    renderer: ChatRenderer, messages: Sequence[Message], tools: Sequence[Tool] = ()
) -> list[int]:
    return renderer.training_ids(messages, tools, [False] * len(messages)).ids


def _force(renderer: ChatRenderer) -> None:
    prompt = renderer.prompt_ids([_ASKED], [_TOOL])
    must = ToolChoice(use=ToolUse.MUST, names=None, is_parallel=False)
    renderer.grammar([_TOOL], must, FreeText(), prompt=prompt)


def _foreign_tokens(renderer: ChatRenderer, *, has_tools: bool) -> tuple[str, ...]:
    tools = [_TOOL] if has_tools else []
    messages = (*(_WITH_CALL if has_tools else _CHAT), _ASKED)
    text = renderer.decode(_whole(renderer, messages, tools))
    written = dict.fromkeys(_CONTROL.findall(text))
    return tuple(token for token in written if renderer.vocabulary.id_of(token) is None)


def _problem(attempt: Callable[[], object]) -> str | None:
    try:
        attempt()
    except InvalidRequestError as error:
        return error.message
    return None
