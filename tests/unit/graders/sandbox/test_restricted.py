"""Everything that code may try in the sandbox fails, and the next sample is graded all the same."""

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.forged import FORGED, WRITE, forged
from understudy.errors import InvalidRequestError
from understudy.graders.grade import GradingError
from understudy.graders.python_code import Code, CodeResult
from understudy.graders.sandbox import escapes, worker
from understudy.graders.sandbox.landlock import landlock_version
from understudy.graders.sandbox.limits import SandboxLimits
from understudy.graders.sandbox.local import choose, find_weakness
from understudy.graders.sandbox.packages import PACKAGES
from understudy.graders.sandbox.restricted import RestrictedSandbox

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or landlock_version() == 0, reason="this kernel offers no Landlock"
)

ESCAPES = Path(escapes.__file__).read_text()
# What the kernel denies to many processes without a sandbox too.
NOT_FOR_EVERYBODY = {"write into libraries", "become root", "raise a limit", "make namespaces"}

# Ways that stop or change the very process that tries them out.
HARMFUL = {"trace a process"}

Run = Callable[[Coroutine[Any, Any, Any]], Any]


def mine(source: str, owner: str = "me") -> Code:
    return Code(owner=owner, source=source)


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="module")
def sandbox(run: Run) -> Iterator[RestrictedSandbox]:
    sandbox = RestrictedSandbox(SandboxLimits(seconds=60, memory_bytes=2**30))
    yield sandbox
    run(sandbox.close())


@pytest.fixture(scope="module")
def hasty(run: Run) -> Iterator[RestrictedSandbox]:
    """For code that does not end."""
    sandbox = RestrictedSandbox(SandboxLimits(seconds=0.2))
    yield sandbox
    run(sandbox.close())


@pytest.fixture
def grade(run: Run, sandbox: RestrictedSandbox) -> Callable[..., CodeResult]:
    def grade(source: str, sample: object = None, item: object = None) -> CodeResult:
        return run(sandbox.grade(mine(source), sample or {}, item or {}))

    return grade


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.write_text("secret")
    for path in (tmp_path, file):
        path.chmod(0o777)
    return file


@pytest.mark.parametrize("attempt", escapes.ATTEMPTS)
def test_no_attempt_to_escape_gets_anywhere(
    attempt: str, grade: Callable[..., CodeResult], secret: Path
):
    item = {"attempt": attempt, "secret": str(secret)}
    assert grade(ESCAPES, item=item).score == 0
    assert [path.name for path in secret.parent.iterdir()] == ["secret"]
    assert secret.read_text() == "secret"


def test_the_attempts_do_get_somewhere_where_nothing_holds_them(secret: Path):
    script = """
import json, os, sys
from understudy.graders.sandbox import escapes, worker
for attempt in escapes.ATTEMPTS:
    if attempt in json.loads(sys.argv[2]):
        continue
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os._exit(int(escapes.grade({}, {"attempt": attempt, "secret": sys.argv[1]})))
    status = os.waitpid(child, os.WUNTRACED)[1]
    # One that becomes another program, `true`, ends with 0 for its success.
    got_there = os.WIFSTOPPED(status) or os.WEXITSTATUS(status) == 1
    print(json.dumps([attempt, got_there or attempt == "become another program"]))
    if os.WIFSTOPPED(status):
        os.kill(child, 9)
        os.waitpid(child, 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, secret, json.dumps([*HARMFUL])],
        capture_output=True, text=True, timeout=60, env={**os.environ, "SECRET": "x"},
        cwd=secret.parent,
    )  # fmt: skip
    results = dict(json.loads(line) for line in done.stdout.splitlines())
    assert set(results) == set(escapes.ATTEMPTS) - HARMFUL, done.stderr
    denied = {name for name, got_there in results.items() if not got_there}
    assert denied <= NOT_FOR_EVERYBODY


def test_the_sandbox_of_this_machine_is_the_one_for_linux(run: Run):
    chosen = run(choose(SandboxLimits()))
    run(chosen.close())
    assert isinstance(chosen, RestrictedSandbox)


class Leaky:
    """A sandbox out of which one thing is possible."""

    async def check(self, code: Code, *, param: str) -> None:
        pass

    async def grade(self, code: Code, sample: object, item: Any) -> CodeResult:
        return CodeResult(score=float(item["attempt"] == "fork"), printed="")


def test_a_sandbox_with_one_hole_is_not_used(run: Run):
    assert run(find_weakness(Leaky())) == "code in its sandbox could fork"


FUNCTIONS = """
def grade(sample, item):
    scope = {}
    exec("def f():\\n" + item["body"], scope)
    return scope["f"]()
"""


def indented(body: str) -> str:
    return "".join(f"    {line}\n" for line in body.splitlines())


def error_of(run: Run, sandbox: RestrictedSandbox, body: str) -> GradingError:
    source = f"def grade(sample, item):\n{indented(body)}"
    with pytest.raises(GradingError) as raised:
        run(sandbox.grade(mine(source), {}, {}))
    return raised.value


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "import time\ntime.sleep(100)",
        "import re\nreturn bool(re.match('(a+)+$', 'a' * 40 + 'b'))",
        "return 9 ** 9 ** 9 ** 9",
        "while True: print('x' * 1000)",
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass",
    ],
    ids=["loop", "sleep", "regular expression", "power", "output", "signals ignored"],
)
def test_code_that_does_not_end_is_ended(run: Run, hasty: RestrictedSandbox, body: str):
    error = error_of(run, hasty, body)
    assert error.errors.python_grader_server_error
    assert error.errors.python_grader_server_error_type == "timeout"
    assert error.errors.unresponsive_reward_error
    assert "0.2 seconds" in error.message


@pytest.mark.parametrize(
    "body",
    [
        "import os\nos._exit(0)",
        "import ctypes\nctypes.string_at(0)",
        "import os\nfor pipe in range(64):\n    try: os.close(pipe)\n    except OSError: pass",
        WRITE.format("b'x' * 100"),
        WRITE.format("(2).to_bytes(4) + b'[]'"),
        WRITE.format('(26).to_bytes(4) + b\'{"score": 1, "printed": ""}\''),
        "import sys\nsys.setrecursionlimit(10**9)\nx = []\nfor _ in range(10**5): x = [x]\nrepr(x)",
        "import os\nos.abort()",
        *(forged(answer) for answer in FORGED.values()),
    ],
    ids=[
        "exit",
        "null",
        "pipes closed",
        "pipes flooded",
        "foreign answer",
        "false answer",
        "stack",
        "abort",
        *FORGED,
    ],
)
def test_code_that_takes_its_process_down_is_an_error(
    run: Run, sandbox: RestrictedSandbox, body: str
):
    error = error_of(run, sandbox, body)
    assert error.errors.python_grader_server_error_type == "crashed"
    assert run(sandbox.grade(mine("def grade(s, i): return 0.5"), {}, {})).score == 0.5


@pytest.mark.parametrize(
    ("body", "details"),
    [
        ("return 1 / 0", "line 5: ZeroDivisionError: division by zero"),
        ("return undefined", "NameError"),
        ("return None", "TypeError: grade returned a value of type NoneType"),
        ("return '0.5'", "TypeError: grade returned a value of type str"),
        ("return [1.0]", "TypeError: grade returned a value of type list"),
        ("return float('nan')", "ValueError: grade returned nan"),
        ("return float('inf')", "ValueError: grade returned inf"),
        ("return 10 ** 400", "OverflowError"),
        ("return bytearray(3 * 1024 ** 3)[0]", "MemoryError"),
        ("return len('x' * 3 * 1024 ** 3)", "MemoryError"),
        ("kept = []\nwhile True: kept.append(bytearray(2 ** 27))", "MemoryError"),
        ("import sys\nsys.exit(0)", "SystemExit: 0"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("f = lambda: f()\nreturn f()", "RecursionError"),
        ("class E(Exception):\n    __str__ = None\nraise E", "E: its text cannot be made"),
        ("raise ValueError('x' * 10 ** 7)", "ValueError: xxx"),
        ("import os\nos.fork()", "PermissionError"),
        ("import os\nwhile True: os.fork()", "PermissionError"),
        ("import socket\nsocket.create_connection(('127.0.0.1', 80))", "PermissionError"),
        ("return len(open('/etc/passwd').read())", "PermissionError"),
        ("return input()", "EOFError"),
    ],
)
def test_code_that_fails_is_an_error_with_details(
    run: Run, sandbox: RestrictedSandbox, body: str, details: str
):
    with pytest.raises(GradingError) as raised:
        run(sandbox.grade(mine(FUNCTIONS), {}, {"body": indented(body)}))
    assert raised.value.errors.python_grader_runtime_error
    assert details in raised.value.errors.python_grader_runtime_error_details
    assert len(raised.value.message) <= 2000
    assert run(sandbox.grade(mine(FUNCTIONS), {}, {"body": "    return 1"})).score == 1


@pytest.mark.parametrize(
    ("body", "score"),
    [
        ("return 1", 1.0),
        ("return True", 1.0),
        ("return -2.5", -2.5),
        ("import decimal\nreturn decimal.Decimal('0.25')", 0.25),
        ("import numpy\nreturn numpy.float32(0.5)", 0.5),
        ("import rapidfuzz\nreturn rapidfuzz.fuzz.ratio('ab', 'ab')", 100.0),
    ],
)
def test_numbers_of_every_kind_are_scores(
    body: str, score: float, grade: Callable[..., CodeResult]
):
    assert grade(FUNCTIONS, item={"body": indented(body)}).score == score


def test_code_sees_its_sample_and_item_and_may_print(grade: Callable[..., CodeResult]):
    source = """
import json, sys
def grade(sample: dict, item: dict) -> float:
    print("seen:", sample["output_text"], item["nested"][0])
    print("also here", file=sys.stderr)
    return float(sample["output_text"] == "é" and item["nested"] == [1, None])
"""
    result = grade(source, {"output_text": "é"}, {"nested": [1, None]})
    assert result == CodeResult(score=1.0, printed="seen: é 1\nalso here\n")


def test_text_that_cannot_be_sent_is_shown_as_python_writes_it(
    run: Run, sandbox: RestrictedSandbox, grade: Callable[..., CodeResult]
):
    printed = "def grade(s, i):\n    print('a\\ud800\\0b')\n    return 1"
    assert grade(printed).printed == r"a\ud800\x00b" + "\n"
    error = error_of(run, sandbox, "raise ValueError('\\ud800\\0')")
    assert error.message == r"line 2: ValueError: \ud800\x00"
    longest = (
        "def grade(s, i):\n    print('\\U0001f600' * 9999)\n    raise ValueError('\\x01' * 9999)"
    )
    with pytest.raises(GradingError, match="line 3: ValueError"):
        grade(longest)


def test_a_gigabyte_of_output_is_kept_to_its_beginning(grade: Callable[..., CodeResult]):
    source = """
import os
def grade(sample, item):
    for _ in range(1024):
        print("x" * 2**20)
    os.write(1, b"y" * 2**20)
    return 1
"""
    assert len(grade(source).printed) == 4000


TEMPORARY = """
import os, shutil, sqlite3, tempfile
from pathlib import Path
def grade(sample, item):
    found = os.listdir(".")
    Path("a").write_text("x")
    Path("folder/inner").mkdir(parents=True)
    shutil.copyfile("a", "folder/inner/b")
    os.rename("folder/inner/b", "c")
    with tempfile.NamedTemporaryFile("w+") as file, tempfile.TemporaryDirectory() as directory:
        file.write(Path("c").read_text())
        Path(directory, "d").write_bytes(b"y")
    base = sqlite3.connect("base.sqlite")
    base.execute("create table t (n)")
    base.commit()
    print(os.getcwd())
    return len(found)
"""


def test_code_has_a_directory_of_its_own_that_is_empty_for_every_sample(
    run: Run, grade: Callable[..., CodeResult]
):
    first, second = grade(TEMPORARY), grade(TEMPORARY)
    assert (first.score, second.score, first.printed) == (0, 0, second.printed)
    directory = Path(first.printed.strip())
    assert list(directory.iterdir()) == []
    other = RestrictedSandbox(SandboxLimits())
    printed = run(other.grade(mine(TEMPORARY), {}, {})).printed.strip()
    assert Path(printed).is_dir()
    assert printed != str(directory)
    run(other.close())
    assert not Path(printed).parent.exists()


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("open('f', 'wb').write(b'x' * 2**26)", "File too large"),
        (
            "for n in range(10 ** 6): open(f'f{n}', 'wb').write(b'x' * 2**20)",
            "The grader wrote more than 32 MB of temporary files.",
        ),
        (
            "for n in range(10 ** 6): open(f'f{n}', 'w').close()",
            "The grader wrote more than 32 MB of temporary files.",
        ),
    ],
    ids=["one file", "many files", "empty files"],
)
def test_temporary_files_are_bounded(run: Run, body: str, complaint: str):
    small = RestrictedSandbox(SandboxLimits(seconds=60, temporary_bytes=2**25))
    assert complaint in error_of(run, small, body).message
    assert run(small.grade(mine("def grade(s, i): return 0.5"), {}, {})).score == 0.5
    run(small.close())


def test_threads_are_to_be_had_but_not_without_end(grade: Callable[..., CodeResult]):
    source = """
import threading
from concurrent.futures import ThreadPoolExecutor
def grade(sample, item):
    with ThreadPoolExecutor(4) as pool:
        right = sum(pool.map(int, range(5))) == 10
    threading.stack_size(2**16)
    end = threading.Event()
    try:
        for count in range(10**6):
            threading.Thread(target=end.wait, daemon=True).start()
    except RuntimeError:
        return right and 16 < count < 5000
    finally:
        end.set()
"""
    assert grade(source).score == 1


@pytest.mark.parametrize("module", PACKAGES)
def test_the_packages_of_openais_image_can_be_used(module: str, grade: Callable[..., CodeResult]):
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed: pip install -e '.[graders]'")
    assert grade(f"import {module}\ndef grade(sample, item): return 1").score == 1


def test_a_package_that_is_missing_is_named_with_the_extra_that_brings_it(
    run: Run, sandbox: RestrictedSandbox
):
    body = "raise ModuleNotFoundError(\"No module named 'sklearn.x'\", name='sklearn.x')"
    assert "pip install 'understudy[graders]'" in error_of(run, sandbox, body).message
    assert "pip install" not in error_of(run, sandbox, "import nowhere").message


def test_code_stays_loaded_from_one_sample_to_the_next(grade: Callable[..., CodeResult]):
    source = "count = 0\ndef grade(s, i):\n    global count\n    count += 1\n    return count"
    assert [grade(source).score for _ in range(3)] == [1, 2, 3]


def test_the_same_code_of_two_owners_has_two_processes(run: Run, sandbox: RestrictedSandbox):
    source = "seen = []\ndef grade(s, i):\n    seen.append(i)\n    return len(seen)"
    owners = ("you", "you", "they")
    results = [run(sandbox.grade(mine(source, owner), {}, {})).score for owner in owners]
    assert results == [1, 2, 1]


def test_samples_are_graded_at_once_and_more_codes_than_processes_take_turns(
    run: Run, sandbox: RestrictedSandbox
):
    async def many() -> list[CodeResult]:
        sources = [f"def grade(s, i): return {k % 3} + i['n']" for k in range(9)]
        return await asyncio.gather(*(sandbox.grade(mine(s), {}, {"n": 1}) for s in sources))

    assert [result.score for result in run(many())] == [k % 3 + 1 for k in range(9)]


@pytest.mark.parametrize("seconds", [0, 0.02, 0.05])
def test_a_start_that_is_cancelled_leaves_no_process(run: Run, seconds: float):
    async def cancelled() -> None:
        sandbox = RestrictedSandbox(SandboxLimits())
        grading = asyncio.create_task(sandbox.grade(mine("def grade(s, i): return 1"), {}, {}))
        await asyncio.sleep(seconds)
        grading.cancel()
        await asyncio.gather(grading, return_exceptions=True)
        await sandbox.close()

    before = children()
    run(cancelled())
    assert children() <= before


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def test_a_cancelled_grading_leaves_nothing_behind(run: Run, sandbox: RestrictedSandbox):
    async def cancelled() -> CodeResult:
        source = "import time\ndef grade(s, i):\n    time.sleep(i['s'])\n    return 1"
        grading = asyncio.create_task(sandbox.grade(mine(source), {}, {"s": 100}))
        await asyncio.sleep(0.2)
        grading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await grading
        return await sandbox.grade(mine(source), {}, {"s": 0})

    assert run(cancelled()).score == 1


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("def grade(sample, item)\n    return 1", "line 1: SyntaxError"),
        ("x = 1", "the source defines no function grade(sample, item)"),
        ("grade = 1", "the source defines no function grade(sample, item)"),
        ("import nonexistent", "line 1: ModuleNotFoundError"),
        ("raise SystemExit", "SystemExit"),
        ("(" * 1000 + ")" * 1000, "nested"),
    ],
)
def test_code_that_does_not_load_is_refused(
    run: Run, sandbox: RestrictedSandbox, source: str, complaint: str
):
    with pytest.raises(InvalidRequestError) as raised:
        run(sandbox.check(mine(source), param="grader.source"))
    assert complaint in raised.value.message
    assert raised.value.param == "grader.source"


def test_the_process_is_nobodys_and_sees_no_environment(grade: Callable[..., CodeResult]):
    source = "import os\ndef grade(s, i):\n    print(os.environ)\n    return os.getuid()"
    result = grade(source)
    assert result.score == (65534 if os.getuid() == 0 else os.getuid())
    assert "PATH" not in result.printed
    # Its home is its temporary directory: nltk does not even load without one.
    assert str(Path.home()) not in result.printed


@pytest.mark.skipif(
    os.getuid() != 0 or worker._libraries().reads_everything,
    reason="code runs as the user of the server here, who may look at its own files",
)
def test_what_lies_in_a_private_directory_cannot_even_be_looked_at(
    tmp_path: Path, grade: Callable[..., CodeResult]
):
    private = tmp_path / "home"
    private.mkdir(mode=0o700)
    (private / "blob").write_bytes(b"")
    source = """
import os
def grade(sample, item):
    seen = 0
    for look in (os.stat, os.lstat, os.readlink, os.listdir, lambda p: os.access(p, 0) or 1 / 0):
        try:
            look(item["path"])
            seen += 1
        except (OSError, ZeroDivisionError):
            pass
    return seen
"""
    assert grade(source, item={"path": str(private / "blob")}).score == 0
    assert grade(source, item={"path": str(private / "no blob")}).score == 0
