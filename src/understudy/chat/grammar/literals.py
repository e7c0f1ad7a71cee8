"""Fixed text and text up to a mark as parts of a grammar's rules, in the tokens of one vocabulary.

Control tokens stand as `<[7]>`, and text never matches them.
"""

import json
import re
from typing import NamedTuple

from understudy.chat.families.spelling import ID
from understudy.chat.rendering.vocabulary import Vocabulary

ANY_TEXT = "/(?s:.*)/"


class Literal(NamedTuple):
    """Fixed text as a part of a rule."""

    rule: str
    ends_piece: bool
    """Whether what follows is encoded by itself."""


class Literals:
    """Writes what one vocabulary needs for a text."""

    def __init__(self, vocabulary: Vocabulary, *, id_pattern: str) -> None:
        """`id_pattern` is what the ids of calls look like where the model writes them."""
        self._vocabulary = vocabulary
        self._id = f"/{id_pattern}/"
        # Tokenizers of SentencePiece's kind put a space before every text that they encode.
        self.space = '" "?' if vocabulary.begins_with_space else ""

    def literal(self, text: str, *, starts_piece: bool) -> Literal:
        """Return what matches a text of the template's; what a user chose in it is guarded."""
        parts: list[str] = []
        for count, literal in enumerate(text.split(ID)):
            parts += [self._id] if count else []
            for piece in self._vocabulary.pieces(literal, ""):
                if piece.is_atom:
                    parts.append(f"<[{piece.ids[0]}]>")
                elif piece.ids:
                    written = self._vocabulary.unguarded(literal[piece.start : piece.end])
                    parts += [self.space] if starts_piece else []
                    parts.append(json.dumps(written, ensure_ascii=False))
                starts_piece = piece.is_atom
        return Literal(" ".join(parts), starts_piece)

    def up_to(self, name: str, end: str) -> list[str]:
        """Define a rule for any text with the first `end` after it."""
        if self.atom(end) is None:
            return [f"{name}[lazy]: /(?s:.*){pattern(end)}/"]
        literal = self.literal(end, starts_piece=True).rule
        return [f"{name}: {name.upper()} {literal}", f"{name.upper()}: {text_without(end)}"]

    def atom(self, text: str) -> int | None:
        """Return the id of the control token that a text begins with, or None."""
        first = next(iter(self._vocabulary.pieces(text, "")), None)
        return first.ids[0] if first is not None and first.is_atom else None

    def guard(self, text: str) -> str:
        """Return a text that a user chose, so that none of it is read as a control token."""
        return self._vocabulary.guard(text)


def text_without(mark: str) -> str:
    """Return a term for any text in which the letters of a mark do not stand."""
    return f"{ANY_TEXT} & ~/(?s:.*){pattern(mark)}(?s:.*)/"


def pattern(text: str) -> str:
    """Return a regular expression for a text, as it stands in a grammar."""
    return re.escape(text).replace("/", r"\/").replace("\\\n", r"\n")
