"""Why bytes are not the JSON object that a line of a file must be, in words."""

import re
from typing import Any

from understudy.data.files.strict_json import NotAnObjectError, parse_object

# After the pairs are taken out, halves are left; an escaped backslash begins no escape.
_PAIRS = re.compile(rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_HALF = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_ENCODINGS = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))


def reason(text: bytes) -> str:
    """Return the parser's reason, or, for bytes that are no UTF-8, what they seem to be.

    `text` must be something that `parse_object` refuses.
    """
    if not text.strip():
        return "it is empty; remove it (only after the last example may lines be empty)"
    encoding = _other_encoding(text)
    if encoding is not None:
        return f"it seems to be {encoding}; save the file as UTF-8"
    try:
        text.decode()
    except UnicodeDecodeError as error:
        where = f"byte {error.start + 1} of the line (0x{text[error.start]:02x}) is not UTF-8"
        if not text.lstrip().startswith(b"{"):
            return f"{where}; the file does not seem to be text"
        return f"{where}; the file seems to be {_single_byte(text)}: save it as UTF-8"
    try:
        value: Any = parse_object(text)
    except NotAnObjectError as error:
        return str(error)
    except ValueError as error:
        half = _HALF.search(_PAIRS.sub(b"", text))
        if half is not None and "escape" in str(error):
            return f"invalid JSON: {half[0].decode()} is half of a surrogate pair, which is no text"
        return f"invalid JSON: {error}"
    raise AssertionError(f"{type(value)} is the object that was asked for")


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
