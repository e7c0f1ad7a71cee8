"""A tokenizer as a GGUF file holds it, made from tokenizer.json or refused."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gguf import TokenType

from understudy.exporting.errors import ExportError
from understudy.wording import worded

_WAY_OUT = "Use --format merged."
_SPACE = "\u2581"
_BYTE = re.compile(r"<0x[0-9A-F]{2}>")
_GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
_LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_QWEN2 = _LLAMA3.replace("{1,3}", "")
_TEKKEN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# llama.cpp knows ways to split text by name only; with some of them it also takes whole words
# before it merges, as `ignore_merges` does.
_SPLITS: Mapping[tuple[tuple[str, ...], bool], str] = {
    ((_GPT2,), False): "gpt-2",
    (("digits", _GPT2), False): "smollm",
    ((_LLAMA3,), True): "llama-bpe",
    ((_LLAMA3,), False): "smaug-bpe",
    ((_QWEN2,), False): "qwen2",
    ((_TEKKEN,), True): "tekken",
}


@dataclass(frozen=True, kw_only=True)
class GgufTokenizer:
    """Everything that llama.cpp needs to cut text as the model's own tokenizer does."""

    model: str
    """"gpt2" for BPE over bytes, "llama" for sentencepiece's."""
    pre: str
    """llama.cpp's name for how text is split before it is merged."""
    tokens: Sequence[str]
    types: Sequence[TokenType]
    merges: Sequence[str]
    scores: Sequence[float]
    """Empty for BPE over bytes."""
    has_space_prefix: bool


def read_gguf_tokenizer(directory: Path, size: int) -> GgufTokenizer:
    """Read the tokenizer of a transformers directory for an embedding of `size` rows.

    Raises ExportError when llama.cpp has no tokenizer that cuts text in this way.
    """
    file: dict[str, Any] = json.loads((directory / "tokenizer.json").read_text(encoding="utf-8"))
    model = file["model"]
    if model["type"] != "BPE":
        raise ExportError(
            worded(
                "export.llama_cpp_given_bpe",
                "llama.cpp is given BPE tokenizers only, and this is {type}. {way_out}",
                type=model["type"],
                way_out=_WAY_OUT,
            )
        )
    names = _names(file, size)
    types = _types(file, names)
    merges = [" ".join(pair) if isinstance(pair, list) else pair for pair in model["merges"]]
    if model.get("byte_fallback"):
        return GgufTokenizer(
            model="llama",
            pre="default",
            tokens=[_spelled(*token) for token in zip(names, types, strict=True)],
            types=types,
            merges=(),
            scores=_scores(names, merges),
            has_space_prefix=_has_space_prefix(file),
        )
    return GgufTokenizer(
        model="gpt2",
        pre=_split_name(file),
        tokens=names,
        types=types,
        merges=merges,
        scores=(),
        has_space_prefix=False,
    )


def _names(file: Mapping[str, Any], size: int) -> list[str]:
    """Return the name of each row; rows that no token has get one that llama.cpp skips."""
    ids: dict[str, int] = dict(file["model"]["vocab"])
    ids |= {added["content"]: added["id"] for added in file["added_tokens"]}
    if max(ids.values()) >= size:
        raise ExportError(
            worded(
                "export.tokenizer_token_but_model",
                "The tokenizer has the token {values}, but the model only {size} rows. {way_out}",
                values=max(ids.values()),
                size=size,
                way_out=_WAY_OUT,
            )
        )
    by_id = {number: name for name, number in ids.items()}
    return [by_id.get(number, f"[PAD{number}]") for number in range(size)]


def _types(file: Mapping[str, Any], names: Sequence[str]) -> list[TokenType]:
    """Return of what kind each token is: llama.cpp shows and reads each kind in another way."""
    model = file["model"]
    is_special = {token["content"]: token["special"] for token in file["added_tokens"]}
    has_bytes = bool(model.get("byte_fallback"))

    def type_of(name: str) -> TokenType:
        if has_bytes and name == model.get("unk_token"):
            return TokenType.UNKNOWN
        if name in is_special:
            return TokenType.CONTROL if is_special[name] else TokenType.USER_DEFINED
        if name not in model["vocab"]:
            return TokenType.UNUSED
        return TokenType.BYTE if has_bytes and _BYTE.fullmatch(name) else TokenType.NORMAL

    return [type_of(name) for name in names]


def _split_name(file: Mapping[str, Any]) -> str:
    normalizer = file.get("normalizer")
    # llama.cpp does not compose characters; nearly all text comes composed, Qwen's users know.
    is_plain = normalizer is None or normalizer["type"] == "NFC"
    steps = _steps(file.get("pre_tokenizer"))
    ignores_merges = bool(file["model"].get("ignore_merges"))
    name = _SPLITS.get((steps, ignores_merges)) if steps and is_plain else None
    if name is None:
        raise ExportError(
            worded(
                "export.llama_cpp_no_pre",
                "llama.cpp has no pre-tokenizer that splits text as this model's "
                "tokenizer does, so it would read other tokens than the model "
                "learned. {way_out}",
                way_out=_WAY_OUT,
            )
        )
    return name


def _steps(pre_tokenizer: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return the patterns by which text is split, in order; nothing for a split of another kind."""
    if pre_tokenizer is None:
        return ()
    parts = (
        pre_tokenizer["pretokenizers"] if pre_tokenizer["type"] == "Sequence" else [pre_tokenizer]
    )
    steps = [step for part in parts for step in _step(part)]
    return tuple(steps) if all(steps) else ()


def _step(part: Mapping[str, Any]) -> list[str]:
    match part["type"]:
        case "ByteLevel" if not part["add_prefix_space"]:
            return [_GPT2] if part["use_regex"] else []
        case "Digits" if part["individual_digits"]:
            return ["digits"]
        case "Split" if part["behavior"] == "Isolated" and not part["invert"]:
            return [part["pattern"].get("Regex", "")]
        case _:
            return [""]


def _spelled(name: str, kind: TokenType) -> str:
    """Return a token as sentencepiece's readers spell it: users' own tokens have real spaces."""
    return name.replace(_SPACE, " ") if kind is TokenType.USER_DEFINED else name


def _scores(names: Sequence[str], merges: Sequence[str]) -> list[float]:
    """Return scores in the order of the merges: llama.cpp joins what has the highest first."""
    rank: dict[str, int] = {}
    for number, pair in enumerate(merges):
        rank.setdefault(pair.replace(" ", ""), number)
    return [-float(rank[name]) if name in rank else 0.0 for name in names]


def _has_space_prefix(file: Mapping[str, Any]) -> bool:
    """Say whether a text begins with a space that is not there; refuse what is neither."""
    normalizer, splitter = file.get("normalizer"), file.get("pre_tokenizer")
    steps = normalizer["normalizers"] if normalizer and normalizer["type"] == "Sequence" else []
    if normalizer and normalizer["type"] == "Replace":
        steps = [normalizer]
    kinds = [step["type"] for step in steps]
    if kinds == ["Prepend", "Replace"] and splitter is None:
        return True
    if kinds == ["Replace"] and (splitter is None or splitter["type"] == "Split"):
        return False
    if not kinds and splitter is not None and splitter["type"] == "Metaspace":
        scheme = splitter.get("prepend_scheme", "always")
        # "first" puts one space before the whole text, llama.cpp one after every special token.
        if scheme != "first":
            return scheme == "always"
    raise ExportError(
        worded(
            "export.llama_cpp_no_tokenizer",
            "llama.cpp has no tokenizer that puts spaces where this model's "
            "tokenizer does. {way_out}",
            way_out=_WAY_OUT,
        )
    )
