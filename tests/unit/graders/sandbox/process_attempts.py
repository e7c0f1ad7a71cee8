"""Attempts on files, other processes and the next sample; the text of this module is a grader's."""

import array
import ctypes
import fcntl
import os
import resource
import signal
import stat
import sys
import termios
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def grade(sample: Mapping[str, Any], item: Mapping[str, Any]) -> float:
    """Return 1 when the attempt that the item names got anywhere, else 0."""
    try:
        return float(bool(ATTEMPTS[item["attempt"]](item)))
    except (OSError, ImportError):
        return 0.0


def any_works(*steps: Any) -> list[int]:
    """Return the places of the steps that went through."""
    done = []
    for place, step in enumerate(steps):
        try:
            step()
        except (OSError, ValueError):
            continue
        done.append(place)
    return done


def memory_in_proc(item):
    processes = ("self", "thread-self", item["parent"], 1)
    return any_works(
        *(lambda p=p, n=n: Path(f"/proc/{p}/{n}").open("rb").read(1)
          for p in processes for n in ("mem", "maps", "environ", "auxv", "cmdline", "comm"))
    )  # fmt: skip


def root_and_descriptors_in_proc(item):
    parent = item["parent"]
    return any_works(
        lambda: Path(f"/proc/{parent}/{'root'}{item['secret']}").read_bytes(),
        lambda: Path(f"/proc/{parent}/cwd/secret").read_bytes(),
        lambda: os.scandir(f"/proc/{parent}/fd"),
        lambda: os.scandir("/proc/self/fd"),
        lambda: Path(f"/proc/{parent}/fd/{item['inherited']}").read_bytes(),
        lambda: os.scandir("/proc"),
        lambda: os.scandir("/dev/fd"),
    )


def settings_in_proc_and_sys(item):
    paths = ("/proc/self/oom_score_adj", "/proc/self/comm", "/proc/sys/kernel/core_pattern",
             "/proc/self/attr/current", "/proc/self/uid_map", "/proc/self/coredump_filter",
             "/proc/sysrq-trigger", "/sys/fs/cgroup/cgroup.procs")  # fmt: skip
    return any_works(*(lambda path=path: Path(path).write_text("1") for path in paths))


def inherited_descriptors(item):
    """Only the two pipes and what leads nowhere are open; none of them is a file."""
    found = []
    for descriptor in range(256):
        try:
            mode = os.fstat(descriptor).st_mode
        except OSError:
            continue
        is_nothing = stat.S_ISCHR(mode) and descriptor < 3
        if not (is_nothing or stat.S_ISFIFO(mode)):
            found.append(descriptor)
    return found


def signals_to_the_parent(item):
    numbers = (0, signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP, signal.SIGUSR1)
    return any_works(*(lambda n=n: os.kill(item["parent"], n) for n in numbers))


def signals_to_groups(item):
    own = os.getpid()
    return any_works(
        lambda: os.kill(0, 0),
        lambda: os.kill(-1, 0),
        lambda: os.killpg(own, 0),
        lambda: signal.raise_signal(signal.SIGCONT),
        lambda: signal.pthread_kill(threading.get_ident(), 0),
        lambda: os.setpgid(0, item["parent"]),
        lambda: os.setsid(),
        lambda: os.getpgid(item["parent"]),
    )


def signals_with_a_value(item):
    libc = ctypes.CDLL(None, use_errno=True)
    return any(libc.sigqueue(process, 0, None) == 0 for process in (item["parent"], os.getpid()))


def stop_and_continue_the_deadline(item):
    return any_works(
        lambda: os.kill(os.getpid(), signal.SIGSTOP),
        lambda: os.kill(os.getpid(), signal.SIGCONT),
        lambda: signal.setitimer(signal.ITIMER_VIRTUAL, 1000),
        lambda: signal.setitimer(signal.ITIMER_PROF, 1000),
    )


def words_for_the_terminal(item):
    return any_works(
        *(lambda d=d, c=c: fcntl.ioctl(d, c, b"x")
          for d in range(8) for c in (termios.TIOCSTI, termios.TIOCSCTTY, 0x541C)),
        lambda: os.open("/dev/tty", os.O_RDWR),
        lambda: os.open("/dev/console", os.O_RDWR),
        lambda: os.openpty(),
    )  # fmt: skip


def commands_to_devices(item):
    file = os.open("own", os.O_RDWR | os.O_CREAT)
    commands = {"flags": 0x40086602, "clone": 0x40049409, "map": 0x1, "freeze": 0xC0045877,
                "readable bytes": 0x541B, "owner": 0x8901, "asynchronous": 0x5452}  # fmt: skip
    words = array.array("q", [16])
    return [n for n, c in commands.items() if any_works(lambda c=c: fcntl.ioctl(file, c, words))]


def owners_and_leases_of_descriptors(item):
    file = os.open("own", os.O_RDWR | os.O_CREAT)
    commands = {"flags": 4, "owner": 8, "signal": 10, "owner with more": 15, "lease": 1024,
                "notify": 1026, "pipe's size": 1031, "seals": 1033}  # fmt: skip
    return [name for name, command in commands.items()
            if any_works(lambda c=command: fcntl.fcntl(file, c, 1))]  # fmt: skip


def core_dumps(item):
    infinite = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    return any_works(
        lambda: resource.setrlimit(resource.RLIMIT_CORE, infinite),
        lambda: resource.setrlimit(resource.RLIMIT_CORE, (1, 1)),
    )


def every_limit(item):
    kinds = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]
    infinite = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    return any_works(
        *(lambda kind=kind: resource.setrlimit(kind, infinite) for kind in kinds),
        lambda: resource.prlimit(item["parent"], resource.RLIMIT_NOFILE, (3, 3)),
        lambda: resource.prlimit(0, resource.RLIMIT_AS, infinite),
    )


def memory_for_all(item):
    places = ("/dev/shm", "/tmp", "/var/tmp", "/run", "/run/lock", "/dev/mqueue", "/var/lock")
    return any_works(*(lambda place=place: Path(place, "left").write_text("x") for place in places))


def shared_memory_of_python(item):
    from multiprocessing import shared_memory

    return any_works(lambda: shared_memory.SharedMemory("left", create=True, size=64))


def pools_of_processes(item):
    from multiprocessing import get_context

    return any_works(lambda: get_context("fork").Process(target=print).start(),
                     lambda: get_context("spawn").Process(target=print).start(),
                     lambda: os.popen("true"),
                     lambda: os.system("true") and (_ for _ in ()).throw(OSError))  # fmt: skip


def links_to_others(item):
    secret = item["secret"]
    return any_works(
        lambda: Path("soft").symlink_to(secret),
        lambda: os.link(secret, "hard"),
        lambda: os.link(secret, "hard", follow_symlinks=True),
        lambda: Path(secret).rename("taken"),
        lambda: Path("own").rename(secret + ".new"),
        lambda: Path(secret).parent.replace("directory"),
    )


def up_from_a_descriptor(item):
    """A descriptor of a directory leads no further than its name."""
    own = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    only_a_path = os.open(Path(item["secret"]).parent, os.O_PATH)
    relative = os.path.relpath(item["secret"], ".")
    return any_works(
        lambda: os.open("..", os.O_RDONLY, dir_fd=own),
        lambda: os.open(relative, os.O_RDONLY, dir_fd=own),
        lambda: os.open("secret", os.O_RDONLY, dir_fd=only_a_path),
        lambda: list(os.scandir(only_a_path)),
        lambda: os.open("new", os.O_WRONLY | os.O_CREAT, dir_fd=only_a_path),
        lambda: os.unlink("secret", dir_fd=only_a_path),
        lambda: os.open("secret", os.O_RDWR, dir_fd=only_a_path),
    )


def a_path_reopened(item):
    """A descriptor that is only a path can be neither read nor opened again."""
    path = os.open(item["secret"], os.O_PATH)
    return any_works(
        lambda: os.read(path, 1),
        lambda: Path(f"/proc/self/fd/{path}").read_bytes(),
        lambda: Path(f"/dev/fd/{path}").read_bytes(),
        lambda: os.open("", os.O_RDONLY, dir_fd=path),
        lambda: os.ftruncate(path, 0),
        lambda: os.fchmod(path, 0o777),
    )


def a_directory_swapped_under_a_path(item):
    """A race: while a thread puts one directory in the place of another, the path is read."""
    for name in ("a", "b"):
        Path(name).mkdir()
    end = threading.Event()

    def swap():
        while not end.is_set():
            any_works(lambda: Path("a").rename("c"), lambda: Path("b").rename("a"),
                      lambda: Path("c").rename("b"))  # fmt: skip

    thread = threading.Thread(target=swap)
    thread.start()
    relative = os.path.relpath(item["secret"], ".")
    try:
        return any(any_works(lambda: Path("a", "..", relative).read_bytes()) for _ in range(500))
    finally:
        end.set()
        thread.join()


def directories_of_other_graders(item):
    neighbour = Path(item["neighbour"])
    return any_works(
        lambda: neighbour.read_bytes(),
        lambda: os.scandir(neighbour.parent),
        lambda: os.scandir(neighbour.parent.parent.parent),
        lambda: neighbour.with_name("planted").write_text("x"),
        lambda: neighbour.unlink(),
        lambda: Path(neighbour).rename("taken"),
    )


def code_and_items_of_other_graders(item):
    """Nothing of another grader is in this process: it was started anew."""
    import gc

    kept = [each for each in gc.get_objects() if isinstance(each, dict)]
    return any(item["other_code"] in map(str, each.values()) for each in kept if len(each) < 100)


def files_that_python_runs_at_its_start(item):
    libraries = Path(os.__file__).parent
    packages = [Path(path) for path in sys.path if path.endswith("site-packages")]
    places = [libraries, *packages, Path(sys.prefix), Path(sys.executable).parent]
    names = ("sitecustomize.py", "usercustomize.py", "x.pth", "json.py", "pyvenv.cfg")
    return any_works(
        *(lambda p=p, n=n: (p / n).open("x") for p in places for n in names),
        lambda: (libraries / "__pycache__" / "json.cpython-311.pyc").write_bytes(b""),
        lambda: Path("/etc/ld.so.preload").write_text("x"),
        lambda: Path("/usr/lib/locale/x").write_text("x"),
    )


def special_files(item):
    return any_works(
        lambda: os.mknod("device", stat.S_IFCHR | 0o666, os.makedev(1, 3)),
        lambda: os.mknod("memory", stat.S_IFBLK | 0o666, os.makedev(8, 0)),
        lambda: os.mknod("pipe", stat.S_IFIFO | 0o666),
        lambda: os.mkfifo("fifo"),
        lambda: Path().chmod(0o4777),
        lambda: os.chown(".", 0, 0),
        lambda: os.setxattr(".", "user.x", b"1"),
        lambda: os.utime("."),
    )


def devices(item):
    names = ("mem", "kmsg", "sda", "vda", "fuse", "kvm", "net/tun", "ptmx", "loop-control", "zero")
    return any_works(*(lambda name=name: os.open(f"/dev/{name}", os.O_RDONLY) for name in names))


ATTEMPTS = {
    function.__name__.replace("_", " "): function
    for function in (
        memory_in_proc, root_and_descriptors_in_proc, settings_in_proc_and_sys,
        inherited_descriptors, signals_to_the_parent, signals_to_groups, signals_with_a_value,
        stop_and_continue_the_deadline, words_for_the_terminal, commands_to_devices,
        owners_and_leases_of_descriptors, core_dumps, every_limit, memory_for_all,
        shared_memory_of_python, pools_of_processes, links_to_others, up_from_a_descriptor,
        a_path_reopened, a_directory_swapped_under_a_path, directories_of_other_graders,
        code_and_items_of_other_graders, files_that_python_runs_at_its_start, special_files,
        devices,
    )
}  # fmt: skip
