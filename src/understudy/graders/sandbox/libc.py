"""System calls that Python's standard library has no function for."""

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)

Argument = int | bytes | ctypes.Array[ctypes.c_char] | None


def call(number: int, *arguments: Argument) -> int:
    """Make a system call; raises OSError."""
    result = _call(number, arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def call_or_none(number: int, *arguments: Argument) -> int | None:
    """Make a system call and return None when it fails."""
    result = _call(number, arguments)
    return result if result >= 0 else None


def prctl(option: int, *arguments: int) -> None:
    """Change something about this process; raises OSError."""
    wide = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    if _libc.prctl(option, *wide) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _call(number: int, arguments: tuple[Argument, ...]) -> int:
    # ctypes would pass integers as C ints, of which the kernel reads twice the width.
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return int(_libc.syscall(ctypes.c_long(number), *wide))
