"""Write what is installed, every file of every package with its SHA-256, into locks/; needs uv.

`locks/run.txt` and `locks/dev.txt` hold the versions of constraints.txt for every platform. torch
is not in them: its builds differ from machine to machine (CPU, CUDA, ROCm) and bring libraries of
their own, so that its version alone is fixed.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = {"run": (), "dev": ("--extra", "dev")}
# What a build of torch brings for its accelerator.
_ACCELERATORS = re.compile(r"(cuda-|nvidia-|triton)")


def main() -> None:
    """Resolve both sets again and write them."""
    for name, extras in EXTRAS.items():
        command = (
            *("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
            *("--generate-hashes", "--no-header", "--no-annotate", "--no-emit-package", "torch"),
            *("--constraint", "constraints.txt", *extras, "pyproject.toml"),
        )
        lines = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
        path = ROOT / "locks" / f"{name}.txt"
        path.write_text(_without_accelerators(lines.stdout))
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")


def _without_accelerators(lock: str) -> str:
    entries = re.split(r"^(?=\S)", lock, flags=re.MULTILINE)
    return "".join(entry for entry in entries if not _ACCELERATORS.match(entry))


if __name__ == "__main__":
    main()
