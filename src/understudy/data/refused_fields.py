"""Which field of a conversation a chat template has no place for, found by leaving it out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from understudy.chat.messages import Message, Role
from understudy.chat.rendering.refusals import NoImagesError, NoToolCallsError
from understudy.data.examples import ChatExample
from understudy.errors import InvalidRequestError

_ASKED = Message(role=Role.USER, content="Hello")


class _Suspect(NamedTuple):
    """One thing that a template may refuse, and the conversation without it."""

    complaint: str
    """Which field it is, and what to write instead."""
    without: ChatExample


def naming_the_field(
    error: InvalidRequestError, example: ChatExample, render: Callable[[ChatExample], object]
) -> InvalidRequestError:
    """Return the error with the field that causes it, where leaving out one field mends it.

    Of the same class, so that whoever can do without the field still knows. What `render` raises
    for other conversations is found out here and raised nowhere.
    """
    if isinstance(error, NoToolCallsError | NoImagesError) or _works(render, example):
        return error
    for suspect in _suspects(example):
        if _works(render, suspect.without):
            return _renamed(error, f"{suspect.complaint} ({error.message})")
    return error


def _works(render: Callable[[ChatExample], object], example: ChatExample) -> bool:
    try:
        render(example)
    except InvalidRequestError:
        return False
    return True


def _renamed(error: InvalidRequestError, message: str) -> InvalidRequestError:
    return type(error)(message, param=error.param, code=error.code)


def _suspects(example: ChatExample) -> Iterator[_Suspect]:
    yield from _system(example)
    yield from _text_beside_calls(example)
    yield from _several_calls(example)
    yield from _first_speaker(example)
    yield from _same_speaker(example)


def _system(example: ChatExample) -> Iterator[_Suspect]:
    at = next((i for i, m in enumerate(example.messages) if m.role is Role.SYSTEM), None)
    if at is not None:
        yield _Suspect(
            f"Message {at + 1} has the role system, which this model's chat template has no place "
            "for: write the instructions at the beginning of the first user message.",
            _kept(example, [m.role is not Role.SYSTEM for m in example.messages]),
        )


def _text_beside_calls(example: ChatExample) -> Iterator[_Suspect]:
    both = [i for i, m in enumerate(example.messages) if m.tool_calls and m.content]
    if both:
        yield _Suspect(
            f'Message {both[0] + 1} has "content" beside "tool_calls", of which this model\'s chat '
            'template writes one: leave the "content" out, or give the message the weight 0.',
            _changed(example, both, lambda message: replace(message, content=None)),
        )


def _several_calls(example: ChatExample) -> Iterator[_Suspect]:
    several = [i for i, m in enumerate(example.messages) if len(m.tool_calls) > 1]
    if several:
        dropped = {call.id for i in several for call in example.messages[i].tool_calls[1:]}
        single = _changed(
            example, several, lambda message: replace(message, tool_calls=message.tool_calls[:1])
        )
        count = len(example.messages[several[0]].tool_calls)
        yield _Suspect(
            f'Message {several[0] + 1} has {count} entries in "tool_calls", and this model\'s chat '
            "template writes one call a message: write each call, followed by its result, in a "
            "message of its own.",
            _kept(single, [m.tool_call_id not in dropped for m in single.messages]),
        )


def _first_speaker(example: ChatExample) -> Iterator[_Suspect]:
    spoken = [i for i, m in enumerate(example.messages) if m.role is not Role.SYSTEM]
    if spoken and example.messages[spoken[0]].role is not Role.USER:
        at = spoken[0]
        yield _Suspect(
            f"Message {at + 1} has the role {example.messages[at].role.value}, and with this "
            "model's chat template the user speaks first: put a user message before it.",
            replace(
                example,
                messages=(*example.messages[:at], _ASKED, *example.messages[at:]),
                trained=(*example.trained[:at], False, *example.trained[at:]),
            ),
        )


def _same_speaker(example: ChatExample) -> Iterator[_Suspect]:
    pairs = zip(example.messages, example.messages[1:], strict=False)
    again = [
        i
        for i, (one, other) in enumerate(pairs, start=1)
        if one.role is other.role is not Role.TOOL
    ]
    if again:
        at = again[0]
        yield _Suspect(
            f"Messages {at} and {at + 1} both have the role {example.messages[at].role.value}, "
            "which this model's chat template does not take: join them into one.",
            _kept(example, [i + 1 not in again for i in range(len(example.messages))]),
        )


def _kept(example: ChatExample, kept: Sequence[bool]) -> ChatExample:
    """Return an example of some of the messages; its images are no concern here."""
    return replace(
        example,
        messages=tuple(m for m, is_kept in zip(example.messages, kept, strict=True) if is_kept),
        trained=tuple(t for t, is_kept in zip(example.trained, kept, strict=True) if is_kept),
    )


def _changed(
    example: ChatExample, places: Sequence[int], change: Callable[[Message], Message]
) -> ChatExample:
    messages = [change(m) if i in places else m for i, m in enumerate(example.messages)]
    return replace(example, messages=tuple(messages))
