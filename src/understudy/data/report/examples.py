"""Examples of every method as the conversations that a report and a preview look at."""

from collections.abc import Iterable
from dataclasses import dataclass

from understudy.chat.messages import Message
from understudy.data.examples import (
    ChatExample,
    Example,
    PreferenceExample,
    ReinforcementExample,
)
from understudy.data.files.formats import Method
from understudy.data.files.parse import ParsedFile, TrainingFile, parse_chat_file, parse_file
from understudy.data.files.problems import Problem
from understudy.data.images.sources import TEXT_ONLY, ImageSource


@dataclass(frozen=True, kw_only=True)
class ReadFile:
    """A file as it was parsed, and its examples as conversations."""

    method: Method
    parsed: ParsedFile | TrainingFile
    examples: tuple[ChatExample, ...]
    """What is to be learned of a pair is the preferred answer; of a prompt alone, nothing."""
    rejected: tuple[ChatExample, ...]
    """The same pairs with the other answer; empty for files of other methods."""
    skipped: tuple[Problem, ...]
    """Why lines were left out whose images cannot be used."""


def read_file(chunks: Iterable[bytes], method: Method, images: ImageSource = TEXT_ONLY) -> ReadFile:
    """Read a training file as a job of this method would.

    `images` gives those of supervised files; those of others are looked at and not learned from.
    """
    if method is Method.SUPERVISED:
        chats = parse_chat_file(chunks, images=images)
        return ReadFile(
            method=method,
            parsed=chats,
            examples=chats.examples,
            rejected=(),
            skipped=chats.skipped,
        )
    parsed = parse_file(chunks, method)
    pairs = [example for example in parsed.examples if isinstance(example, PreferenceExample)]
    return ReadFile(
        method=method,
        parsed=parsed,
        examples=tuple(map(_conversation, parsed.examples)),
        rejected=tuple(_answered(pair, pair.non_preferred) for pair in pairs),
        skipped=parsed.skipped,
    )


def _conversation(example: Example) -> ChatExample:
    match example:
        case ChatExample():
            return example
        case PreferenceExample():
            return _answered(example, example.preferred)
        case ReinforcementExample():
            return ChatExample(
                line=example.line,
                messages=example.messages,
                tools=example.tools,
                trained=(False,) * len(example.messages),
                parallel_tool_calls=None,
                unseen=example.unseen,
            )


def _answered(pair: PreferenceExample, answer: Message) -> ChatExample:
    return ChatExample(
        line=pair.line,
        messages=(*pair.messages, answer),
        tools=pair.tools,
        trained=(*(False for _ in pair.messages), True),
        parallel_tool_calls=pair.parallel_tool_calls,
    )
