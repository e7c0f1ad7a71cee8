"""Leaves a child process without privileges: another user, no capabilities, small limits."""

import os
import resource
import signal
import struct

from understudy.graders.sandbox.libc import call, prctl

_SET_PARENT_DEATH_SIGNAL, _SET_DUMPABLE, _SET_KEEP_CAPABILITIES = 1, 4, 8
_SET_NO_NEW_PRIVILEGES = 38
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION = 0x20080522
_READ_EVERYTHING = 1 << 2
# What nobody owns: `nobody` on nearly every system.
_NOBODY = 65534


# Of one user, whose other threads count too: far above what code needs, far below what hurts.
_MAX_THREADS = 4096
_PROCESSORS = 2


def keep_two_processors() -> None:
    """Leave the others to the rest of the machine, however many threads there will be.

    Which two goes by the process's id, so that several of these do not share the same.
    """
    there = sorted(os.sched_getaffinity(0))
    first = os.getpid() * _PROCESSORS
    os.sched_setaffinity(0, {there[(first + n) % len(there)] for n in range(_PROCESSORS)})


def set_limits(*, memory_bytes: int, cpu_seconds: int, file_bytes: int) -> None:
    """Bound memory, time, files and threads; there are to be no core dumps."""
    for limit, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, _MAX_THREADS),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_MEMLOCK, 0),
    ):
        # A hard limit can be below what is wanted; it stays.
        hard = resource.getrlimit(limit)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (bound, bound))


def give_up_privileges(machine: str, *, reads_everything: bool) -> int:
    """Become nobody where the kernel lets us, without capabilities; return the user's id.

    With `reads_everything`, a process that was root may still read all files as far as their modes
    are concerned, which it needs when Python lies in root's own directory: Landlock bounds it.
    """
    kept = 0
    was_root = os.geteuid() == 0
    if was_root:
        kept = _READ_EVERYTHING if reads_everything else 0
        prctl(_SET_KEEP_CAPABILITIES, 1)
        _become_nobody()
    _keep_capabilities(machine, kept)
    # An ordinary user's server could not see what files the process has open.
    prctl(_SET_DUMPABLE, 0 if was_root else 1)
    # Cleared by a change of user, so it comes after.
    prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    prctl(_SET_NO_NEW_PRIVILEGES, 1)
    return os.geteuid()


def _become_nobody() -> None:
    try:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    except OSError:
        # A container that maps one user only. Without capabilities its root can do nothing more
        # than another user, and the caller gets the id.
        return


def _keep_capabilities(machine: str, kept: int) -> None:
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    sets = struct.pack("=6I", kept, kept, 0, 0, 0, 0)
    call(_CAPSET[machine], header, sets)
