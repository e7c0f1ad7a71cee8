"""Text to token ids and back, with special tokens only where the template put them."""

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from tokenizers import AddedToken, Tokenizer

from understudy.errors import InvalidRequestError

# Stands for the first character of a special token that a user typed, until the text is encoded.
# A noncharacter: no well-formed document holds it, and `guard` refuses the ones that do.
_GUARD = "\ufdd0"
# Noncharacters that mark places inside the platform and therefore stand in no text.
_RESERVED = re.compile("[\ufdd0-\ufdd3]")
# Role headers and the like come again and again; they are encoded once.
_SHORT_TEXT = 24
_KEPT_SHORT_TEXTS = 4096
# How SentencePiece writes a space, and single bytes.
_SPACE = "\u2581"
_BYTE_TOKEN = re.compile("<0x([0-9A-F]{2})>")
# Byte-level tokenizers write printable bytes as themselves and the others, in order, as the letters
# from U+0100 on.
_PRINTABLE = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
_OTHERS = tuple(byte for byte in range(256) if byte not in _PRINTABLE)
_BYTE_OF_LETTER = {chr(byte): byte for byte in _PRINTABLE} | {
    chr(0x100 + place): byte for place, byte in enumerate(_OTHERS)
}


class PromptPiece(NamedTuple):
    """A part of rendered text that is encoded by itself."""

    start: int
    end: int
    ids: Sequence[int]
    is_atom: bool
    """Whether it is one special token that the template wrote."""


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
        decoder = json.loads(tokenizer.to_str())["decoder"] or {}
        self._is_byte_level = "ByteLevel" in {
            part["type"] for part in [decoder, *decoder.get("decoders", ())] if "type" in part
        }
        self._encode_short = lru_cache(maxsize=_KEPT_SHORT_TEXTS)(self._encode_plain)

    @classmethod
    def from_file(cls, path: Path) -> "Vocabulary":
        """Read a `tokenizer.json`."""
        return cls(Tokenizer.from_file(str(path)))

    @property
    def size(self) -> int:
        """Number of ids, special ones included."""
        return self._whole.get_vocab_size(with_added_tokens=True)

    @cached_property
    def opening_ids(self) -> tuple[int, ...]:
        """The special tokens that the tokenizer itself puts before every text: often none."""
        probe = "a"
        plain = self._whole.encode(probe, add_special_tokens=False).ids
        ids: list[int] = self._whole.encode(probe).ids
        for at in range(len(ids) - len(plain) + 1):
            if ids[at : at + len(plain)] == plain:
                return tuple(ids[:at])
        return ()

    @property
    def begins_with_space(self) -> bool:
        """Whether the tokens of a text begin with a space that the text itself does not have."""
        ids = self._encode_plain("a")
        return len(ids) > 0 and self.bytes_of(ids[0]).startswith(b" ")

    def description(self) -> str:
        """Return the tokenizer as JSON text, the same for the same tokenizer."""
        return self._whole.to_str()

    def id_of(self, token: str) -> int | None:
        """Return the id of one exact token, or None."""
        return self._whole.token_to_id(token)

    def atom(self, token_id: int) -> str | None:
        """Return the text of a special token, or None for an ordinary one."""
        return self._atom_of_id.get(token_id)

    def bytes_of(self, token_id: int) -> bytes:
        """Return the UTF-8 bytes of one token, which may be half a character."""
        token = self._whole.id_to_token(token_id) or ""
        if token_id in self._atom_of_id:
            return token.encode()
        if (one := _BYTE_TOKEN.fullmatch(token)) is not None:
            return bytes.fromhex(one[1])
        if self._is_byte_level and all(letter in _BYTE_OF_LETTER for letter in token):
            return bytes(_BYTE_OF_LETTER[letter] for letter in token)
        return token.replace(_SPACE, " ").encode()

    def guard(self, text: str) -> str:
        """Mark special tokens inside a user's text so that `encode` reads them as plain letters."""
        if (reserved := _RESERVED.search(text)) is not None:
            raise InvalidRequestError(
                f"The text contains the noncharacter U+{ord(reserved.group()):04X}, "
                "which no text may; remove it."
            )
        if self._atom_pattern is None:
            return text
        return self._atom_pattern.sub(lambda found: _GUARD + found.group(), text)

    def unguarded(self, text: str) -> str:
        """Return the text without the marks of `guard`."""
        return text.replace(_GUARD, "")

    def encode(self, rendered: str) -> list[int]:
        """Return the ids of rendered text: unguarded special tokens as atoms, the rest as text."""
        return [id for piece in self.pieces(rendered, "") for id in piece.ids]

    def pieces(self, rendered: str, header: str) -> list[PromptPiece]:
        """Return rendered text in the pieces that are encoded by themselves.

        A piece ends at special tokens of the template and after every `header`. So the pieces of
        a text are also the first pieces of every longer text, if it ends where a piece ends.
        """
        pieces: list[PromptPiece] = []
        cuts = list(_ends(rendered, header))
        start = 0
        for atom_start, atom_end, atom_id in self._atoms(rendered):
            pieces += self._text_pieces(rendered, start, atom_start, cuts)
            pieces.append(PromptPiece(atom_start, atom_end, (atom_id,), True))
            start = atom_end
        pieces += self._text_pieces(rendered, start, len(rendered), cuts)
        return pieces

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids, special tokens included; half a character becomes U+FFFD."""
        return self._whole.decode(list(ids), skip_special_tokens=False)

    def _atoms(self, rendered: str) -> Iterator[tuple[int, int, int]]:
        if self._atom_pattern is None:
            return
        for found in self._atom_pattern.finditer(rendered):
            start, end = found.span()
            if start == 0 or rendered[start - 1] != _GUARD:
                yield start, end, self._id_of_atom[found.group()]

    def _text_pieces(
        self, rendered: str, start: int, end: int, cuts: list[int]
    ) -> Iterator[PromptPiece]:
        inside = cuts[bisect_right(cuts, start) : bisect_left(cuts, end)]
        borders = [start, *inside, end]
        for first, last in pairwise(borders):
            if first < last:
                text = rendered[first:last]
                is_short = len(text) <= _SHORT_TEXT
                ids = self._encode_short(text) if is_short else self._encode_plain(text)
                yield PromptPiece(first, last, ids, False)

    def _encode_plain(self, text: str) -> Sequence[int]:
        plain = text.replace(_GUARD, "")
        return self._plain.encode(plain, add_special_tokens=False).ids if plain else ()


def _ends(text: str, part: str) -> Iterator[int]:
    """Yield every position after `part` in `text`."""
    at = text.find(part) if part else -1
    while at >= 0:
        yield at + len(part)
        at = text.find(part, at + 1)


def _without_added_tokens(tokenizer: Tokenizer) -> Tokenizer:
    # The library finds added tokens in any text it encodes; only a copy without them cannot.
    description = json.loads(tokenizer.to_str())
    description["added_tokens"] = []
    description["post_processor"] = None
    description["truncation"] = None
    description["padding"] = None
    return Tokenizer.from_str(json.dumps(description))
