"""Whether two models read text in the same tokens, found from their tokenizers."""

from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer

from understudy.file_stamps import stamp_of

_FILE = "tokenizer.json"
_KEPT = 8


def token_difference(left: Path, right: Path) -> str | None:
    """Say in which token two model directories differ first; None where all are the same."""
    if (left / _FILE).resolve() == (right / _FILE).resolve():
        return None
    names = [_names(directory / _FILE) for directory in (left, right)]
    if names[0] == names[1]:
        return None
    for id in range(max(map(max, names)) + 1):
        ours, theirs = (of_one.get(id) for of_one in names)
        if ours != theirs:
            return f"token {id} is {_quoted(ours)} for one and {_quoted(theirs)} for the other"
    raise AssertionError("tokenizers that differ do so in a token")


def _names(file: Path) -> dict[int, str]:
    return _read(file, stamp_of(file))


@lru_cache(maxsize=_KEPT)
def _read(file: Path, stamp: object) -> dict[int, str]:
    del stamp  # of the file, so that it is read again once it has changed
    vocabulary = Tokenizer.from_file(str(file)).get_vocab(with_added_tokens=True)
    return {id: token for token, id in vocabulary.items()}


def _quoted(token: str | None) -> str:
    return "absent" if token is None else f"'{token}'"
