import json

import pytest

from understudy.data.files.strict_json import NotAnObjectError, parse_object


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": [1, -2.5, 1e3, null, true, "\xc3\xa9\\u00e9\\ud83d\\ude00"], "b": {"a": {}}}',
        b'{"a": ' + b"[" * 199 + b"1" + b"]" * 199 + b"}",
        b'{"a": ' + b"[" * 200 + b"]" * 200 + b"}",
        b'{"a": [' + b"{}," * 500 + b"{}]}",
        b' \t\r\n{"": 0} ',
        b'{"a": ' + b"9" * 4300 + b"}",
    ],
)
def test_strict_json_is_read_as_the_standard_library_reads_it(text: bytes):
    assert parse_object(text) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'{"a": 1, "b": {"c": 1, "c": 1}}', 'the key "c" is given twice'),
        (b'{"a": "' + b"x" * 500 + b'", "a": 1}', 'the key "a" is given twice'),
        # The same key in two ways of writing it.
        (b'{"a": 1, "\\u0061": 2}', 'the key "a" is given twice'),
        (b'{"a\\\\": 1, "a\\\\": 2, "b": ":"}', "is given twice"),
        (b'{"a": 1e999}', "the number 1e999 is out of range"),
        (b'{"a": Infinity}', "Infinity is not JSON"),
        (b'{"a": -NaN}', "invalid number"),
        (b'{"a": "\\uD800"}', "line 1 column"),
        (b'{"a": "\\udc00\\ud800"}', "line 1 column"),
        (b'{"a": "\xed\xa0\x80"}', "invalid unicode code point"),
        (b'{"a": ' + b"[" * 200 + b"1" + b"]" * 200 + b"}", "recursion limit exceeded"),
        (b'{"a": ' + b"[" * 50_000, "recursion limit exceeded"),
        (b'{"a": ' + b"9" * 4301 + b"}", "number out of range"),
        (b"\xef\xbb\xbf{}", "expected value"),
        (b"{} {}", "trailing characters"),
        (b'{"a": "\n"}', "control character"),
        (b'{"a": "\\u00+1"}', "invalid escape"),
        ('{"a": \u0661}'.encode(), "expected value"),
        (b"", "EOF"),
    ],
)
def test_the_liberties_of_the_standard_library_are_refused(text: bytes, said: str):
    with pytest.raises(ValueError, match=r".") as raised:
        parse_object(text)
    assert said in str(raised.value)


@pytest.mark.parametrize("text", [b"[]", b'"x"', b"1", b"null", b"[" * 200 + b"]" * 200])
def test_what_is_no_object_is_refused_as_such(text: bytes):
    with pytest.raises(NotAnObjectError, match="it is not a JSON object"):
        parse_object(text)
