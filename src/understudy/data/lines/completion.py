"""One line of a prompt and completion file as users write it."""

from understudy.data.lines.message import Strict


class CompletionLine(Strict):
    """A text and how it continues."""

    prompt: str
    completion: str
