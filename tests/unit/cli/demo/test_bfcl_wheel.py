"""The wheel with the task's data, taken by the real pip out of a folder for the index."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from understudy.bases.errors import BaseSourceError
from understudy.bases.progress import Progress
from understudy.cli.demo import bfcl_wheel
from understudy.cli.demo.bfcl_wheel import fetch_bfcl

QUESTION = {
    "id": "simple_python_0",
    "question": [[{"role": "user", "content": "How much is 5!?"}]],
    "function": [
        {
            "name": "math.factorial",
            "description": "Calculate a factorial.",
            "parameters": {
                "type": "dict",
                "properties": {"number": {"type": "integer"}},
                "required": ["number"],
            },
        }
    ],
}
ANSWER = {"id": "simple_python_0", "ground_truth": [{"math.factorial": {"number": [5]}}]}


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where pip looks; its wheel has one row and is taken for the pinned one."""
    folder = tmp_path / "index"
    folder.mkdir()
    path = folder / "bfcl_eval-2026.3.23-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        data = "bfcl_eval/data"
        wheel.writestr(f"{data}/BFCL_v4_simple_python.json", json.dumps(QUESTION))
        wheel.writestr(f"{data}/possible_answer/BFCL_v4_simple_python.json", json.dumps(ANSWER))
        about = "bfcl_eval-2026.3.23.dist-info"
        # Were it installed with what it needs, this would fail.
        wheel.writestr(
            f"{about}/METADATA",
            "Metadata-Version: 2.1\nName: bfcl-eval\nVersion: 2026.3.23\n"
            "Requires-Dist: never-there\n",
        )
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(bfcl_wheel, "_WHEEL_SHA256", digest)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_the_rows_are_read_from_the_wheel_which_is_fetched_once(tmp_path: Path, index: Path):
    (row,) = fetch_bfcl(tmp_path / "cache", lambda _: None)
    assert (row.question, row.name) == ("How much is 5!?", "math_factorial")
    assert row.allowed == {"number": [5]}
    for path in index.iterdir():
        path.unlink()
    seen: list[Progress] = []
    assert fetch_bfcl(tmp_path / "cache", seen.append) == [row]
    assert seen == []
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["bfcl_eval.whl"]


def test_another_wheel_under_this_name_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bfcl_wheel, "_WHEEL_SHA256", "0" * 64)
    with pytest.raises(BaseSourceError, match="is not the file that this demo was made with"):
        fetch_bfcl(tmp_path / "cache", lambda _: None)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_wheel_that_was_damaged_in_the_cache_is_fetched_again(tmp_path: Path):
    fetch_bfcl(tmp_path, lambda _: None)
    (tmp_path / "bfcl_eval.whl").write_bytes(b"cut off")
    assert len(fetch_bfcl(tmp_path, lambda _: None)) == 1


def test_a_wheel_that_is_not_there_is_named(tmp_path: Path, index: Path):
    for path in index.iterdir():
        path.unlink()
    with pytest.raises(BaseSourceError, match=r"bfcl-eval==2026.3.23 cannot be had"):
        fetch_bfcl(tmp_path / "cache", lambda _: None)
