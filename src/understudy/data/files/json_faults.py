"""What the strict parser says of broken JSON, as sentences that know what they say."""

import re

from understudy.wording import Sentence, sentence_of, worded

_PLACED = re.compile(r"(.*) at line (\d+) column (\d+)", re.DOTALL)
_FAULTS = (
    worded("json.end_in_string", "EOF while parsing a string"),
    worded("json.end_in_list", "EOF while parsing a list"),
    worded("json.end_in_object", "EOF while parsing an object"),
    worded("json.end", "EOF while parsing a value"),
    worded("json.no_value", "expected value"),
    worded("json.no_ident", "expected ident"),
    worded("json.no_colon", "expected `:`"),
    worded("json.no_comma_in_list", "expected `,` or `]`"),
    worded("json.no_comma_in_object", "expected `,` or `}}`"),
    worded("json.trailing_comma", "trailing comma"),
    worded("json.trailing", "trailing characters"),
    worded("json.key_no_string", "key must be a string"),
    worded("json.no_number", "invalid number"),
    worded("json.large_number", "number out of range"),
    worded("json.escape", "invalid escape"),
    worded("json.no_text", "invalid unicode code point"),
    worded("json.lone_surrogate", "lone leading surrogate in hex escape"),
    worded("json.hex_end", "unexpected end of hex escape"),
    worded(
        "json.control_character",
        "control character (\\u0000-\\u001F) found while parsing a string",
    ),
    worded("json.too_deep", "recursion limit exceeded"),
)
_BY_TEXT = {str(fault): fault for fault in _FAULTS}


def json_fault(error: ValueError) -> Sentence:
    """Return what is wrong with a JSON text and where; unknown words stay as they are."""
    placed = _PLACED.fullmatch(str(error))
    if placed is None or placed[1] not in _BY_TEXT:
        return sentence_of(error)
    return worded(
        "json.at",
        "{fault} at line {line} column {column}",
        fault=_BY_TEXT[placed[1]],
        line=int(placed[2]),
        column=int(placed[3]),
    )
