"""Attempts to get out of the sandbox, run in it before it is trusted: every one has to fail.

The text of this module is itself given to the sandbox as a grader, so it imports nothing of ours.
Each attempt returns True when it got somewhere; an exception is a failure, as wanted.
"""

import ctypes
import errno
import fcntl
import os
import platform
import resource
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Attempt = Callable[[str], object]

_libc = ctypes.CDLL(None, use_errno=True)
_KNOWN_VARIABLES = {
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MALLOC_ARENA_MAX",
    "LC_CTYPE",
    "TMPDIR",
    "HOME",
} | {"NLTK_DATA"}
_REFUSALS = (errno.EPERM, errno.ENOSYS)
_USER_NAMESPACE, _NEW_EVERYTHING = 0x10000000, 0x7C020000
_KEEP_CAPABILITIES, _SET_PARENT_DEATH_SIGNAL = 8, 1

# Calls that only one of the architectures has under this number: x86-64, arm64.
_NUMBERS: Mapping[str, tuple[int, int]] = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "mount": (165, 40),
    "unshare": (272, 97),
    "setns": (308, 268),
    "chroot": (161, 51),
    "pivot_root": (155, 41),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "memfd_create": (319, 279),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "init_module": (175, 105),
    "reboot": (169, 142),
    "settimeofday": (164, 170),
    "execveat": (322, 281),
    "pidfd_open": (434, 434),
    "io_uring_setup": (425, 425),
    "openat2": (437, 437),
    "landlock_create_ruleset": (444, 444),
}


def grade(sample: Mapping[str, Any], item: Mapping[str, Any]) -> float:
    """Return 1 when the attempt that the item names got anywhere, else 0."""
    try:
        return float(bool(ATTEMPTS[item["attempt"]](item["secret"])))
    except (OSError, RuntimeError, ValueError, subprocess.SubprocessError):
        return 0.0


def _read_a_file(secret: str) -> object:
    return Path(secret).read_bytes()


def _list_a_directory(secret: str) -> object:
    return list(Path(secret).parent.iterdir())


def _write_a_file(secret: str) -> object:
    return Path(secret + ".written").write_text("x")


def _overwrite_a_file(secret: str) -> object:
    return Path(secret).write_text("x")


def _change_a_file(secret: str) -> object:
    path = Path(secret)
    steps: list[Callable[[], object]] = [
        lambda: os.truncate(path, 0),
        path.unlink,
        lambda: path.rename(secret + ".moved"),
        lambda: path.chmod(0o777),
        lambda: os.chown(path, os.getuid(), -1),
        lambda: Path(secret + ".link").symlink_to(path),
        lambda: Path(secret + ".hard").hardlink_to(path),
        lambda: Path(secret + ".directory").mkdir(),
        lambda: os.mkfifo(secret + ".fifo"),
        lambda: os.utime(path),
    ]
    return any(_works(step) for step in steps)


def _write_into_libraries(secret: str) -> object:
    path = Path(os.__file__).with_name("written.txt")
    path.write_text("x")
    path.unlink()
    return True


def _see_the_environment(secret: str) -> object:
    return set(os.environ) - _KNOWN_VARIABLES


def _read_the_parent(secret: str) -> object:
    return _reads_any(f"/proc/{os.getppid()}/{name}" for name in _PROCESS_FILES)


def _read_itself_in_proc(secret: str) -> object:
    return _reads_any(f"/proc/self/{name}" for name in _PROCESS_FILES)


_PROCESS_FILES = ("environ", "cmdline", "maps", "mem", "status", "fd/0", "root/etc/passwd")


def _reads_any(paths: Any) -> bool:
    return any(_works(lambda path=path: Path(path).open("rb").read(1)) for path in paths)


def _open_a_socket(secret: str) -> object:
    families = (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, 16, 17)
    kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW)
    return any(_works(lambda f=f, k=k: socket.socket(f, k)) for f in families for k in kinds)


def _open_a_pair_of_sockets(secret: str) -> object:
    return socket.socketpair()


def _fork(secret: str) -> object:
    child = os.fork()
    if child == 0:
        os._exit(0)
    return True


def _clone(secret: str) -> object:
    number = 220 if platform.machine() == "aarch64" else 56
    child = _libc.syscall(ctypes.c_long(number), *[ctypes.c_long(0)] * 5)
    if child == 0:
        os._exit(0)
    return child > 0


def _start_a_program(secret: str) -> object:
    return subprocess.run(["/bin/true"], check=False).returncode == 0


def _spawn_a_program(secret: str) -> object:
    return os.posix_spawn("/bin/true", ["true"], {})


def _become_another_program(secret: str) -> object:
    os.execv("/bin/true", ["true"])


def _leave_from_a_thread(secret: str) -> object:
    """What binds a process binds the threads that it starts."""
    found: list[object] = []

    def try_it() -> None:
        found.extend(
            _works(lambda path=path: Path(path).read_bytes()) for path in (secret, "/etc/passwd")
        )
        found.append(_works(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)))
        found.append(_works(lambda: Path(secret).write_text("x")))

    thread = threading.Thread(target=try_it)
    thread.start()
    thread.join()
    return any(found)


def _write_beside_the_temporary_directory(secret: str) -> object:
    own = Path(os.environ.get("TMPDIR", "/tmp"))
    paths = (own.with_name("written"), own / ".." / "written", Path("/tmp/written"))
    return any(_works(lambda path=path: path.write_text("x")) for path in paths)


def _make_what_is_no_file(secret: str) -> object:
    steps: list[Callable[[], object]] = [
        lambda: os.mkfifo("fifo"),
        lambda: Path("link").symlink_to(secret),
        lambda: Path("hard").hardlink_to(secret),
        lambda: Path("link").read_bytes(),
    ]
    return any(_works(step) for step in steps)


def _signal_others(secret: str) -> object:
    processes = (os.getppid(), 1, -1, 0)
    return any(_works(lambda process=process: os.kill(process, 0)) for process in processes)


def _signal_itself(secret: str) -> object:
    os.kill(os.getpid(), signal.SIGSTOP)
    return True


def _set_an_alarm(secret: str) -> object:
    return _works(lambda: signal.setitimer(signal.ITIMER_REAL, 1000))


def _trace_a_process(secret: str) -> object:
    attach, seize, trace_me = 16, 0x4206, 0
    requests = ((attach, os.getppid()), (seize, os.getppid()), (trace_me, 0))
    return any(_calls("ptrace", request, process, 0, 0) for request, process in requests)


def _raise_a_limit(secret: str) -> object:
    limits = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_NPROC)
    infinite = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    return any(_works(lambda limit=limit: resource.setrlimit(limit, infinite)) for limit in limits)


def _become_root(secret: str) -> object:
    steps = (lambda: os.setuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.setgid(0))
    return any(_works(step) for step in steps)


def _make_namespaces(secret: str) -> object:
    return any(_calls("unshare", flag) for flag in (_USER_NAMESPACE, _NEW_EVERYTHING))


def _change_the_process(secret: str) -> object:
    options = (_KEEP_CAPABILITIES, _SET_PARENT_DEATH_SIGNAL)
    return any(_libc.prctl(option, 0, 0, 0, 0) == 0 for option in options)


def _make_forbidden_calls(secret: str) -> object:
    return [name for name in _NUMBERS if _calls(name)]


def _let_the_kernel_signal(secret: str) -> object:
    set_owner = 8
    return _works(lambda: fcntl.fcntl(0, set_owner, os.getppid()))


def _works(step: Callable[[], object]) -> bool:
    try:
        step()
    except (OSError, ValueError):
        return False
    return True


def _calls(name: str, *arguments: int) -> bool:
    """Make a call and say whether the kernel did more than refuse every call of its kind."""
    number = _NUMBERS[name][platform.machine() == "aarch64"]
    padded = (*arguments, 0, 0, 0, 0, 0)[:5]
    result = _libc.syscall(ctypes.c_long(number), *(ctypes.c_long(a) for a in padded))
    return result >= 0 or ctypes.get_errno() not in _REFUSALS


ATTEMPTS: Mapping[str, Attempt] = {
    attempt.__name__.strip("_").replace("_", " "): attempt
    for attempt in (
        _read_a_file,
        _list_a_directory,
        _write_a_file,
        _overwrite_a_file,
        _change_a_file,
        _write_into_libraries,
        _see_the_environment,
        _read_the_parent,
        _read_itself_in_proc,
        _open_a_socket,
        _open_a_pair_of_sockets,
        _fork,
        _clone,
        _start_a_program,
        _spawn_a_program,
        _become_another_program,
        _leave_from_a_thread,
        _write_beside_the_temporary_directory,
        _make_what_is_no_file,
        _signal_others,
        _signal_itself,
        _set_an_alarm,
        _trace_a_process,
        _raise_a_limit,
        _become_root,
        _make_namespaces,
        _change_the_process,
        _make_forbidden_calls,
        _let_the_kernel_signal,
    )
}
