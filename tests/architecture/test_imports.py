"""Imports point one way, and the processes that do not compute start without torch."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def test_the_import_contracts_hold():
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_module_of_routes_is_held_to_http_alone():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    routes = next(c for c in contracts["contracts"] if c["name"].startswith("Routes speak HTTP"))
    server = ROOT / "src" / "understudy" / "server"
    rooms = [*server.glob("*/routes.py"), *server.glob("**/*_routes.py")]
    names = {".".join(path.relative_to(ROOT / "src").with_suffix("").parts) for path in rooms}
    assert {n for n in names if not n.endswith(".routes")} < set(routes["source_modules"])
    assert "understudy.server.*.routes" in routes["source_modules"]


@pytest.mark.parametrize(
    "module",
    [
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
