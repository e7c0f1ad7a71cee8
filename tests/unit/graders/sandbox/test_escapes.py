"""More ways out of the sandbox, by what they try; none gets anywhere, and nobody else notices."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.graders.sandbox import kernel_attempts, process_attempts
from understudy.graders.grade import GradingError
from understudy.graders.python_code import Code
from understudy.graders.sandbox.landlock import landlock_version
from understudy.graders.sandbox.limits import SandboxLimits
from understudy.graders.sandbox.restricted import RestrictedSandbox

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or landlock_version() == 0, reason="this kernel offers no Landlock"
)

Run = Callable[[Coroutine[Any, Any, Any]], Any]
ROOMS = {"kernel": kernel_attempts, "process": process_attempts}
ATTEMPTS = [(room, name) for room, module in ROOMS.items() for name in module.ATTEMPTS]
OTHER_CODE = "def grade(s, i):\n    open('kept', 'w').write('x')\n    import os; print(os.getcwd())"


def mine(source: str, owner: str = "me") -> Code:
    return Code(owner=owner, source=source)


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="module")
def sandbox(run: Run) -> Iterator[RestrictedSandbox]:
    limits = SandboxLimits(seconds=20, memory_bytes=2**30, temporary_bytes=2**26, processes=4)
    sandbox = RestrictedSandbox(limits)
    yield sandbox
    run(sandbox.close())


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("open") / "secret"
    file.write_text("secret")
    for path in (file.parent, file):
        path.chmod(0o777)
    return file


@pytest.fixture(scope="module")
def item(run: Run, sandbox: RestrictedSandbox, secret: Path) -> Iterator[dict[str, Any]]:
    """What attempts aim at: a file that all may read, this process, another grader's directory."""
    inherited = os.open(secret, os.O_RDONLY)
    os.set_inheritable(inherited, True)
    with pytest.raises(GradingError) as raised:
        run(sandbox.grade(mine(OTHER_CODE, "other"), {}, {}))
    directory = raised.value.finding.evidence["printed"].strip()
    (Path(directory) / "kept").write_text("x")
    yield {
        "secret": str(secret),
        "parent": os.getpid(),
        "inherited": inherited,
        "neighbour": f"{directory}/kept",
        "other_code": OTHER_CODE,
    }
    os.close(inherited)


@pytest.mark.parametrize(("room", "attempt"), ATTEMPTS)
def test_an_attempt_to_escape_gets_nowhere(
    run: Run, sandbox: RestrictedSandbox, item: dict[str, Any], room: str, attempt: str
):
    source = Path(ROOMS[room].__file__ or "").read_text()
    before = left_for_all()
    assert run(sandbox.grade(mine(source), {}, {**item, "attempt": attempt})).score == 0
    secret, neighbour = Path(item["secret"]), Path(item["neighbour"])
    assert [path.name for path in secret.parent.iterdir()] == ["secret"]
    assert secret.read_text() == "secret"
    assert [path.name for path in neighbour.parent.iterdir()] == ["kept"]
    assert left_for_all() == before


def left_for_all() -> set[str]:
    return {
        path.name
        for place in ("/dev/shm", "/dev/mqueue", "/run/lock")
        if Path(place).is_dir()
        for path in Path(place).iterdir()
        if "left" in path.name or "escape" in path.name
    }
