import shutil
from pathlib import Path

import pytest

from understudy.modeling.checkpoints import (
    CorruptCheckpointError,
    publish_directory,
    verify_directory,
)


def write_two_files(directory: Path) -> None:
    (directory / "a.txt").write_text("one")
    (directory / "b.txt").write_text("two")


def test_a_published_directory_is_complete_and_verifies(tmp_path: Path):
    digest = publish_directory(tmp_path / "step-1", write_two_files)

    verify_directory(tmp_path / "step-1")
    assert len(digest) == 64
    assert [path.name for path in tmp_path.iterdir()] == ["step-1"]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path):
    def fail(directory: Path) -> None:
        (directory / "a.txt").write_text("one")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        publish_directory(tmp_path / "step-1", fail)

    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_attempt_left_half_written_is_replaced(tmp_path: Path):
    (tmp_path / ".step-1.partial").mkdir()
    (tmp_path / ".step-1.partial" / "junk").write_text("half")

    publish_directory(tmp_path / "step-1", write_two_files)

    verify_directory(tmp_path / "step-1")
    assert not (tmp_path / "step-1" / "junk").exists()


def test_a_changed_file_is_noticed(tmp_path: Path):
    publish_directory(tmp_path / "step-1", write_two_files)
    (tmp_path / "step-1" / "b.txt").write_text("TWO")

    with pytest.raises(CorruptCheckpointError, match=r"b\.txt"):
        verify_directory(tmp_path / "step-1")


def test_a_directory_without_a_manifest_is_not_a_checkpoint(tmp_path: Path):
    with pytest.raises(CorruptCheckpointError, match="no manifest"):
        verify_directory(tmp_path)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"a.txt": {}}', b'{"a.txt": 1}', b"\xff"])
def test_a_damaged_manifest_is_noticed(tmp_path: Path, damage: bytes):
    publish_directory(tmp_path / "step-1", write_two_files)
    (tmp_path / "step-1" / "manifest.json").write_bytes(damage)

    with pytest.raises(CorruptCheckpointError, match="cannot be read"):
        verify_directory(tmp_path / "step-1")


def test_the_directories_above_are_made(tmp_path: Path):
    publish_directory(tmp_path / "models" / "job" / "step-1", write_two_files)

    verify_directory(tmp_path / "models" / "job" / "step-1")


def test_a_part_that_was_published_itself_is_checked_and_can_be_removed(tmp_path: Path):
    def write(directory: Path) -> None:
        write_two_files(directory)
        publish_directory(directory / "part", write_two_files)

    publish_directory(tmp_path / "step-1", write)
    verify_directory(tmp_path / "step-1")
    (tmp_path / "step-1" / "part" / "a.txt").write_text("ONE")
    with pytest.raises(CorruptCheckpointError, match=r"part/a\.txt"):
        verify_directory(tmp_path / "step-1")
    shutil.rmtree(tmp_path / "step-1" / "part")
    verify_directory(tmp_path / "step-1")
