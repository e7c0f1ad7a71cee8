"""What can be wrong with a training file, and where: what every reader gives."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from understudy.wording import Sentence, worded

INVALID_FORMAT = "Invalid file format. "
"""How complaints about single examples begin."""


class ProblemCode(StrEnum):
    """Which of OpenAI's two families of file errors a complaint belongs to."""

    INVALID_FILE = "invalid_file"
    """Reported as `invalid_training_file` or `invalid_validation_file`."""
    FILE_FORMAT = "invalid_file_format"


class CheckName(StrEnum):
    """The names under which OpenAI's cookbook counts the errors of a chat file."""

    DATA_TYPE = "data_type"
    """The line is no JSON object."""
    MISSING_MESSAGES_LIST = "missing_messages_list"
    MESSAGE_MISSING_KEY = "message_missing_key"
    MESSAGE_UNRECOGNIZED_KEY = "message_unrecognized_key"
    UNRECOGNIZED_ROLE = "unrecognized_role"
    MISSING_CONTENT = "missing_content"
    """There is nothing where the text should be, or it is no text."""
    EXAMPLE_MISSING_ASSISTANT_MESSAGE = "example_missing_assistant_message"


class Complaint(NamedTuple):
    """One thing that is wrong with an example."""

    text: Sentence
    """Continues "Example 3": begins with a space, a comma or a colon."""
    field: str = ""
    """Where in the line, as in `messages[1].content`; empty for the whole line."""
    check: CheckName | None = None
    """The cookbook's name for it; None where the cookbook does not look."""
    code: ProblemCode = ProblemCode.INVALID_FILE


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong with a file."""

    line: int
    """Counted from 1."""
    code: ProblemCode
    message: Sentence
    field: str = ""
    """Where in the line, as in `messages[1].content`; empty for the whole line."""
    check: CheckName | None = None
    """The cookbook's name for it; None where the cookbook does not look."""

    @property
    def what(self) -> Sentence:
        """What is wrong with the example, without its number: continues "Example 3"."""
        what = self.message.values.get("what")
        return what if isinstance(what, Sentence) else self.message

    @property
    def without_preface(self) -> Sentence:
        """The message without the words that all messages about single examples begin with."""
        return Sentence.of(
            self.message.code, self.message.removeprefix(INVALID_FORMAT), self.message.values
        )


def problem_of(line: int, complaint: Complaint) -> Problem:
    """Say which example a complaint is about, in OpenAI's words."""
    return Problem(
        line=line,
        code=complaint.code,
        message=worded(
            "file.problem",
            "Invalid file format. Example {line}{what}",
            line=line,
            what=complaint.text,
        ),
        field=complaint.field,
        check=complaint.check,
    )
