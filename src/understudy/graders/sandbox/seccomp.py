"""seccomp: a Linux process keeps a few system calls, and every other one fails from then on."""

import ctypes
import errno
import platform
import struct
from collections.abc import Mapping
from typing import NamedTuple

from understudy.graders.sandbox.libc import prctl

_SET_SECCOMP, _MODE_FILTER = 22, 2

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_AT_NUMBER, _AT_ARCHITECTURE, _AT_FIRST, _AT_SECOND, _AT_THIRD = 0, 4, 16, 24, 32
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_REFUSE = 0x00050000 | errno.EPERM

_UNKNOWN = 0x00050000 | errno.ENOSYS

# O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_TMPFILE: opened for writing.
_WRITING = 0o1 | 0o2 | 0o100 | 0o1000 | 0o20000000
# Commands from F_SETFL (4) on can make the kernel send signals; those for locks and copies do not.
_FIRST_REFUSED_FCNTL = 4
_LOCKS_AND_COPIES = (5, 6, 7, 1030)
# FIOCLEX, by which Python keeps a descriptor from other programs; no other one is of use.
_CLOSE_ON_EXEC = 0x5451
# What the C libraries pass to clone for a thread, glibc and musl: no process, no namespace.
_THREADS = (0x3D0F00, 0x7D0F00)
# Its flags lie in memory, where no filter looks; the C libraries then use clone.
_CLONE3 = 435


class Calls(NamedTuple):
    """The system calls of one architecture that are kept."""

    audit_name: int
    """How the kernel calls the architecture."""
    openat: int
    fcntl: int
    clone: int
    ioctl: int
    writing: Mapping[str, int]
    """Those that only a writable directory is of use for."""
    others: Mapping[str, int]


_CALLS = {
    "x86_64": Calls(
        audit_name=0xC000003E,
        openat=257,
        fcntl=72,
        clone=56,
        ioctl=16,
        writing={
            "pwrite64": 18, "flock": 73, "fsync": 74, "fdatasync": 75, "truncate": 76,
            "ftruncate": 77, "rename": 82, "mkdir": 83, "rmdir": 84, "unlink": 87, "umask": 95,
            "mkdirat": 258, "unlinkat": 263, "renameat": 264, "fallocate": 285, "pwritev": 296,
            "renameat2": 316,
        },
        others={
            "read": 0, "write": 1, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "lseek": 8,
            "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13,
            "rt_sigprocmask": 14, "rt_sigreturn": 15, "pread64": 17, "readv": 19, "writev": 20,
            "access": 21, "sched_yield": 24, "mremap": 25, "madvise": 28, "dup": 32,
            "nanosleep": 35, "getpid": 39, "exit": 60, "uname": 63, "getcwd": 79, "readlink": 89,
            "gettimeofday": 96, "getrusage": 98, "sysinfo": 99, "times": 100, "getuid": 102,
            "getgid": 104, "geteuid": 107, "getegid": 108, "getppid": 110, "sigaltstack": 131,
            "gettid": 186, "time": 201, "futex": 202, "sched_getaffinity": 204, "getdents64": 217,
            "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230, "exit_group": 231,
            "newfstatat": 262, "readlinkat": 267, "faccessat": 269, "getrandom": 318, "statx": 332,
            "faccessat2": 439, "set_robust_list": 273, "rseq": 334,
        },
    ),
    "aarch64": Calls(
        audit_name=0xC00000B7,
        openat=56,
        fcntl=25,
        clone=220,
        ioctl=29,
        writing={
            "flock": 32, "mkdirat": 34, "unlinkat": 35, "renameat": 38, "truncate": 45,
            "ftruncate": 46, "fallocate": 47, "pwrite64": 68, "pwritev": 70, "fsync": 82,
            "fdatasync": 83, "umask": 166, "renameat2": 276,
        },
        others={
            "getcwd": 17, "dup": 23, "faccessat": 48, "close": 57, "getdents64": 61, "lseek": 62,
            "read": 63, "write": 64, "readv": 65, "writev": 66, "pread64": 67, "readlinkat": 78,
            "newfstatat": 79, "fstat": 80, "exit": 93, "exit_group": 94, "futex": 98,
            "nanosleep": 101, "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115,
            "sched_getaffinity": 123, "sched_yield": 124, "sigaltstack": 132, "rt_sigaction": 134,
            "rt_sigprocmask": 135, "rt_sigreturn": 139, "times": 153, "uname": 160,
            "getrusage": 165, "gettimeofday": 169, "getpid": 172, "getppid": 173, "getuid": 174,
            "geteuid": 175, "getgid": 176, "getegid": 177, "gettid": 178, "sysinfo": 179,
            "brk": 214, "munmap": 215, "mremap": 216, "mmap": 222, "mprotect": 226, "madvise": 233,
            "getrandom": 278, "statx": 291, "faccessat2": 439,
            "set_robust_list": 99, "rseq": 293,
        },
    ),
}  # fmt: skip


def is_known_architecture() -> bool:
    """Say whether the numbers of this machine's system calls are known here."""
    return platform.machine() in _CALLS


def keep_few_calls(*, can_write: bool) -> None:
    """Give up all system calls but those that computing, threads and reading files need.

    There are no more sockets, processes or signals to others. With `can_write`, the calls that
    write files are kept: where they may be written, only Landlock bounds. Needs `no_new_privs`.
    Raises OSError when the kernel refuses.
    """
    program = _program(_CALLS[platform.machine()], can_write=can_write)
    code = ctypes.create_string_buffer(b"".join(program))
    header = struct.pack("@HP", len(program), ctypes.addressof(code))
    buffer = ctypes.create_string_buffer(header)
    prctl(_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(buffer))


def _program(calls: Calls, *, can_write: bool) -> list[bytes]:
    """Return the filter's instructions; a jump says how many to pass over if true, if false."""
    program = [
        _instruction(_LOAD, _AT_ARCHITECTURE),
        _instruction(_EQUAL, calls.audit_name, if_true=1),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, _AT_NUMBER),
        # open for reading only, unless there is a place to write to
        _instruction(_EQUAL, calls.openat, if_false=4),
        _instruction(_LOAD, _AT_THIRD),
        _instruction(_ANY_BIT, 0 if can_write else _WRITING, if_false=1),
        _instruction(_RETURN, _REFUSE),
        _instruction(_RETURN, _ALLOW),
        # threads, but no processes
        _instruction(_EQUAL, _CLONE3, if_false=1),
        _instruction(_RETURN, _UNKNOWN),
        _instruction(_EQUAL, calls.clone, if_false=5),
        _instruction(_LOAD, _AT_FIRST),
        _instruction(_EQUAL, _THREADS[0], if_true=1),
        _instruction(_EQUAL, _THREADS[1], if_false=1),
        _instruction(_RETURN, _ALLOW),
        _instruction(_RETURN, _REFUSE),
        # ioctl for one command only
        _instruction(_EQUAL, calls.ioctl, if_false=4),
        _instruction(_LOAD, _AT_SECOND),
        _instruction(_EQUAL, _CLOSE_ON_EXEC, if_false=1),
        _instruction(_RETURN, _ALLOW),
        _instruction(_RETURN, _REFUSE),
        # fcntl without the commands that set owners and signals
        _instruction(_EQUAL, calls.fcntl, if_false=4 + 2 * len(_LOCKS_AND_COPIES)),
        _instruction(_LOAD, _AT_SECOND),
        *(
            step
            for command in _LOCKS_AND_COPIES
            for step in (
                _instruction(_EQUAL, command, if_false=1),
                _instruction(_RETURN, _ALLOW),
            )
        ),
        _instruction(_AT_LEAST, _FIRST_REFUSED_FCNTL, if_false=1),
        _instruction(_RETURN, _REFUSE),
        _instruction(_RETURN, _ALLOW),
    ]
    kept = {**calls.others, **(calls.writing if can_write else {})}
    for number in kept.values():
        program += [_instruction(_EQUAL, number, if_false=1), _instruction(_RETURN, _ALLOW)]
    return [*program, _instruction(_RETURN, _REFUSE)]


def _instruction(code: int, operand: int, *, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, operand)
