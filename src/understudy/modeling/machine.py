"""A process of its own that says where this machine computes, and with how much memory."""

import json
import sys

from understudy.modeling.free_memory import free_bytes, total_bytes
from understudy.modeling.precision import compute_device, fastest_dtype


def main() -> None:
    """Print a JSON object: device, bytes of memory and of each weight."""
    device = compute_device()
    result = {
        "device": device.type,
        "total_bytes": total_bytes(device),
        "free_bytes": free_bytes(device),
        "itemsize": fastest_dtype().itemsize,
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
