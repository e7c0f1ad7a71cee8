"""The child process that runs a user's code: confines itself, then answers request by request.

It is started with a bare interpreter and imports nothing outside of the standard library. Requests
and answers are JSON after its length in four bytes. What the code does to this process, it does
to itself: nothing in here is a secret or a way out.
"""

import io
import json
import math
import os
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

from understudy.graders.sandbox.blame import blames_sample, places_of
from understudy.graders.sandbox.confinement import Confinement, confine_this_process
from understudy.graders.sandbox.packages import is_in_extra

LENGTH_BYTES = 4
MAX_PRINTED = 4000
MAX_DETAILS = 2000
_FILE_NAME = "<grader>"

Answer = Mapping[str, Any]
Grade = Callable[[Any, Any], Any]


def main(confinement: str) -> None:
    """Confine this process, say so, and answer until the parent hangs up."""
    requests, answers = _take_pipes()
    confined = confine_this_process(Confinement.from_json(confinement))
    _send(answers, {"landlock": confined.landlock, "user": confined.user})
    code: Grade | None = None
    source = ""
    while (request := _receive(requests)) is not None:
        printed = _Printed()
        sys.stdout = sys.stderr = printed
        try:
            if code is None:
                source = request["source"]
                code, answer = _load(source), {}
            else:
                answer = {"score": _score(code(request["sample"], request["item"]))}
        # Whatever users' code raises, SystemExit included, is reported and not followed.
        except BaseException as error:  # noqa: BLE001
            words, blames = _sendable(_words(error), MAX_DETAILS), _blames_sample(error, source)
            answer = {"error": words, "blames_sample": blames}
        text = _sendable(printed.text, MAX_PRINTED)
        _send(answers, {**answer, "printed": text, "number": request["number"]})


def _take_pipes() -> tuple[int, int]:
    """Keep the pipes of the parent for ourselves, and leave nothing where code prints and reads."""
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.close(nothing)
    sys.stdin = io.StringIO()
    return requests, answers


def _receive(descriptor: int) -> Any:
    head = _read(descriptor, LENGTH_BYTES)
    return None if head is None else json.loads(_read(descriptor, int.from_bytes(head)) or b"")


def _read(descriptor: int, length: int) -> bytes | None:
    """Read so many bytes; None when the other end is closed."""
    parts = bytearray()
    while len(parts) < length:
        part = os.read(descriptor, min(length - len(parts), 1 << 20))
        if not part:
            return None
        parts += part
    return bytes(parts)


def _send(descriptor: int, answer: Answer) -> None:
    body = json.dumps(answer, ensure_ascii=False).encode()
    os.write(descriptor, len(body).to_bytes(LENGTH_BYTES) + body)


def _sendable(text: str, most: int) -> str:
    r"""Write what no encoding and no database holds as it looks in Python: `\ud800`, `\x00`."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", r"\x00")[:most]


def _load(source: str) -> Grade:
    module = types.ModuleType("grader")
    # Dataclasses and pickles look their module up.
    sys.modules["grader"] = module
    exec(compile(source, _FILE_NAME, "exec"), module.__dict__)
    grade = getattr(module, "grade", None)
    if not callable(grade):
        raise TypeError("the source defines no function grade(sample, item)")
    return grade


def _score(value: Any) -> float:
    if isinstance(value, str | bytes) or not hasattr(type(value), "__float__"):
        raise TypeError(f"grade returned a value of type {type(value).__name__}, not a number")
    score = float(value)
    if not math.isfinite(score):
        raise ValueError(f"grade returned {score}, which is not a score")
    return score


def _words(error: BaseException) -> str:
    """Say what was raised, and in which line of the code."""
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _FILE_NAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename == _FILE_NAME:
        line, text = error.lineno, error.msg
    else:
        text = _text(error)
    place = "" if line is None else f"line {line}: "
    return f"{place}{type(error).__name__}: {text}"[:MAX_DETAILS]


def _blames_sample(error: BaseException, source: str) -> bool:
    if isinstance(error, SyntaxError):
        return False
    return blames_sample(source, type(error).__name__, places_of(error.__traceback__, _FILE_NAME))


def _text(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError) and is_in_extra(error.name):
        return f"{error}; the server has it after: pip install 'understudy[graders]'"
    try:
        return str(error)
    except Exception:  # noqa: BLE001 the exception is the user's, and so is its __str__
        return "its text cannot be made"


class _Printed(io.TextIOBase):
    """Keeps the beginning of what is printed."""

    def __init__(self) -> None:
        self.text = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        room = MAX_PRINTED - len(self.text)
        if room > 0:
            self.text += text[:room]
        return len(text)


if __name__ == "__main__":
    main(sys.argv[1])
