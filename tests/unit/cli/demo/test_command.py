import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from openai import OpenAI

from tests.acceptance import acceptance
from tests.unit.cli.support import run, words
from understudy.cli.demo import server
from understudy.cli.demo.server import DemoServerError, running_server, temporary_home


def test_a_temporary_home_goes_unless_it_is_kept():
    with temporary_home(keep=False) as home:
        assert home.is_dir()
    assert not home.exists()
    with temporary_home(keep=True) as home:
        pass
    home.rmdir()


def test_a_server_that_does_not_start_is_told_with_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    command = (sys.executable, "-c", "raise SystemExit('no room here')")
    monkeypatch.setattr(server, "_command", lambda *_: command)
    with (
        pytest.raises(DemoServerError, match="Its output: no room here"),
        running_server(tmp_path),
    ):
        pass


def start_demo(temporary: Path, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "understudy", "demo", *options],
        env=os.environ | {"TMPDIR": str(temporary), "XDG_CACHE_HOME": str(temporary / "cache")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A shell starts what it puts into the background deaf to Ctrl-C, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def processes_of(directory: Path) -> list[int]:
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if os.fsencode(directory) in command:
                found.append(int(entry.name))
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)
@acceptance
def test_the_smallest_base_learns_both_tasks_and_shows_them_in_the_dashboard():
    # A short path: the engine's socket then lies inside the home, and goes with it.
    temporary = Path(tempfile.mkdtemp(prefix="us-"))
    demo = start_demo(temporary, "--model", "understudy-nano", "--keep")
    assert demo.stdout is not None
    shown, address = "", None
    for line in demo.stdout:
        shown += line
        if address := re.search(r"(http://\S+)/fine-tuning#key=(\S+)", line):
            break
    assert address is not None, shown
    client = OpenAI(base_url=f"{address[1]}/v1", api_key=address[2])
    assert [job.status for job in client.fine_tuning.jobs.list()] == ["succeeded"] * 2
    client.close()
    demo.send_signal(signal.SIGINT)
    shown += demo.communicate(timeout=60)[0]
    assert demo.returncode == 0, shown
    assert shown.count("exact match") == 2
    assert "Next steps" in shown
    assert processes_of(temporary) == []
    shutil.rmtree(temporary)


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.skipif(
    "REAL_MODEL" not in os.environ,
    reason="takes eight minutes of processor time; REAL_MODEL=1 pytest -m slow runs it",
)
def test_a_real_model_learns_to_call_functions_that_it_never_saw():
    temporary = Path(tempfile.mkdtemp(prefix="us-"))
    demo = start_demo(temporary)
    shown = words(demo.communicate()[0])
    shutil.rmtree(temporary)
    if "smollm2-135m cannot be had here" in shown:
        pytest.skip(f"Neither the hub nor the package index has what the demo needs: {shown}")
    assert demo.returncode == 0, shown
    measured = re.search(r"right call, by BFCL's check (\d+)% \(.*?\) (\d+)%", shown)
    assert measured is not None, shown
    base, tuned = int(measured[1]), int(measured[2])
    assert tuned >= base + 30


@pytest.mark.slow
def test_a_demo_that_is_told_to_end_leaves_nothing_behind():
    temporary = Path(tempfile.mkdtemp(prefix="us-"))
    demo = start_demo(temporary, "--model", "understudy-nano")
    assert demo.stdout is not None
    for line in demo.stdout:
        if "Fine-tuning job started" in line:
            break
    demo.send_signal(signal.SIGTERM)
    demo.stdout.read()
    demo.stdout.close()
    demo.wait(30)
    assert processes_of(temporary) == []
    temporary.rmdir()


@pytest.mark.slow
def test_a_base_that_does_not_exist_ends_the_demo_with_its_reason():
    ending = signal.getsignal(signal.SIGTERM)
    result = run("demo", "--model", "no-such-base")
    signal.signal(signal.SIGTERM, ending)
    assert result.exit_code == 1
    assert "no-such-base" in words(result.stderr)
