import pytest

from understudy.data.files.parse import check_jsonl
from understudy.data.files.unreadable import reason
from understudy.errors import InvalidRequestError


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": -Infinity}', "-Infinity is not JSON"),
        (b'{"a": "\\ud800"}', r"\ud800 is half of a surrogate pair"),
        (b'{"a": "\\ud83d\\ude00 \\uDC00"}', r"\uDC00 is half of a surrogate pair"),
        (b'{"a": "\\\\ud83d", "b": "\\x"}', "invalid escape"),
        ('{"a": "é"}'.encode("latin-1"), "byte 8 of the line (0xe9) is not UTF-8"),
        ('{"a": "é"}'.encode("latin-1"), "seems to be Latin-1"),
        ('{"a": "“"}'.encode("cp1252"), "seems to be Windows-1252"),
        ('{"a": 1}'.encode("utf-16"), "seems to be UTF-16"),
        ('{"a": 1}'.encode("utf-16-be"), "seems to be UTF-16"),
        (b"\x89PNG\r", "does not seem to be text"),
        (b"[1]", "it is not a JSON object"),
        (b'{"a": 1,}', "trailing comma"),
    ],
)
def test_the_reason_is_the_true_one(line: bytes, said: str):
    assert said in reason(line)


def test_the_refusal_of_an_upload_carries_the_reason():
    good = b'{"messages": []}\n'
    with pytest.raises(InvalidRequestError, match=r"Line 10 is not a dictionary.*NaN is not JSON"):
        check_jsonl([good * 9 + b'{"messages": NaN}\n'])
    with pytest.raises(InvalidRequestError, match="one JSON array; write each of its entries"):
        check_jsonl([b"[\n" + good + b"]"])
    with pytest.raises(InvalidRequestError, match=r"Line 2 is not a dictionary.*it is empty"):
        check_jsonl([good + b"\n" + good])
