import subprocess
import sys

import pytest

import understudy
from tests.unit.cli.support import run, words
from understudy.cli import console


def test_the_version_is_shown():
    assert run("--version").output == f"understudy {understudy.__version__}\n"


@pytest.mark.parametrize("command", ["serve", "demo", "models", "files", "jobs", "keys"])
def test_every_command_explains_itself(command: str):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert command in words(result.output)


def test_the_command_line_needs_no_torch():
    code = (
        "import sys, typer.main; from understudy.cli.main import app;"
        "all_of_it = dict(typer.main.get_command(app).commands.items());"
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_command_starts_without_what_only_others_need():
    code = (
        "import sys; from understudy.cli.main import app;"
        "app(['keys', '--help'], standalone_mode=False);"
        "sys.exit(any(name in sys.modules for name in ('openai', 'numpy', 'PIL')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Create and revoke" in done.stdout


def test_names_are_printed_as_they_are_although_they_hold_the_name_of_a_picture(
    capsys: pytest.CaptureFixture[str],
):
    console.out.print("ft:gpt-4o-mini:acme:x:1", markup=False)

    assert capsys.readouterr().out == "ft:gpt-4o-mini:acme:x:1\n"
