"""Imports point one way, and the processes that do not compute start without torch."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def test_the_import_contracts_hold():
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    "module",
    [
        "understudy.cli.main",
        "understudy.server.app",
        "understudy.worker.supervisor.supervisor",
        "understudy.jobs.service",
        "understudy.chat.rendering.renderer",
        "understudy.data.files.validate",
        "understudy.inference.client",
    ],
)
def test_what_does_not_compute_starts_without_torch(module: str):
    # The contract sees our own imports; this also sees what third parties pull in.
    code = (
        f"import sys, {module}; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert result.returncode == 0, result.stderr.decode()
