"""Text to token ids and back, with special tokens only where the template put them."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from tokenizers import AddedToken, Tokenizer

from understudy.chat.rendering.encoders import Encoders, Place, token_end
from understudy.errors import InvalidRequestError

# Stands for the first character of a special token that a user typed, until the text is encoded.
# A noncharacter: no well-formed document holds it, and `guard` refuses the ones that do.
_GUARD = "\ufdd0"
# Noncharacters that mark places inside the platform and therefore stand in no text.
_RESERVED = re.compile("[\ufdd0-\ufdd3]")
# What the look of a mark is: it stands between characters that are neither letters nor space.
_MARK = re.compile(r"[^\w\s].*[^\w\s]", re.DOTALL)
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
    """A part of rendered text with its ids: none for space that a token beside it swallows."""

    start: int
    end: int
    ids: Sequence[int]
    is_atom: bool
    """Whether it is one control token that the template wrote, with space that belongs to it."""


class Vocabulary:
    """A `tokenizer.json`, used so that users' text can never turn into control tokens.

    Control tokens are the added tokens that the tokenizer calls special, that end an answer, or
    that are marks which the chat template writes; without a template, all but runs of space. Any
    other added token is text, and found in users' texts as the tokenizer finds it.
    """

    def __init__(
        self, tokenizer: Tokenizer, *, template: str | None = None, stop_ids: Collection[int] = ()
    ) -> None:
        """`tokenizer` is used as it is but for its truncation and padding, which end here."""
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._whole = tokenizer
        added: Mapping[int, AddedToken] = tokenizer.get_added_tokens_decoder()
        self._atom_of_id = {
            id: token.content
            for id, token in added.items()
            if token.special or id in stop_ids or _is_mark(token.content, template)
        }
        self._stripping = {id for id, token in added.items() if token.rstrip}
        # Longest first, so that a token which begins with another one still wins.
        ordered = sorted(self._atom_of_id.values(), key=len, reverse=True)
        names = "|".join(map(re.escape, ordered))
        self._atom_pattern = re.compile(names) if ordered else None
        self._guarded_pattern = re.compile(f"{_GUARD}(?:{names})") if ordered else None
        self._encoders = Encoders(tokenizer, self._atom_of_id)
        decoder = json.loads(tokenizer.decoder.__getstate__()) if tokenizer.decoder else {}
        self._is_byte_level = "ByteLevel" in {
            part["type"] for part in [decoder, *decoder.get("decoders", ())] if "type" in part
        }

    @classmethod
    def from_file(cls, path: Path) -> "Vocabulary":
        """Read a `tokenizer.json` without knowing the chat template that goes with it."""
        return cls(Tokenizer.from_file(str(path)))

    def with_template(self, template: str, stop_ids: Collection[int]) -> "Vocabulary":
        """Return the same tokenizer with the control tokens of a template and of its end ids."""
        other = Vocabulary(self._whole, template=template, stop_ids=stop_ids)
        return self if other._atom_of_id == self._atom_of_id else other

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

    @cached_property
    def begins_with_space(self) -> bool:
        """Whether the tokens of a text begin with a space that the text itself does not have."""
        ids = self._encoders.whole(Place.AFTER_TOKEN).encode("a", add_special_tokens=False).ids
        return len(ids) > 0 and self.bytes_of(ids[0]).startswith(b" ")

    def description(self) -> str:
        """Return the tokenizer as JSON text, the same for the same tokenizer."""
        return self._whole.to_str()

    def id_of(self, token: str) -> int | None:
        """Return the id of one exact token, or None."""
        return self._whole.token_to_id(token)

    def atom(self, token_id: int) -> str | None:
        """Return the text of a control token, or None for any other one."""
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
        """Mark control tokens inside a user's text so that `encode` reads them as plain letters."""
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

    def places_of(self, mark: str, rendered: str) -> list[int]:
        """Return where the template itself, and no user, wrote a control token."""
        found = re.finditer(re.escape(mark), self._screened(rendered))
        return [one.start() for one in found]

    def encode(self, rendered: str) -> list[int]:
        """Return the ids of rendered text: unguarded control tokens as atoms, the rest as text."""
        return [id for piece in self.pieces(rendered, "") for id in piece.ids]

    def continued(self, text: str) -> list[int]:
        """Return the ids of a user's text as a model writes it after other text."""
        ids = self._encoders.whole_ids(text, Place.INSIDE)
        if self.guard(text) != text or not self._atom_of_id.keys().isdisjoint(ids):
            ids = self._encoders.plain_ids(text, Place.INSIDE)
        return list(ids)

    def pieces(self, rendered: str, header: str) -> list[PromptPiece]:
        """Return rendered text in pieces whose ids are those that the tokenizer itself gives.

        A piece ends at control tokens of the template and after every `header`. What is before
        the end of a header is encoded without a look at what follows, so the pieces of a text are
        also the first pieces of every longer text, if it ends with a header. Where that makes a
        difference, as a token would reach over the end of a header, the ids are not the
        tokenizer's for the longer text, but those that a model reads and then writes.
        """
        pieces: list[PromptPiece] = []
        screened = self._screened(rendered)
        borders = [0, *(end for end in _ends(rendered, header) if end < len(rendered))]
        for first, last in pairwise([*borders, len(rendered)]):
            place = Place.START
            if first > 0:
                before = next((piece for piece in reversed(pieces) if piece.ids), None)
                is_token = before is None or before.is_atom
                place = Place.AFTER_TOKEN if is_token else Place.INSIDE
                if before is not None and before.is_atom and before.ids[0] in self._stripping:
                    start = first
                    first += self._encoders.swallowed(before.ids[0], screened[first:last])
                    pieces += _text(start, first, ())
            pieces += self._part(_Part(rendered, screened, first, last), place)
        return pieces

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids, special tokens included; half a character becomes U+FFFD."""
        return self._whole.decode(list(ids), skip_special_tokens=False)

    def _screened(self, rendered: str) -> str:
        """Return rendered text of the same length in which only the template's own tokens stand."""
        if self._guarded_pattern is None or _GUARD not in rendered:
            return rendered
        return self._guarded_pattern.sub(lambda found: _GUARD * len(found.group()), rendered)

    def _part(self, part: "_Part", place: Place) -> Iterator[PromptPiece]:
        # After text, the tokens after the first control token still begin as after any token.
        found = self._encoders.whole(Place.AFTER_TOKEN if place is Place.INSIDE else place)
        encoding = found.encode(part.screened[part.start : part.end], add_special_tokens=False)
        ids: list[int] = encoding.ids
        at, done = 0, part.start
        for index, start, end in self._atoms(part, ids, encoding.offsets):
            text_end = part.start + encoding.offsets[index][0]
            yield from self._text(part, done, text_end, ids[at:index], place)
            yield from _text(text_end, start, ())
            yield PromptPiece(start, end, (ids[index],), True)
            at, done, place = index + 1, end, Place.AFTER_TOKEN
        yield from self._text(part, done, part.end, ids[at:], place)

    def _atoms(
        self, part: "_Part", ids: Sequence[int], offsets: Sequence[tuple[int, int]]
    ) -> Iterator[tuple[int, int, int]]:
        """Yield the places of control tokens: in `ids`, and of their text with space after it."""
        for index, id in enumerate(ids):
            content = self._atom_of_id.get(id)
            if content is None:
                continue
            start = part.start + offsets[index][0]
            covered = part.screened[start : part.start + offsets[index][1]]
            # Not what a normalizer makes of other letters, nor an unknown letter.
            if covered.strip() == content.strip():
                end = part.start + token_end(offsets, index)
                yield index, start + covered.find(content), end

    def _text(
        self, part: "_Part", start: int, end: int, ids: Sequence[int], place: Place
    ) -> Iterator[PromptPiece]:
        text = part.rendered[start:end]
        if _GUARD in text or not self._atom_of_id.keys().isdisjoint(ids):
            ids = self._encoders.plain_ids(self.unguarded(text), place)
        elif text and place is Place.INSIDE:
            ids = self._encoders.whole_ids(text, place)
        yield from _text(start, end, ids)


class _Part(NamedTuple):
    """A part of rendered text that is encoded without a look at what follows."""

    rendered: str
    screened: str
    start: int
    end: int


def _is_mark(content: str, template: str | None) -> bool:
    if template is None:
        return not content.replace(_SPACE, " ").isspace()
    return _MARK.fullmatch(content) is not None and content in template


def _text(start: int, end: int, ids: Sequence[int]) -> list[PromptPiece]:
    return [PromptPiece(start, end, ids, False)] if start < end else []


def _ends(text: str, part: str) -> Iterator[int]:
    """Yield every position after `part` in `text`."""
    at = text.find(part) if part else -1
    while at >= 0:
        yield at + len(part)
        at = text.find(part, at + 1)
