"""Names of uploaded files cannot do harm, neither in paths nor in headers."""

import pytest

from understudy.server.http.filenames import attachment, safe_filename, shortened_name


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\data\\train.jsonl", "train.jsonl"),
        ("a\x00b\x1bc.jsonl", "abc.jsonl"),
        ("..", "file"),
        ("x" * 400, "x" * 255),
    ],
)
def test_a_filename_is_made_harmless(given: str, kept: str):
    assert safe_filename(given) == kept


@pytest.mark.parametrize(
    ("filename", "header"),
    [
        ("a.jsonl", 'attachment; filename="a.jsonl"'),
        ('a"b.jsonl', "attachment; filename=\"a_b.jsonl\"; filename*=UTF-8''a%22b.jsonl"),
        ("é.csv", "attachment; filename=\"_.csv\"; filename*=UTF-8''%C3%A9.csv"),
    ],
)
def test_a_header_holds_only_plain_characters(filename: str, header: str):
    assert attachment(filename) == header


def test_a_name_that_grew_too_long_is_cut_in_its_middle():
    assert shortened_name("tickets.train.jsonl") == "tickets.train.jsonl"
    cut = shortened_name("x" * 255 + ".validation.jsonl")
    assert len(cut) == 255
    assert cut.endswith("x.validation.jsonl")
