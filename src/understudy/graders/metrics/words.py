"""Texts cut into words, in every script: those without spaces are cut into characters."""

import re
import unicodedata

_ASCII_WORD = re.compile("[a-z0-9]+")
# Thai, Lao, Myanmar, Khmer, kana, Han: a word's end cannot be seen there.
_SPACELESS = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff])"
)

# What WMT's tokenizer `13a` does, which sacrebleu made the standard for BLEU.
_ENTITIES = {"&quot;": '"', "&amp;": "&", "&lt;": "<", "&gt;": ">"}
_PUNCTUATION = re.compile(r"([\{-\~\[-\` -\&\(-\+\:-\@\/])")
_POINT_AFTER_NO_DIGIT = re.compile(r"([^0-9])([\.,])")
_POINT_BEFORE_NO_DIGIT = re.compile(r"([\.,])([^0-9])")
_DASH_AFTER_DIGIT = re.compile(r"([0-9])(-)")


def words_of(text: str) -> list[str]:
    """Return the words in lower case, without punctuation."""
    text = text.lower()
    if text.isascii():
        return _ASCII_WORD.findall(text)
    letters = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in text)
    return _SPACELESS.sub(r" \1 ", letters).split()


def tokens_of(text: str) -> list[str]:
    """Return words and punctuation as translations are compared: `13a`, then spaceless scripts."""
    text = text.replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, character in _ENTITIES.items():
        text = text.replace(entity, character)
    text = _PUNCTUATION.sub(r" \1 ", f" {text} ")
    text = _POINT_AFTER_NO_DIGIT.sub(r"\1 \2 ", text)
    text = _POINT_BEFORE_NO_DIGIT.sub(r" \1 \2", text)
    text = _DASH_AFTER_DIGIT.sub(r"\1 \2 ", text)
    return (text if text.isascii() else _SPACELESS.sub(r" \1 ", text)).split()
