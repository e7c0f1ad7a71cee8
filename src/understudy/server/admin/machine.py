"""How busy the computer is, and how much room it has."""

import os
from pathlib import Path

import psutil

from understudy.schemas.admin.overview import Machine


def look_at_machine(home: Path) -> Machine:
    """Measure the machine, and the disk that holds `home`."""
    memory, disk = psutil.virtual_memory(), psutil.disk_usage(str(home))
    return Machine(
        cores=os.cpu_count() or 1,
        cpu_percent=psutil.cpu_percent(),
        load=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        memory_bytes=memory.total,
        memory_used_bytes=memory.total - memory.available,
        disk_bytes=disk.total,
        disk_free_bytes=disk.free,
    )
