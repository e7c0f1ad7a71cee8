"""What code leaves running or lying about after its answer does nothing and is gone."""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from understudy.graders.grade import GradingError
from understudy.graders.python_code import Code
from understudy.graders.sandbox.landlock import landlock_version
from understudy.graders.sandbox.limits import SandboxLimits
from understudy.graders.sandbox.restricted import RestrictedSandbox
from understudy.graders.sandbox.scratch import Scratch, TooDeepError

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or landlock_version() == 0, reason="this kernel offers no Landlock"
)

Run = Callable[[Coroutine[Any, Any, Any]], Any]
Grade = Callable[..., Any]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="module")
def sandbox(run: Run) -> Iterator[RestrictedSandbox]:
    sandbox = RestrictedSandbox(
        SandboxLimits(seconds=5, memory_bytes=2**30, temporary_bytes=2**25, processes=3)
    )
    yield sandbox
    run(sandbox.close())


@pytest.fixture(scope="module")
def grade(run: Run, sandbox: RestrictedSandbox) -> Grade:
    def grade(source: str, item: Any = None, owner: str = "me") -> Any:
        return run(sandbox.grade(Code(owner=owner, source=source), {}, item or {}))

    return grade


def kind_of_failure(grade: Grade, source: str, item: Any) -> str | None:
    try:
        grade(source, item)
    except GradingError as error:
        return error.errors.python_grader_server_error_type
    return None


THREADS = """
import atexit, os, threading, time
counted = 0
def count():
    global counted
    while True:
        counted += 1
        open(f"file {counted}", "w").close()
        time.sleep(0.001)
atexit.register(lambda: open("at exit", "w").close())
def grade(sample, item):
    if not item:
        threading.Thread(target=count, daemon=True).start()
        print(os.getcwd(), os.getpid())
    return counted
"""


def test_threads_stand_still_between_samples_and_write_nothing(grade: Grade):
    directory, process = grade(THREADS).printed.split()
    before = Path(f"/proc/{process}/stat").read_text()
    assert before.rpartition(")")[2].split()[0] == "T"
    time.sleep(0.2)
    assert Path(f"/proc/{process}/stat").read_text() == before
    assert [*Path(directory).iterdir()] == []
    assert grade(THREADS, {"again": True}).score < 100


DEEP = """
import os
def grade(sample, item):
    place = os.open(".", os.O_RDONLY)
    for depth in range(item["depth"]):
        os.mkdir("d" * 200, item["mode"], dir_fd=place)
        place, outer = os.open("d" * 200, os.O_PATH, dir_fd=place), place
        os.close(outer)
    with os.fdopen(os.open("f", os.O_WRONLY | os.O_CREAT, dir_fd=place), "wb") as file:
        while item["writes"]:
            file.write(bytes(2**20))
            file.seek(0)
    return len(os.listdir("."))
"""


def test_a_tree_deeper_than_any_path_is_too_much(grade: Grade):
    with pytest.raises(GradingError, match="directories too deep within each other"):
        grade(DEEP, {"depth": 100, "mode": 0o700, "writes": True})


UNLINKED = """
import os, time
kept = []
def grade(sample, item):
    for _ in range(10):
        kept.append(os.open("file", os.O_RDWR | os.O_CREAT))
        os.unlink("file")
        os.write(kept[-1], bytes(2 ** 22))
    time.sleep(4)
"""


def test_deleted_files_that_are_still_open_count(grade: Grade):
    with pytest.raises(GradingError, match="more than 32 MB of temporary files"):
        grade(UNLINKED)


def test_code_that_is_only_loaded_is_watched_too(grade: Grade):
    endless = "n = 0\nwhile True:\n    n += 1\n    open(f'{n}', 'wb').write(bytes(2 ** 20))"
    with pytest.raises(GradingError, match="more than 32 MB of temporary files"):
        grade(endless)


def test_one_file_takes_no_more_than_a_quarter_of_the_room(grade: Grade):
    source = "def grade(s, i):\n    open('f', 'wb').write(bytes(2 ** 24))"
    with pytest.raises(GradingError, match="File too large"):
        grade(source)


PLANTED = """
import os
from pathlib import Path
import sys
def grade(sample, item):
    version = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    for place in (".", f".local/{version}", version):
        Path(place).mkdir(parents=True, exist_ok=True)
        for name in ("sitecustomize", "usercustomize", "json", "numpy", "grader", "understudy"):
            Path(place, name + ".py").write_text("raise SystemExit('planted')")
        Path(place, "x.pth").write_text("import nonexistent")
    os.environ.update(PYTHONPATH=os.getcwd(), LD_PRELOAD="/x.so", PYTHONSTARTUP="json.py")
    sys.path.insert(0, os.getcwd())
    return 1
"""


def test_modules_planted_by_one_grader_run_in_no_other(grade: Grade):
    assert grade(PLANTED).score == 1
    read = "import json, numpy, os\ndef grade(s, i):\n    return 'LD_PRELOAD' in os.environ"
    assert grade(read, owner="another").score == 0


@pytest.mark.parametrize(
    "after",
    ["os.write(pipe, b'x' * 2 ** 20)", "os.close(pipe)", "os._exit(0)"],
)
def test_a_thread_that_meddles_after_the_answer_harms_its_own_next_sample_at_most(
    grade: Grade, after: str
):
    source = f"""
import os, threading, time
def meddle():
    time.sleep(0.001)
    for pipe in range(3, 12):
        try: {after}
        except OSError: pass
def grade(sample, item):
    threading.Thread(target=meddle, daemon=True).start()
    if item: time.sleep(0.1)
    return 0.25
"""
    kinds = {kind_of_failure(grade, source, item) for item in ({}, {"stays": True})}
    assert kinds <= {None, "crashed", "timeout"}
    assert grade("def grade(s, i): return 0.5", owner="other").score == 0.5


@pytest.mark.parametrize("length", [60_000, 4])
def test_half_an_answer_is_waited_for_no_longer_than_the_limit(run: Run, length: int):
    source = f"""
import os, time
def grade(sample, item):
    for pipe in range(3, 12):
        try: os.write(pipe, ({length}).to_bytes(4)[:{2 if length == 4 else 4}])
        except OSError: pass
    time.sleep(100)
"""

    async def halved() -> None:
        sandbox = RestrictedSandbox(SandboxLimits(seconds=0.3))
        with pytest.raises(GradingError) as raised:
            await sandbox.grade(Code(owner="me", source=source), {}, {})
        await sandbox.close()
        assert raised.value.errors.python_grader_server_error_type in {"timeout", "crashed"}

    run(halved())


@pytest.mark.parametrize(
    "body",
    [
        "type('\\ud800' * 9, (Exception,), {})",
        "type('E', (Exception,), {'__str__': lambda self: '\\ud800\\0' * 9999})",
        "type('E', (Exception,), {'__str__': lambda self: 5})",
        "type('E', (Exception,), {'__str__': lambda self: (_ for _ in ()).throw(SystemExit)})",
        "type('E', (BaseException,), {'__traceback__': property(lambda self: 1 / 0)})",
        "type('M', (type,), {'__name__': property(lambda c: 1 / 0)})('E', (Exception,), {})",
        "type('S', (SyntaxError,), {'filename': '<grader>', 'lineno': 10 ** 5000})",
    ],
)
def test_an_exception_made_to_harm_is_an_error_of_its_sample(grade: Grade, body: str):
    source = f"def grade(s, i):\n    if i: return 0.5\n    raise {body}"
    with pytest.raises(GradingError) as raised:
        grade(source)
    raised.value.message.encode()
    assert "\0" not in raised.value.message
    assert len(raised.value.message) <= 2000
    assert grade(source, {"fine": True}).score == 0.5


@pytest.fixture
def scratch() -> Iterator[Scratch]:
    scratch = Scratch()
    yield scratch
    scratch.remove()
    assert not scratch.path.parent.exists()


@pytest.mark.parametrize("mode", [0o700, 0o300])
def test_a_tree_of_any_depth_is_removed(scratch: Scratch, mode: int):
    place = os.open(scratch.path, os.O_RDONLY)
    for _ in range(100):
        os.mkdir("d" * 200, mode, dir_fd=place)
        outer, place = place, os.open("d" * 200, os.O_PATH, dir_fd=place)
        os.close(outer)
    os.close(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=place))
    os.close(place)
    with pytest.raises(TooDeepError):
        scratch.used_bytes()
    scratch.empty()
    assert [*Path(scratch.path).iterdir()] == []


def test_a_directory_that_its_owner_may_not_list_is_counted_and_removed(scratch: Scratch):
    hidden = scratch.path / "hidden"
    hidden.mkdir(mode=0o300)
    (hidden / "file").write_bytes(bytes(2**20))
    assert scratch.used_bytes() > 2**20
    scratch.empty()
    assert [*Path(scratch.path).iterdir()] == []
