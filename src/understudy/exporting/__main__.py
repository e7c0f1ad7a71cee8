"""The exporting process, `python -m understudy.exporting`: one order in, messages out."""

import os
import signal
import sys
from types import FrameType

from understudy.errors import UnderstudyError
from understudy.exporting.export import export_model
from understudy.exporting.messages import Done, Message, Progress, Refused, to_line
from understudy.exporting.order import ExportOrder
from understudy.lifeline import end_when_orphaned
from understudy.logs import configure_logging


def main() -> None:
    """Read an order from standard input and write what becomes of it to standard output.

    Standard input stays open as long as the parent lives, and this process no longer.
    """
    configure_logging()
    signal.signal(signal.SIGTERM, _stop)
    order = ExportOrder.from_json(_read_line())
    end_when_orphaned(sys.stdin.fileno())
    try:
        last: Message = Done(export_model(order, lambda sentence: _say(Progress(sentence))))
    except UnderstudyError as error:
        last = Refused(error.message)
    # Nothing is half written any more, and the parent waits for nothing after this.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _say(last)


def _read_line() -> str:
    # Byte by byte: a buffer would swallow the end of file that the lifeline waits for.
    line = b""
    while not line.endswith(b"\n"):
        letter = os.read(sys.stdin.fileno(), 1)
        if not letter:
            raise SystemExit("no order came")
        line += letter
    return line.decode()


def _say(message: Message) -> None:
    sys.stdout.write(to_line(message) + "\n")
    sys.stdout.flush()


def _stop(_number: int, _frame: FrameType | None) -> None:
    # What is half written is removed on the way out.
    raise SystemExit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main()
