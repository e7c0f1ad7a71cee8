"""Whether a tokenizer gives the ids that a GGUF file's own vocabulary and merges say."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Protocol

_CONTROL = 3
_USER_DEFINED = 4
# SentencePiece writes a space so, and a GGUF file does too, but for tokens that a user defined.
_SPACE = "▁"
_WORDS = (" the", " capital", " weather", " understanding", " Wednesday", " zugzwang", " naïve")
_TEXTS = ("The capital of France is Paris.", "x = 3.14  # naïve café\n", "你好, мир! 🙂")
_MAX_CONTROL_TOKENS = 64


class Tokenizer(Protocol):
    """What is asked of a tokenizer."""

    def convert_ids_to_tokens(self, ids: list[int]) -> list[str]:
        """Return the tokens of ids."""
        ...

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        """Return the ids of a text."""
        ...

    def decode(self, ids: list[int], *, clean_up_tokenization_spaces: bool) -> str:
        """Return the text of ids."""
        ...


def find_difference(tokenizer: Tokenizer, metadata: Mapping[str, Any]) -> str | None:
    """Return where a tokenizer differs from the metadata of its GGUF file, or None.

    Every id is compared; merges are tried on single words, because how a text is cut into words
    before is not written in the file but only named.
    """
    tokens: Sequence[str] = metadata["tokenizer.ggml.tokens"]
    kinds: Sequence[int] = metadata.get("tokenizer.ggml.token_type", ())
    made = tokenizer.convert_ids_to_tokens(list(range(len(tokens))))
    for number, (token, expected) in enumerate(zip(made, tokens, strict=True)):
        is_of_user = number < len(kinds) and kinds[number] == _USER_DEFINED
        if token != expected and not (is_of_user and token.replace(_SPACE, " ") == expected):
            return f"id {number} is {token!r} instead of {expected!r}"
    control = [number for number, kind in enumerate(kinds) if kind == _CONTROL]
    for number in control[:_MAX_CONTROL_TOKENS]:
        if tokenizer.encode(tokens[number], add_special_tokens=False) != [number]:
            return f"the control token {tokens[number]!r} is not read as id {number}"
    if metadata.get("tokenizer.ggml.model") == "gpt2":
        return _difference_of_merges(tokenizer, metadata)
    return None


def _difference_of_merges(tokenizer: Tokenizer, metadata: Mapping[str, Any]) -> str | None:
    ids = {token: number for number, token in enumerate(metadata["tokenizer.ggml.tokens"])}
    ranks = {
        tuple(merge.split(" ", 1)): rank
        for rank, merge in enumerate(metadata.get("tokenizer.ggml.merges", ()))
    }
    for word in _WORDS:
        expected = [ids.get(token) for token in merged(word, ranks)]
        if tokenizer.encode(word, add_special_tokens=False) != expected:
            return f"{word!r} is not read as the tokens {expected}"
    for text in _TEXTS:
        again = tokenizer.decode(
            tokenizer.encode(text, add_special_tokens=False), clean_up_tokenization_spaces=False
        )
        if again.removeprefix(" ") != text:
            return f"{text!r} becomes {again!r} when it is read and written"
    return None


def merged(word: str, ranks: Mapping[tuple[str, ...], int]) -> list[str]:
    """Return the tokens of one word by byte-level BPE, the slow and obvious way.

    Source: Sennrich et al. 2016, arXiv:1508.07909, algorithm 1; bytes as letters as in GPT-2.
    """
    letters = _byte_letters()
    parts = [letters[byte] for byte in word.encode()]
    while len(parts) > 1:
        pairs = [(ranks.get((a, b)), i) for i, (a, b) in enumerate(pairwise(parts))]
        known = [(rank, i) for rank, i in pairs if rank is not None]
        if not known:
            break
        _, at = min(known)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts


def _byte_letters() -> list[str]:
    """Return the printable letter that GPT-2's vocabulary writes for each byte."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]
