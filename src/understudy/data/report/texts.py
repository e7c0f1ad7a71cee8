"""What an example says, in the forms in which examples are compared and searched."""

import json
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b

from understudy.chat.messages import Image, Message, Role
from understudy.data.examples import ChatExample
from understudy.data.report.loose_text import label_of, loosely

_SPOKEN = (Role.USER, Role.ASSISTANT)


def texts_of(example: ChatExample) -> Iterator[str]:
    """Yield every text of the messages: what is said, and the arguments of calls."""
    for message in example.messages:
        yield from _texts_of(message)


def spoken_text(example: ChatExample) -> str:
    """Return what users and the assistant say; instructions, often equal, are left out."""
    spoken = (message for message in example.messages if message.role in _SPOKEN)
    return "\n".join(text for message in spoken for text in _texts_of(message))


def whole_key(example: ChatExample) -> bytes:
    """Return a digest that is the same for examples that teach the same."""
    weights = [
        example.trained[i] for i, m in enumerate(example.messages) if m.role is Role.ASSISTANT
    ]
    return _digest(_surroundings(example), _written(example.messages), weights)


def prompt_key(example: ChatExample) -> bytes:
    """Return a digest of everything before the last answer that is learned, if there is one."""
    return _digest(_surroundings(example), _written(example.messages[: _answer_index(example)]))


def answer_key(example: ChatExample) -> bytes:
    """Return a digest of the last answer that is learned."""
    return _digest(_written(_answer(example)))


def loose_prompt_key(example: ChatExample) -> bytes:
    """Return the same as `prompt_key`, but for letter case, blanks and punctuation of questions.

    Instructions and results of tools count as they are.
    """
    prompt = _written(example.messages[: _answer_index(example)], spoken=loosely)
    return _digest(_surroundings(example), prompt)


def loose_answer_key(example: ChatExample) -> bytes:
    """Return the same as `answer_key`, but for the looks of what is said."""
    return _digest(_written(_answer(example), spoken=label_of))


def answer_text(example: ChatExample) -> str:
    """Return the words of the last answer that is learned; empty when it has none."""
    return "".join(message.content or "" for message in _answer(example))


def _answer(example: ChatExample) -> Sequence[Message]:
    """Return the last answer that is learned, alone; nothing for a prompt without one."""
    index = _answer_index(example)
    return example.messages[index : index + 1]


def _answer_index(example: ChatExample) -> int:
    learned = (index for index, is_trained in enumerate(example.trained) if is_trained)
    return max(learned, default=len(example.messages))


def _texts_of(message: Message) -> Iterator[str]:
    yield from (text for text in (message.reasoning, message.content) if text)
    for call in message.tool_calls:
        yield call.arguments


def _surroundings(example: ChatExample) -> list[object]:
    tools = [[tool.name, tool.description, tool.parameters] for tool in example.tools]
    return [tools, [[image.message, image.address] for image in example.unseen]]


def _written(
    messages: Sequence[Message], spoken: Callable[[str], str] = lambda text: text
) -> list[object]:
    # Ids of calls are left out: they are random and say nothing.
    return [
        [
            m.role,
            m.name,
            m.reasoning,
            spoken(m.content) if m.content and m.role in _SPOKEN else m.content,
            [part.sha256 for part in m.parts if isinstance(part, Image)],
            [[call.name, call.arguments] for call in m.tool_calls],
        ]
        for m in messages
    ]


def _digest(*parts: object) -> bytes:
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, default=repr)
    return blake2b(text.encode(), digest_size=16).digest()
