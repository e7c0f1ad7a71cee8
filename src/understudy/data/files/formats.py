"""The formats of training files: how each is recognised, and which method learns from it."""

from enum import StrEnum
from typing import Any

from understudy.wording import Sentence, worded


class Method(StrEnum):
    """How a job learns, as its request names it."""

    SUPERVISED = "supervised"
    DPO = "dpo"
    REINFORCEMENT = "reinforcement"


class FileFormat(StrEnum):
    """The kinds of training files, under the names that OpenAI's errors give them."""

    CHAT = "fine-tune-chat"
    COMPLETION = "fine-tune-completion"
    PREFERENCE = "fine-tune-preference"
    REINFORCEMENT = "fine-tune-reinforcement"


METHOD_OF = {
    FileFormat.CHAT: Method.SUPERVISED,
    FileFormat.COMPLETION: Method.SUPERVISED,
    FileFormat.PREFERENCE: Method.DPO,
    FileFormat.REINFORCEMENT: Method.REINFORCEMENT,
}

UNEXPECTED_FORMAT = worded(
    "file.unexpected_format",
    "Unexpected file format, expected either prompt/completion pairs or chat messages.",
)

_PREFERENCE_KEYS = {
    "preferred_output",
    "preferred_completion",
    "non_preferred_output",
    "non_preferred_completion",
}
_CHAT_KEYS = {"messages", "tools", "parallel_tool_calls", "functions"}


def format_of(written: dict[str, Any], method: Method) -> FileFormat | None:
    """Recognise a line's format by its keys; None if no format has such a line.

    Chat and reinforcement are alike: in a reinforcement job a line is chat only if it ends with
    an answer and holds nothing for graders, and in another job it is reinforcement only if it
    ends with a question and holds something for graders.
    """
    if "messages" in written:
        has_more = not written.keys() <= _CHAT_KEYS
        last = _last_role(written)
        if method is Method.REINFORCEMENT:
            is_chat = last == "assistant" and not has_more
        else:
            is_chat = last != "user" or not has_more
        return FileFormat.CHAT if is_chat else FileFormat.REINFORCEMENT
    # `input` alone is a key that rows of many kinds have.
    if not _PREFERENCE_KEYS.isdisjoint(written) or isinstance(written.get("input"), dict):
        return FileFormat.PREFERENCE
    if "prompt" in written and "completion" in written:
        return FileFormat.COMPLETION
    return None


def mismatch(found: FileFormat, method: Method, file_id: str | None) -> Sentence:
    """Say, as OpenAI does, that a file of this format is not what the job's method learns from."""
    file = (
        worded("file.the_file", "The file")
        if file_id is None
        else worded("file.input_file", "Input file {file}", file=file_id)
    )
    return worded(
        "file.other_method",
        "{file} is in the {format} format, but the specified fine-tuning "
        "job is not using '{needed}' as the training method (provided "
        "method={method}). ",
        file=file,
        format=found,
        needed=METHOD_OF[found],
        method=method,
    )


def _last_role(written: dict[str, Any]) -> object:
    messages = written["messages"]
    if not isinstance(messages, list) or not messages:
        return None
    last: Any = messages[-1]
    return last.get("role") if isinstance(last, dict) else None
