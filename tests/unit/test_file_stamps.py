import os
from pathlib import Path

from understudy.file_stamps import stamp_of


def test_a_file_that_is_not_there_has_no_stamp(tmp_path: Path):
    (tmp_path / "file").write_text("a")
    assert stamp_of(tmp_path / "none") is None
    assert stamp_of(tmp_path / "file" / "below") is None


def test_another_content_another_file_and_another_time_have_stamps_of_their_own(tmp_path: Path):
    path = tmp_path / "file"
    path.write_text("a")
    os.utime(path, ns=(1, 1))
    first = stamp_of(path)
    assert stamp_of(path) == first
    path.write_text("ab")
    os.utime(path, ns=(1, 1))
    longer = stamp_of(path)
    (tmp_path / "new").write_text("ab")
    os.utime(tmp_path / "new", ns=(1, 1))
    (tmp_path / "new").replace(path)
    replaced = stamp_of(path)
    os.utime(path, ns=(2, 2))
    assert len({first, longer, replaced, stamp_of(path)}) == 4
