from pathlib import Path

import pytest
import torch

from understudy.modeling.free_memory import free_main_memory, is_out_of_memory

MEMINFO = "MemTotal:  16000000 kB\nMemFree:  100 kB\nMemAvailable:  8000 kB\n"


def written(directory: Path, **files: str) -> Path:
    directory.mkdir(exist_ok=True)
    for name, text in files.items():
        (directory / name.replace("_", ".")).write_text(text)
    return directory


@pytest.fixture
def meminfo(tmp_path: Path) -> Path:
    file = tmp_path / "meminfo"
    file.write_text(MEMINFO)
    return file


def test_memory_that_the_system_can_give_counts_as_free(tmp_path: Path, meminfo: Path):
    assert free_main_memory(meminfo, tmp_path / "nothing") == 8000 * 1024


def test_a_containers_limit_counts_where_it_is_lower(tmp_path: Path, meminfo: Path):
    cgroup = written(
        tmp_path / "cgroup",
        memory_max="5000000\n",
        memory_current="4000000\n",
        memory_stat="anon 1000\ninactive_file 250000\n",
    )
    assert free_main_memory(meminfo, cgroup) == 1_250_000


def test_a_container_without_a_limit_has_what_the_machine_has(tmp_path: Path, meminfo: Path):
    cgroup = written(tmp_path / "cgroup", memory_max="max\n")
    assert free_main_memory(meminfo, cgroup) == 8000 * 1024


def test_a_system_that_does_not_tell_is_trusted_with_a_part_of_its_memory(tmp_path: Path):
    assert free_main_memory(tmp_path / "nothing", tmp_path) > 10**8


def test_running_out_of_memory_is_told_from_other_errors():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)
    assert is_out_of_memory(torch.OutOfMemoryError())
    assert is_out_of_memory(MemoryError())
    assert not is_out_of_memory(RuntimeError("shapes do not match"))
