"""How much memory is free where a model is computed."""

import os
from pathlib import Path

import torch

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")
_KIBIBYTE = 1024


def free_bytes(device: torch.device) -> int:
    """Return the bytes that this process may still take on a device."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        # What torch holds for itself but does not use is as good as free.
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return free + unused
    return free_main_memory()


def total_bytes(device: torch.device) -> int:
    """Return the bytes that a device has for all processes, within the limit of this container."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[1]
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = _container_limit(_CGROUP)
    return total if limit is None else min(total, limit)


def is_out_of_memory(error: BaseException) -> bool:
    """Say whether an error means that a device or this machine has no memory left."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    # The processor's allocator has no exception of its own.
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)


def free_main_memory(meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP) -> int:
    """Return the bytes of main memory that are free, within the limit of this container."""
    free = _available(meminfo)
    left = _left_in_container(cgroup)
    return free if left is None else min(free, left)


def _available(meminfo: Path) -> int:
    try:
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * _KIBIBYTE
    except (OSError, ValueError, IndexError):
        pass  # another system than Linux
    # Nothing says what others use; half of all there is can be counted on.
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def _container_limit(cgroup: Path) -> int | None:
    try:
        limit = (cgroup / "memory.max").read_text().strip()
        return None if limit == "max" else int(limit)
    except (OSError, ValueError):
        return None  # no control groups here, or none of this version


def _left_in_container(cgroup: Path) -> int | None:
    limit = _container_limit(cgroup)
    if limit is None:
        return None
    try:
        used = int((cgroup / "memory.current").read_text())
        facts = dict(line.split() for line in (cgroup / "memory.stat").read_text().splitlines())
        # Files that were only read are given back as soon as memory is wanted.
        return max(0, limit - used + int(facts.get("inactive_file", 0)))
    except (OSError, ValueError):
        return None
