"""Keeps what is judged inside its block: it can neither end the block nor begin another turn."""

import re

from understudy.safety.guards.guard import Judged

# The marks of all families at once, so that none is forgotten where one reads another's.
_MARK = re.compile(
    r"<(?=[\s/|_]*(?:begin|end|start|im|channel|message|return|score|think)\b)", re.I
)
_MARK_LIKE = re.compile(r"<(?=[\s/|_]*(?:begin|end|start)_)", re.I)
_SPEAKER = re.compile(
    r"(?m)^(\s*\**\s*(?:user|agent|assistant|human question|chatbot response|user message|"
    r"assistant message)\s*\**\s*):",
    re.I,
)


def judged(text: str) -> Judged:
    """Return a text as a guard may read it.

    Marks of a prompt keep their look but begin with another sign, and so do lines that look like
    the beginning of another speaker's turn. Control tokens are not read from it in any case.
    """
    text = _MARK_LIKE.sub("\u2039", _MARK.sub("\u2039", text))
    return Judged(_SPEAKER.sub("\\1\uff1a", text))
