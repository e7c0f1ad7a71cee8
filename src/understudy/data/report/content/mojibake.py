"""Texts that were read in the wrong encoding, such as `cafÃ©` for `café`."""

import re

_LOST = ("\N{REPLACEMENT CHARACTER}", "锟斤拷", "ï¿½")
# The first letter that UTF-8 becomes in Latin-1 and its relatives, and what follows it there.
_LATIN = re.compile(
    r"[\x80-\x9f]|[Â-ô][\x80-\xbf€\u201aƒ„…†‡\u02c6‰Š\u2039ŒŽ\u2018\u2019“”•\u2013—\u02dc™š\u203aœžŸ]"
)
_CHINESE_RUN = re.compile(r"[\u3400-\u9fff€]{4,}")
_LEADS_UTF8 = range(0xE3, 0xEA)


def is_mojibake(text: str) -> bool:
    """Say whether a text, or a part of it, was read in the wrong encoding."""
    if text.isascii():
        return False
    if any(lost in text for lost in _LOST):
        return True
    if _LATIN.search(text):
        # Loaded for the first text that may be one: it takes a tenth of a second.
        from ftfy.badness import is_bad

        return is_bad(text)
    return any(_was_utf8(found.group()) for found in _CHINESE_RUN.finditer(text))


def _was_utf8(run: str) -> bool:
    """Say whether Chinese letters are what GBK makes of others in UTF-8; chance does not do it."""
    try:
        written = run.encode("gbk")
    except UnicodeEncodeError:
        return False
    if written[0] not in _LEADS_UTF8:
        return False
    whole = written[: len(written) // 3 * 3]
    try:
        return len(whole.decode()) * 3 == len(whole)
    except UnicodeDecodeError:
        return False
