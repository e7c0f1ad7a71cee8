"""Why bytes are not the JSON object that a line of a file must be, in words."""

import re
from typing import Any

from understudy.data.files.json_faults import json_fault
from understudy.data.files.strict_json import NotAnObjectError, parse_object
from understudy.wording import Sentence, sentence_of, worded

# After the pairs are taken out, halves are left; an escaped backslash begins no escape.
_PAIRS = re.compile(rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_HALF = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_ENCODINGS = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))


def reason(text: bytes) -> Sentence:
    """Return the parser's reason, or, for bytes that are no UTF-8, what they seem to be.

    `text` must be something that `parse_object` refuses.
    """
    if not text.strip():
        return worded(
            "file.line.empty",
            "it is empty; remove it (only after the last example may lines be empty)",
        )
    encoding = _other_encoding(text)
    if encoding is not None:
        return worded(
            "file.line.encoding",
            "it seems to be {encoding}; save the file as UTF-8",
            encoding=encoding,
        )
    try:
        text.decode()
    except UnicodeDecodeError as error:
        where = worded(
            "file.line.no_utf8",
            "byte {byte} of the line (0x{value:02x}) is not UTF-8",
            byte=error.start + 1,
            value=text[error.start],
        )
        if not text.lstrip().startswith(b"{"):
            return worded(
                "file.line.no_text", "{where}; the file does not seem to be text", where=where
            )
        return worded(
            "file.line.other_encoding",
            "{where}; the file seems to be {encoding}: save it as UTF-8",
            where=where,
            encoding=_single_byte(text),
        )
    try:
        value: Any = parse_object(text)
    except NotAnObjectError as error:
        return sentence_of(error)
    except ValueError as error:
        half = _HALF.search(_PAIRS.sub(b"", text))
        if half is not None and "escape" in str(error):
            why = worded(
                "json.half_pair",
                "{half} is half of a surrogate pair, which is no text",
                half=half[0].decode(),
            )
            return _invalid(why)
        return _invalid(json_fault(error))
    raise AssertionError(f"{type(value)} is the object that was asked for")


def _invalid(why: Sentence) -> Sentence:
    return worded("file.line.invalid_json", "invalid JSON: {why}", why=why)


def bare_reason(text: bytes) -> Sentence:
    """Return the reason without the words that it is invalid JSON, which the caller says."""
    whole = reason(text)
    why = whole.values.get("why")
    return why if isinstance(why, Sentence) else whole


def _other_encoding(text: bytes) -> str | None:
    """Recognise what two bytes make of plain text: a mark, or every other byte zero."""
    for mark, name in _ENCODINGS:
        if text.startswith(mark):
            return name
    is_wide = len(text) > 3 and max(text[::2].count(0), text[1::2].count(0)) * 4 > len(text)
    return "UTF-16" if is_wide else None


def _single_byte(text: bytes) -> str:
    # The letters and quotation marks of Windows lie where Latin-1 has only control characters.
    has_windows_signs = any(0x80 <= byte <= 0x9F for byte in text)
    return "Windows-1252" if has_windows_signs else "Latin-1 (ISO 8859-1)"
