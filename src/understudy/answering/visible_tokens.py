"""Which of the generated tokens make up the text that a client sees."""

from typing import NamedTuple

from understudy.chat.parsing.deltas import Delta, TextDelta
from understudy.inference.protocol import TokenEvent


class _Placed(NamedTuple):
    """A token and where its text stands in all that the model wrote; half characters have none."""

    start: int
    end: int
    event: TokenEvent


class VisibleTokens:
    """Finds the tokens of each piece of visible text; reasoning and tool calls are passed over.

    A token counts as visible when any of its text is, so the one in which a stop text cuts the
    answer is returned whole. Every token is returned once, with the first text that it is part of.
    """

    def __init__(self) -> None:
        self._tokens: list[_Placed] = []
        # What the model wrote, from `_offset` on; what stands before `_passed` is dealt with.
        self._written = ""
        self._offset = 0
        self._passed = 0

    def write(self, event: TokenEvent, text: str) -> None:
        """Add a token with the text that it completes."""
        start = self._end
        self._written += text
        self._tokens.append(_Placed(start, self._end, event))

    def write_rest(self, text: str) -> None:
        """Add what the last token left open: half a character."""
        self._written += text

    def tokens_of(self, delta: Delta) -> tuple[TokenEvent, ...]:
        """Return the tokens of the next piece of the answer, if it is text."""
        if not isinstance(delta, TextDelta):
            self._passed = self._end
            return ()
        start = self._find(delta.text)
        end = start + len(delta.text)
        found = [t.event for t in self._tokens if t.start < end and _reaches(t, start)]
        self._tokens = [token for token in self._tokens if token.start >= end]
        self._written = self._written[end - self._offset :]
        self._offset = self._passed = end
        return tuple(found)

    @property
    def _end(self) -> int:
        return self._offset + len(self._written)

    def _find(self, text: str) -> int:
        """Return where text stands: mostly at once, or after what the client does not see."""
        passed = self._passed - self._offset
        if self._written.startswith(text, passed):
            return self._passed
        at = self._written.rfind(text, passed)
        # After a call that ends in the middle of a token.
        return self._offset + (at if at >= 0 else max(0, len(self._written) - len(text)))


def _reaches(token: _Placed, place: int) -> bool:
    return token.end > place or token.start == token.end == place
