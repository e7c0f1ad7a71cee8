"""Answers that end in the middle of a sentence, as a limit of tokens leaves them."""

import re
from enum import Enum, auto

_MIN_CHARACTERS = 50
_MIN_WIDE_CHARACTERS = 16
_FENCE = re.compile(r"^[ \t]{0,20}```", re.MULTILINE)

# Headings, rows and commands are no sentences; the items of a list need not end in a full stop.
_NO_SENTENCE = re.compile(r"\s*[#|>$]")
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)]\s|[A-Za-z][.)]\s)")
_OPEN_END = re.compile(r"(?:[,\uff0c、\uff1b(\uff08\[{]|[^\W\d_] ?[-\u2013—])$")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_LETTER_END = re.compile(r"[^\W\d_]$")
_WIDE_OPEN_END = re.compile(
    r"(?:[的和与在把被将对从向或及并而且为以让使给]|直到|如果|因为|但是|[がをにはのとへや]|から|ので|[てで]、)$"
)
_OPEN_WORD = re.compile(
    r"(?:an?|the|and|or|but|nor|so|of|to|in|on|at|by|for|from|with|without|into|onto|over|under"
    r"|about|as|than|that|which|whose|when|while|because|if|unless|until|is|are|was|were|be"
    r"|been|has|have|had|will|would|can|could|should|may|might|must|not|your|our|their|its|his|my"
    r"|this|these|those|between|through|during|except|such"
    r"|und|oder|aber|der|die|das|den|dem|des|eine?|eine[nmr]|mit|von|zum?|zur|für|auf|bei|nach|aus"
    r"|dass|weil|wenn|ist|sind|sich|nicht|durch|über"
    r"|y|o|pero|el|las?|los|una?|del?|en|con|por|para|que|se|su|sus|es|son|al"
    r"|et|ou|mais|les?|une|des|du|dans|avec|par|pour|sur|qui|est|sont|aux?|ce|cette|votre|vos)"
)
# What a sentence ends with, when another begins after it in the same line.
_SENTENCE_END = re.compile(
    r"(?<![A-Z0-9])(?<!\b[a-z])[.!?…][\"'”)]?\s+(?=[^\W\d_])|[。\uff01\uff1f]"
)
_MIN_TAIL_WORDS = 4
_MIN_TAIL_WIDE = 8


class Ending(Enum):
    """How an answer ends."""

    WHOLE = auto()
    UNFINISHED = auto()
    """Its last sentence has no end, while those before it have; some write like that."""
    CUT = auto()
    """In an open block of code, or on a word or a mark after which something has to follow."""


def is_cut(answer: str) -> bool:
    """Say whether an answer seems to end in the middle of a sentence, taken by itself."""
    return ending_of(answer) is not Ending.WHOLE


def ending_of(answer: str) -> Ending:
    """Say how an answer ends."""
    text = answer.rstrip()
    if len(_FENCE.findall(text)) % 2:
        return Ending.CUT
    last = text[text.rfind("\n") + 1 :]
    if _is_short(last) or _NO_SENTENCE.match(last):
        return Ending.WHOLE
    if _ends_open(last):
        return Ending.CUT
    is_item = _ITEM.match(last) is not None
    return Ending.UNFINISHED if not is_item and _is_unfinished(last) else Ending.WHOLE


def _ends_open(last: str) -> bool:
    """Say whether something has to follow the last mark or word."""
    if _OPEN_END.search(last):
        return True
    if not _LETTER_END.search(last):
        return False
    if _WIDE.search(last[-1]):
        return _WIDE_OPEN_END.search(last) is not None
    return _OPEN_WORD.fullmatch(last.rsplit(None, 1)[-1]) is not None


def _is_unfinished(last: str) -> bool:
    """Say whether sentences with an end are followed by words without one."""
    if not _LETTER_END.search(last):
        return False
    *before, tail = _SENTENCE_END.split(last)
    if _WIDE.search(last[-1]):
        return len(tail) >= _MIN_TAIL_WIDE and (bool(before) or tail.count("\uff0c") > 1)
    return bool(before) and len(tail.split()) >= _MIN_TAIL_WORDS


def _is_short(last: str) -> bool:
    wide = len(_WIDE.findall(last[:_MIN_CHARACTERS]))
    return len(last) < _MIN_CHARACTERS and wide < _MIN_WIDE_CHARACTERS
