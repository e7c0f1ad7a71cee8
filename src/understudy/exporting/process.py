"""Runs the exporting process and waits for it, from a process that holds no torch."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable

from understudy.errors import UnderstudyError
from understudy.exporting.difference import Difference
from understudy.exporting.errors import ExportError
from understudy.exporting.messages import Done, Progress, Refused, from_line
from understudy.exporting.order import ExportOrder
from understudy.wording import worded

_STOP_SECONDS = 10.0
# A library may print a long line without an end.
_LINE_LIMIT = 2**20
_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TQDM_DISABLE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONUNBUFFERED": "1",
}


class ExportBrokenError(UnderstudyError):
    """The exporting process ended without an answer; another try may succeed."""


async def run_export(order: ExportOrder, report: Callable[[str], None]) -> Difference:
    """Export in a process of its own; cancelled, it ends that process and nothing is left.

    Raises ExportError when the export was refused, ExportBrokenError when the process was killed.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "understudy.exporting"),
        stdin=PIPE,
        stdout=PIPE,
        env=os.environ | _ENVIRONMENT,
        limit=_LINE_LIMIT,
    )
    assert process.stdin is not None, "a pipe was asked for"
    try:
        process.stdin.write(order.to_json().encode() + b"\n")
        await process.stdin.drain()
        return await _answer(process, report)
    except (BrokenPipeError, ConnectionResetError) as error:
        raise await _broken(process) from error
    finally:
        await _end(process)


async def _answer(process: Process, report: Callable[[str], None]) -> Difference:
    assert process.stdout is not None, "a pipe was asked for"
    async for line in process.stdout:
        match from_line(line.decode(errors="replace")):
            case Progress(sentence):
                report(sentence)
            case Done(difference):
                return difference
            case Refused(reason):
                raise ExportError(reason)
            case None:
                pass
    raise await _broken(process)


async def _broken(process: Process) -> ExportBrokenError:
    code = await process.wait()
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return ExportBrokenError(
        worded(
            "export.exporting_process_before_done",
            "The exporting process {how} before it was done; its last lines above "
            "say more. A killed one mostly lacked memory: stop other programs and "
            "export again.",
            how=how,
        )
    )


async def _end(process: Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
