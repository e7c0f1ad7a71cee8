"""Texts without differences of letter case, blanks and the punctuation of sentences."""

import re
import unicodedata

_WIDE = "\u3040-\u30ff\u3400-\u9fff"
_WIDE_MARKS = str.maketrans(
    dict.fromkeys("。\uff0c、\uff1b\uff1a\uff01\uff1f「」『』《》〈〉“”„«»", " ")
    | {"\u2019": "'", "\u2018": "'"}
)
_QUOTE = re.compile(r"[\"¿¡]|(?<!\w)'|'(?!\w)")
# Only where a word ends: `1.5`, `10:30` and `a!=b` say something else without the mark.
_SENTENCE_MARK = re.compile(r"(?<=[\w\s)\]%])[.,;:!?…]+(?=\s|$)|\s[-\u2013—]+(?=\s)")
_WIDE_BLANK = re.compile(rf"(?<!\s)\s+(?=[{_WIDE}])|(?<=[{_WIDE}])\s+")
_INSIDE_LABEL = re.compile(r"(?<=[^\W_])[\s_-]+(?=[^\W_])")


def loosely(text: str) -> str:
    """Return what is left of a text when looks do not count.

    Signs that change what is said stay: `C#`, `2-2`, `:(`, `10%`. A text of nothing but marks is
    returned as it is, without the blanks around it.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_WIDE_MARKS)).translate(_WIDE_MARKS)
    folded = _SENTENCE_MARK.sub(" ", _QUOTE.sub(" ", text.casefold()))
    if not text.isascii():
        folded = _WIDE_BLANK.sub("", folded)
    return " ".join(folded.split()) or text.strip()


def label_of(answer: str) -> str:
    """Return what label an answer means: the same for `Bug-Report` and `bug_report`."""
    return _INSIDE_LABEL.sub(" ", loosely(answer))
