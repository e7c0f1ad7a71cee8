"""Token ids to text one at a time, holding back bytes that are not yet a whole character."""

from understudy.chat.rendering.vocabulary import Vocabulary

# UTF-8 characters have at most four bytes; more pending ids than that are broken for good.
_MAX_PENDING_IDS = 4


class Detokenizer:
    """Decodes a growing sequence; the pieces joined are the text of the whole."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._context: list[int] = []
        self._pending: list[int] = []

    def feed(self, token_id: int) -> str:
        """Return the text that `token_id` completes, possibly none."""
        self._pending.append(token_id)
        text = self._decode_pending()
        if text.endswith("\ufffd") and len(self._pending) < _MAX_PENDING_IDS:
            return ""
        return self._take(text)

    def finish(self) -> str:
        """Return what is still pending; half a character comes out as U+FFFD."""
        return self._take(self._decode_pending()) if self._pending else ""

    def _decode_pending(self) -> str:
        # Some decoders treat the first id of a text differently, so decode after the last piece.
        before = self._vocabulary.decode(self._context)
        return self._vocabulary.decode(self._context + self._pending)[len(before) :]

    def _take(self, text: str) -> str:
        self._context, self._pending = self._pending, []
        return text
