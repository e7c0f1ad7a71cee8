"""One generated task: a conversation whose last turn is the right answer, and its check."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from built_in_models.checks import Check, SameCall, SameText
from understudy.chat.messages import Message, Role, Tool, ToolCall


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A conversation to learn from or to be measured with."""

    family: str
    messages: tuple[Message, ...]
    """The last one is the reference answer."""
    tools: tuple[Tool, ...] = ()
    check: Check

    @property
    def question(self) -> tuple[Message, ...]:
        """Everything before the answer."""
        return self.messages[:-1]

    @property
    def reference(self) -> Message:
        """The right answer."""
        return self.messages[-1]


def is_correct(task: Task, answer: Message) -> bool:
    """Say whether an answer of the assistant solves the task."""
    return answer.role is Role.ASSISTANT and task.check(answer)


def system(text: str) -> Message:
    """Return a system turn."""
    return Message(role=Role.SYSTEM, content=text)


def user(text: str) -> Message:
    """Return a user's turn."""
    return Message(role=Role.USER, content=text)


def assistant(text: str) -> Message:
    """Return an assistant's turn in words."""
    return Message(role=Role.ASSISTANT, content=text)


def calling(name: str, arguments: str) -> Message:
    """Return an assistant's turn that calls one tool."""
    call = ToolCall(id="call_1", name=name, arguments=arguments)
    return Message(role=Role.ASSISTANT, tool_calls=(call,))


def tool_result(text: str) -> Message:
    """Return the turn that answers the call before it."""
    return Message(role=Role.TOOL, content=text, tool_call_id="call_1")


def json_text(value: Mapping[str, object]) -> str:
    """Write an object as the JSON text the models learn to write."""
    return json.dumps(value, ensure_ascii=False)


def text_task(
    family: str,
    question: str,
    answer: str,
    *,
    instruction: str | None = None,
    before: Sequence[Message] = (),
    check: Check | None = None,
) -> Task:
    """Return a task answered in words; without a check, right is the answer word by word."""
    head = () if instruction is None else (system(instruction),)
    return Task(
        family=family,
        messages=(*head, *before, user(question), assistant(answer)),
        check=check or SameText(answer),
    )


def call_task(
    family: str,
    question: Sequence[Message],
    tools: Sequence[Tool],
    name: str,
    arguments: Mapping[str, object],
) -> Task:
    """Return a task answered by one tool call."""
    text = json_text(arguments)
    return Task(
        family=family,
        messages=(*question, calling(name, text)),
        tools=tuple(tools),
        check=SameCall(name, text),
    )
