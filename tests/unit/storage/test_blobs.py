import errno
import os
from hashlib import sha256
from pathlib import Path

import pytest

from understudy.errors import PayloadTooLargeError, StorageFaultError, StorageFullError
from understudy.storage.blobs import BlobStore


def files(blobs: BlobStore) -> list[Path]:
    return sorted(path for path in blobs.root.rglob("*") if path.is_file())


def test_a_blob_is_named_by_its_content(blobs: BlobStore):
    blob = blobs.write([b"hello ", b"world"])
    assert blob.sha256 == sha256(b"hello world").hexdigest()
    assert blob.bytes == 11
    assert blobs.path(blob.sha256).read_bytes() == b"hello world"
    assert list(blobs.names()) == [blob.sha256]


def test_the_same_content_is_stored_once(blobs: BlobStore):
    assert blobs.write([b"same"]) == blobs.write([b"sa", b"me"])
    assert len(files(blobs)) == 1


def test_an_empty_blob_is_a_blob(blobs: BlobStore):
    assert blobs.path(blobs.write([]).sha256).read_bytes() == b""


def test_nothing_is_visible_before_commit(blobs: BlobStore):
    writer = blobs.open_writer()
    writer.write(b"half")
    assert list(blobs.names()) == []
    writer.abort()
    writer.abort()
    assert files(blobs) == []


def test_too_much_is_refused_and_leaves_nothing(blobs: BlobStore):
    assert blobs.write([b"12345"], limit=5).bytes == 5
    with pytest.raises(PayloadTooLargeError, match="larger than 5 bytes"):
        blobs.write([b"123", b"456"], limit=5)
    assert len(files(blobs)) == 1


def test_a_source_that_breaks_off_leaves_nothing(blobs: BlobStore):
    def breaking():
        yield b"some"
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        blobs.write(breaking())
    assert files(blobs) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_a_typed_error_and_leaves_nothing(
    blobs: BlobStore, monkeypatch: pytest.MonkeyPatch, code: int
):
    def refuse(_descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(StorageFullError):
            blobs.write([b"data"])
    assert files(blobs) == []
    assert blobs.write([b"data"]).bytes == 4


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_only_a_digest_names_a_blob(blobs: BlobStore, name: str):
    with pytest.raises(ValueError, match="not a blob name"):
        blobs.path(name)


@pytest.mark.parametrize("kind", [errno.EROFS, errno.EIO, errno.EACCES])
def test_a_disk_that_fails_is_a_typed_error_and_leaves_nothing(
    blobs: BlobStore, monkeypatch: pytest.MonkeyPatch, kind: int
):
    def fail(*_: object) -> None:
        raise OSError(kind, "no")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StorageFaultError, match="not stored"):
        blobs.write([b"x"])
    monkeypatch.undo()
    assert list(blobs.names()) == []
    assert list(blobs.temporary.iterdir()) == []
