"""Continues a prompt in the very tokens that a model read and wrote, where they still fit."""

from collections.abc import Sequence

from understudy.chat.rendering.vocabulary import PromptPiece, Vocabulary


def extended_ids(
    read: Sequence[int], text: str, pieces: Sequence[PromptPiece], vocabulary: Vocabulary
) -> list[int] | None:
    """Return `read` and after it the ids of the pieces that follow, or None where it must not be.

    `pieces` are those of the whole rendered `text`. What a model wrote itself may be cut into
    other tokens than its text would be when encoded anew. It is taken over only when it is the
    same text with the same special tokens at the same places, and ends where a piece ends.
    """
    at = 0
    for index, piece in enumerate(pieces):
        if at == len(read):
            return [*read, *(id for rest in pieces[index:] for id in rest.ids)]
        end = at + len(piece.ids)
        if tuple(read[at:end]) != tuple(piece.ids):
            end = _end_of_text(read, at, vocabulary)
            spelled = b"".join(map(vocabulary.bytes_of, read[at:end]))
            if (
                piece.is_atom
                or spelled != vocabulary.unguarded(text[piece.start : piece.end]).encode()
            ):
                return None
        at = end
    return None


def _end_of_text(ids: Sequence[int], start: int, vocabulary: Vocabulary) -> int:
    """Return where the next special token stands, or the end."""
    end = start
    while end < len(ids) and vocabulary.atom(ids[end]) is None:
        end += 1
    return end
