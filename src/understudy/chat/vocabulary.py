"""Text to token ids and back, with special tokens only where the template put them."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tokenizers import AddedToken, Tokenizer

from understudy.errors import InvalidRequestError

# Stands for the first character of a special token that a user typed, until the text is encoded.
# A noncharacter: no well-formed document holds it, and `guard` refuses the ones that do.
_GUARD = "\ufdd0"


class Vocabulary:
    """A `tokenizer.json`, used so that users' text can never turn into control tokens."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._whole = tokenizer
        self._plain = _without_added_tokens(tokenizer)
        added: Mapping[int, AddedToken] = tokenizer.get_added_tokens_decoder()
        self._atom_of_id = {id: token.content for id, token in added.items()}
        self._id_of_atom = {text: id for id, text in self._atom_of_id.items()}
        # Longest first, so that a token which begins with another one still wins.
        ordered = sorted(self._id_of_atom, key=len, reverse=True)
        self._atom_pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    @classmethod
    def from_file(cls, path: Path) -> "Vocabulary":
        """Read a `tokenizer.json`."""
        return cls(Tokenizer.from_file(str(path)))

    @property
    def size(self) -> int:
        """Number of ids, special ones included."""
        return self._whole.get_vocab_size(with_added_tokens=True)

    def description(self) -> str:
        """Return the tokenizer as JSON text, the same for the same tokenizer."""
        return self._whole.to_str()

    def id_of(self, token: str) -> int | None:
        """Return the id of one exact token, or None."""
        return self._whole.token_to_id(token)

    def atom(self, token_id: int) -> str | None:
        """Return the text of a special token, or None for an ordinary one."""
        return self._atom_of_id.get(token_id)

    def guard(self, text: str) -> str:
        """Mark special tokens inside a user's text so that `encode` reads them as plain letters."""
        if _GUARD in text:
            raise InvalidRequestError(
                "The text contains the noncharacter U+FDD0, which no text may; remove it."
            )
        if self._atom_pattern is None:
            return text
        return self._atom_pattern.sub(lambda found: _GUARD + found.group(), text)

    def encode(self, rendered: str) -> list[int]:
        """Return the ids of rendered text: unguarded special tokens as atoms, the rest as text."""
        ids: list[int] = []
        start = 0
        if self._atom_pattern is not None:
            for found in self._atom_pattern.finditer(rendered):
                if found.start() > 0 and rendered[found.start() - 1] == _GUARD:
                    continue
                ids += self._encode_text(rendered[start : found.start()])
                ids.append(self._id_of_atom[found.group()])
                start = found.end()
        return ids + self._encode_text(rendered[start:])

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids, special tokens included; half a character becomes U+FFFD."""
        return self._whole.decode(list(ids), skip_special_tokens=False)

    def _encode_text(self, text: str) -> list[int]:
        plain = text.replace(_GUARD, "")
        return self._plain.encode(plain, add_special_tokens=False).ids if plain else []


def _without_added_tokens(tokenizer: Tokenizer) -> Tokenizer:
    # The library finds added tokens in any text it encodes; only a copy without them cannot.
    description = json.loads(tokenizer.to_str())
    description["added_tokens"] = []
    description["post_processor"] = None
    description["truncation"] = None
    description["padding"] = None
    return Tokenizer.from_str(json.dumps(description))
