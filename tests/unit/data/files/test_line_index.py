"""Any page of a file, as a slow and obvious reader would cut it."""

from pathlib import Path

import pytest

from understudy.data.files import line_index
from understudy.data.files.line_index import MAX_LINE_BYTES, index_lines


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
@pytest.mark.parametrize("count", [1, 255, 256, 257, 1000])
def test_every_page_is_what_splitting_the_whole_file_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, end: bytes
):
    monkeypatch.setattr(line_index, "_PIECE_BYTES", 1000)
    path = tmp_path / "file"
    path.write_bytes(b"\n".join(b"x" * (n % 7) + b"%d" % n for n in range(count)) + end)
    expected = path.read_text().splitlines()
    index = index_lines(path)
    assert index.line_count == len(expected)
    for start in (1, 2, 200, 256, 257, 999):
        shown = index.read(start, 300)
        assert [line.text for line in shown] == expected[start - 1 : start + 299]
        assert [line.line for line in shown] == list(range(start, start + len(shown)))


def test_an_empty_file_has_no_lines(tmp_path: Path):
    (tmp_path / "file").touch()
    index = index_lines(tmp_path / "file")
    assert (index.line_count, index.read(1, 10)) == (0, ())


def test_a_long_line_is_cut_and_says_so(tmp_path: Path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * (MAX_LINE_BYTES + 1) + b"\nshort\n")
    long, short = index_lines(path).read(1, 2)
    assert (len(long.text), long.is_cut) == (MAX_LINE_BYTES, True)
    assert (short.text, short.is_cut) == ("short", False)


def test_bytes_that_are_no_text_are_still_shown(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"\xff\xfe\n")
    assert index_lines(tmp_path / "file").read(1, 1)[0].text == "\ufffd\ufffd"
