"""Which sandbox a machine gets, and what the two that are not Linux's do."""

import asyncio
import importlib.util
from collections.abc import Callable
from typing import Any

import pytest

from understudy.errors import InvalidRequestError
from understudy.graders.grade import GradingError
from understudy.graders.python_code import Code
from understudy.graders.sandbox.limits import SandboxLimits
from understudy.graders.sandbox.local import LocalSandbox, NoSandbox, choose
from understudy.graders.sandbox.monty import MontySandbox

ONE = Code(owner="me", source="def grade(s, i): return 1")
LIMITS = SandboxLimits(seconds=60, memory_bytes=64 * 2**20)


def mine(source: str) -> Code:
    return Code(owner="me", source=source)


@pytest.fixture
def no_monty(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "pydantic_monty" else find(name)
    )


def test_where_linux_is_not_monty_runs_the_code():
    assert isinstance(asyncio.run(choose(LIMITS, "darwin")), MontySandbox)


@pytest.mark.usefixtures("no_monty")
def test_where_nothing_protects_code_is_refused_with_the_ways_out():
    async def refused() -> None:
        sandbox = LocalSandbox(LIMITS, "darwin")
        with pytest.raises(InvalidRequestError) as raised:
            await sandbox.check(ONE, param="grader.source")
        assert raised.value.code == "python_grader_unavailable"
        assert raised.value.param == "grader.source"
        assert "Landlock" in raised.value.message
        assert "pip install pydantic-monty" in raised.value.message
        with pytest.raises(GradingError) as failed:
            await sandbox.grade(ONE, {}, {})
        assert failed.value.errors.python_grader_server_error_type == "python_grader_unavailable"
        await sandbox.close()

    asyncio.run(refused())


def test_a_machine_whose_sandbox_does_not_start_has_none():
    async def chosen() -> object:
        return await choose(SandboxLimits(memory_bytes=1 << 20))

    assert isinstance(asyncio.run(chosen()), MontySandbox | NoSandbox)


def in_monty(work: Callable[[MontySandbox], Any], limits: SandboxLimits = LIMITS) -> Any:
    async def run() -> Any:
        sandbox = MontySandbox(limits)
        try:
            return await work(sandbox)
        finally:
            await sandbox.close()

    return asyncio.run(run())


def test_monty_grades():
    source = """
import json
def grade(sample: dict, item: dict) -> float:
    print("seen", sample["output_text"])
    return 0.5 if item["n"] == [1, None] else 0
"""
    result = in_monty(lambda s: s.grade(mine(source), {"output_text": "é"}, {"n": [1, None]}))
    assert (result.score, result.printed) == (0.5, "seen é\n")


def test_monty_keeps_the_beginning_of_what_is_printed():
    source = "def grade(s, i):\n for _ in range(100): print('x' * 1000)\n return 1"
    assert len(in_monty(lambda s: s.grade(mine(source), {}, {})).printed) == 4000


@pytest.mark.parametrize(
    ("body", "details"),
    [
        ("return 1 / 0", "ZeroDivisionError"),
        ("return 'one'", "which is not a score"),
        ("return float('nan')", "which is not a score"),
        ("return open('/etc/passwd').read()", "PermissionError"),
        ("import os; return os.environ['PATH']", "not supported"),
        ("import socket; return 1", "ModuleNotFoundError"),
        ("import subprocess; return 1", "ModuleNotFoundError"),
        ("import ctypes; return 1", "ModuleNotFoundError"),
        ("return len('x' * 3 * 1024 ** 3)", "MemoryError"),
    ],
)
def test_what_monty_does_not_do_is_an_error_with_details(body: str, details: str):
    with pytest.raises(GradingError) as raised:
        in_monty(lambda s: s.grade(mine(f"def grade(sample, item):\n {body}"), {}, {}))
    assert raised.value.errors.python_grader_runtime_error
    assert details in raised.value.errors.python_grader_runtime_error_details


@pytest.mark.parametrize(
    ("body", "is_of_sample"),
    [
        ("é = 'é'; return float(sample['output_text'])", True),
        ("return total(sample['output_text'])", True),
        ("return total(item['text'])", False),
        ("return item['missing']", False),
    ],
)
def test_monty_blames_the_sample_for_what_its_answer_broke(body: str, is_of_sample: bool):
    source = f"def total(x):\n    return float(x)\n\ndef grade(sample, item):\n {body}"
    with pytest.raises(GradingError) as raised:
        in_monty(lambda s: s.grade(mine(source), {"output_text": "prose"}, {"text": "a"}))
    assert raised.value.blames_sample is is_of_sample


def test_monty_ends_code_that_does_not_end():
    loop = mine("def grade(s, i):\n while True: pass")
    with pytest.raises(GradingError) as raised:
        in_monty(lambda s: s.grade(loop, {}, {}), SandboxLimits(seconds=0.2))
    assert raised.value.errors.python_grader_server_error_type == "timeout"


@pytest.mark.parametrize("source", ["def grade(", "x = 1", "import nonexistent"])
def test_monty_refuses_code_that_does_not_load(source: str):
    with pytest.raises(InvalidRequestError) as raised:
        in_monty(lambda s: s.check(mine(source), param="p"))
    assert raised.value.param == "p"
