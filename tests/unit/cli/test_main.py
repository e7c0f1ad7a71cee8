import subprocess
import sys

import pytest

import understudy
from tests.unit.cli.support import run, words


def test_the_version_is_shown():
    assert run("--version").output == f"understudy {understudy.__version__}\n"


@pytest.mark.parametrize("command", ["serve", "demo", "models", "files", "jobs", "keys"])
def test_every_command_explains_itself(command: str):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert command in words(result.output)


def test_the_command_line_needs_no_torch():
    code = (
        "import sys, understudy.cli.main;"
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
