import shutil
from pathlib import Path

import pytest
import torch

from tests.unit.worker.support import write_base
from understudy.errors import InvalidRequestError
from understudy.worker.trainer.bases import WarmBases


def test_a_base_is_loaded_once(base_directory: Path):
    bases = WarmBases(torch.float32)
    assert bases.get(base_directory) is bases.get(base_directory)


def test_a_base_whose_files_changed_is_loaded_again(base_directory: Path, tmp_path: Path):
    copy = Path(shutil.copytree(base_directory, tmp_path / "copy"))
    bases = WarmBases(torch.float32)
    before = bases.get(copy)
    (copy / "chat_template.jinja").write_text("{{ messages }}")
    after = bases.get(copy)
    assert after is not before
    assert after.renderer.hash != before.renderer.hash


def test_the_base_used_longest_ago_leaves_when_memory_is_short(tmp_path: Path):
    directories = [write_base(tmp_path / name) for name in ("a", "b", "c")]
    size = sum(path.stat().st_size for path in directories[0].iterdir())
    bases = WarmBases(torch.float32, resident_bytes=int(2.5 * size))
    first, second = bases.get(directories[0]), bases.get(directories[1])
    assert bases.get(directories[0]) is first
    bases.get(directories[2])
    assert bases.get(directories[0]) is first
    assert bases.get(directories[1]) is not second


def test_a_directory_that_is_no_model_is_refused(tmp_path: Path):
    with pytest.raises(InvalidRequestError, match="not a model directory"):
        WarmBases(torch.float32).get(tmp_path / "nothing")
