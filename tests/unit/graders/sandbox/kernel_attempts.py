"""Attempts at what the kernel offers; the text of this module is given to the sandbox as code."""

import ctypes
import mmap
import os
import platform
import select
import socket
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_libc = ctypes.CDLL(None, use_errno=True)
_IS_ARM = platform.machine() == "aarch64"
_HERE = -100
_NOTHING_THERE = -1
"""The number of a call that an architecture does not have."""


def grade(sample: Mapping[str, Any], item: Mapping[str, Any]) -> float:
    """Return 1 when the attempt that the item names got anywhere, else 0."""
    try:
        return float(bool(ATTEMPTS[item["attempt"]](item)))
    except (OSError, ImportError):
        return 0.0


def call(x86: int, arm: int, *arguments: Any) -> int:
    """Make a system call by its number on either architecture; raises OSError."""
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in (*arguments, 0, 0, 0, 0, 0, 0)]
    result = _libc.syscall(ctypes.c_long(arm if _IS_ARM else x86), *wide[:6])
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def any_works(*steps: Any) -> list[int]:
    """Return the places of the steps that went through."""
    done = []
    for place, step in enumerate(steps):
        try:
            step()
        except OSError:
            continue
        done.append(place)
    return done


def _path(item: Mapping[str, Any]) -> bytes:
    return item["secret"].encode()


def file_in_memory(item):
    return call(319, 279, b"x", 0)


def code_from_a_file_in_memory(item):
    held = call(319, 279, b"x", 0)
    os.write(held, Path("/bin/true").read_bytes())
    return call(322, 281, held, b"", None, None, 0x1000)


def io_uring(item):
    parameters = ctypes.create_string_buffer(120)
    return any_works(
        lambda: call(425, 425, 8, parameters),
        lambda: call(426, 426, 3, 1, 0, 0, None, 0),
        lambda: call(427, 427, 3, 0, None, 0),
    )


def userfaultfd(item):
    return any_works(lambda: call(323, 282, 0), lambda: call(323, 282, 1))


def memory_of_the_parent(item):
    buffer = ctypes.create_string_buffer(8)
    local = struct.pack("QQ", ctypes.addressof(buffer), 8)
    return any_works(
        lambda: call(310, 270, item["parent"], local, 1, local, 1, 0),
        lambda: call(311, 271, item["parent"], local, 1, local, 1, 0),
        lambda: call(440, 440, item["parent"], local, 1, 21, 0),
    )


def descriptors_of_the_parent(item):
    held = call(434, 434, item["parent"], 0)
    return call(438, 438, held, 0, 0)


def signal_through_a_descriptor(item):
    held = call(434, 434, item["parent"], 0)
    return call(424, 424, held, 0, None, 0)


def compare_with_the_parent(item):
    return any_works(*(lambda kind=kind: call(312, 272, item["parent"], os.getpid(), kind, 0, 0)
                       for kind in range(7)))  # fmt: skip


def keyrings(item):
    return any_works(
        lambda: call(250, 219, 1, None),
        lambda: call(250, 219, 0, -3, 1),
        lambda: call(248, 217, b"user", b"x", b"secret", 6, -3),
        lambda: call(249, 218, b"user", b"x", None, 0),
    )


def bpf_program(item):
    attributes = struct.pack("IIII", 2, 4, 4, 1) + bytes(112)
    return any_works(
        lambda: call(321, 280, 0, attributes, len(attributes)),
        lambda: call(321, 280, 5, attributes, len(attributes)),
    )


def performance_counters(item):
    attributes = struct.pack("IIQ", 1, 112, 0) + bytes(96)
    return any_works(
        lambda: call(298, 241, attributes, 0, -1, -1, 0),
        lambda: call(298, 241, attributes, item["parent"], -1, -1, 0),
    )


def abstract_sockets(item):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("\0understudy-escape")
    return True


def netlink(item):
    return [family for family in range(5) if any_works(lambda f=family: socket.socket(16, 3, f))]


def vsock(item):
    return any_works(lambda: socket.socket(40, 1), lambda: socket.socket(40, 2))


def raw_and_packet_sockets(item):
    return any_works(
        lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1),
        lambda: socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58),
        lambda: socket.socket(17, socket.SOCK_RAW, 3),
    )


def every_family_of_sockets(item):
    return [family for family in range(46) if any_works(lambda f=family: socket.socket(f, 2))]


def send_without_a_socket(item):
    held = range(64)
    return [d for d in held if any_works(lambda d=d: call(44, 206, d, b"x", 1, 0, None, 0),
                                         lambda d=d: call(46, 211, d, bytes(56), 0))]  # fmt: skip


def shared_memory_of_system_v(item):
    segment = call(29, 194, 0x5EC, 4096, 0o1666)
    return call(30, 196, segment, None, 0)


def queues_and_semaphores_of_system_v(item):
    return any_works(
        lambda: call(68, 186, 0x5EC, 0o1666),
        lambda: call(64, 190, 0x5EC, 1, 0o1666),
    )


def message_queues(item):
    return call(240, 180, b"understudy-escape", 0o102, 0o666, None)


def watch_other_files(item):
    watching = call(294, 26, 0)
    return call(254, 27, watching, _path(item), 0xFFF)


def watch_a_file_system(item):
    return call(300, 262, 0, 0)


def timers_without_end(item):
    number = ctypes.create_string_buffer(8)
    made = 0
    for _ in range(500):
        made += bool(any_works(lambda: call(222, 107, 1, None, number)))
        made += bool(any_works(lambda: call(283, 85, 1, 0)))
    return made


def event_descriptors(item):
    return any_works(
        lambda: call(290, 19, 0, 0),
        lambda: call(291, 20, 0),
        lambda: call(289, 74, -1, bytes(8), 8, 0),
        lambda: select.epoll(),
    )


def another_user(item):
    return any_works(
        lambda: os.setreuid(0, 0),
        lambda: os.setegid(0),
        lambda: os.setgroups([0]),
        lambda: os.setresgid(0, 0, 0),
        lambda: call(122, 151, 0),
        lambda: call(126, 91, struct.pack("=Ii", 0x20080522, 0), struct.pack("=6I", *[~0 & 1] * 6)),
    )


def each_namespace(item):
    flags = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x80)
    return [hex(flag) for flag in flags if any_works(lambda flag=flag: call(272, 97, flag))]


def namespaces_of_the_parent(item):
    kinds = ("user", "mnt", "net", "pid", "ipc", "uts")
    return any_works(
        *(lambda kind=kind: os.open(f"/proc/{item['parent']}/ns/{kind}", os.O_RDONLY)
          for kind in kinds),
        lambda: call(308, 268, 0, 0),
    )  # fmt: skip


def children_in_namespaces(item):
    flags = (0x10000011, 0x20000011, 0x00004111, 0x00000900, 0x003D0F00 | 0x10000000)
    for flag in flags:
        child = any_works(lambda flag=flag: call(56, 220, flag, 0, None, None, 0))
        if child:
            return True
    return False


def clone_by_its_newer_call(item):
    arguments = struct.pack("QQQQQQQQ", 0, 0, 0, 0, 17, 0, 0, 0)
    if call(435, 435, arguments, len(arguments)) == 0:
        os._exit(0)
    return True


def vfork(item):
    if call(58, _NOTHING_THERE) == 0:
        os._exit(0)
    return True


def mounts(item):
    place = _path(item).rpartition(b"/")[0]
    return any_works(
        lambda: call(165, 40, b"none", place, b"tmpfs", 0, None),
        lambda: call(165, 40, b"/", place, None, 4096, None),
        lambda: call(430, 430, b"tmpfs", 0),
        lambda: call(428, 428, _HERE, b"/", 1),
        lambda: call(429, 429, 0, b"", _HERE, place, 4),
        lambda: call(442, 442, _HERE, b"/", 0, bytes(32), 32),
        lambda: call(166, 39, place, 2),
    )


def another_root(item):
    return any_works(
        lambda: os.chroot("."),
        lambda: call(155, 41, b".", b"."),
        lambda: os.chdir("/"),
        lambda: os.fchdir(os.open("/usr/lib", os.O_RDONLY)),
    )


def the_clock(item):
    return any_works(
        lambda: call(164, 170, bytes(16), None),
        lambda: call(227, 112, 0, bytes(16)),
        lambda: call(159, 171, struct.pack("I", 1) + bytes(204)),
        lambda: call(305, 266, 0, struct.pack("I", 1) + bytes(204)),
    )


def the_whole_machine(item):
    return any_works(
        lambda: call(169, 142, 0xFEE1DEAD, 672274793, 0x4321FEDC, None),
        lambda: call(246, 104, 0, 0, None, 0),
        lambda: call(175, 105, b"", 0, b""),
        lambda: call(313, 273, 0, b"", 0),
        lambda: call(163, 89, _path(item)),
        lambda: call(167, 224, _path(item), 0),
        lambda: call(170, 161, b"escaped", 7),
        lambda: call(103, 116, 3, ctypes.create_string_buffer(64), 64),
        lambda: call(172, _NOTHING_THERE, 3),
        lambda: call(173, _NOTHING_THERE, 0, 1, 1),
        lambda: call(179, 60, 0, None, 0, None),
    )


def priorities(item):
    return any_works(
        lambda: os.setpriority(os.PRIO_PROCESS, item["parent"], 19),
        lambda: os.nice(-1),
        lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
        lambda: os.sched_setaffinity(0, range(1024)),
        lambda: os.sched_setaffinity(item["parent"], [0]),
        lambda: call(251, 30, 1, item["parent"], 3 << 13),
    )


def another_filter(item):
    program = struct.pack("HP", 0, 0)
    return any_works(
        lambda: call(317, 277, 1, 0, program),
        lambda: call(317, 277, 1, 8, program),
        lambda: call(157, 167, 22, 0, 0, 0, 0),
        lambda: call(444, 444, None, 0, 1),
    )


def attributes_of_the_process(item):
    options = {"dumpable": (4, 1), "tracer": (0x59616D61, -1), "memory map": (35, 1),
               "keep rights": (8, 1), "subreaper": (36, 1), "ambient": (47, 2)}  # fmt: skip
    return [name for name, (option, value) in options.items()
            if any_works(lambda o=option, v=value: call(157, 167, o, v, 0, 0, 0))]  # fmt: skip


def old_calls_that_open(item):
    return any_works(
        lambda: call(2, _NOTHING_THERE, _path(item), 0),
        lambda: call(85, _NOTHING_THERE, _path(item), 0o666),
        lambda: call(437, 437, _HERE, _path(item), bytes(24), 24),
        lambda: call(76, 45, _path(item), 0),
        lambda: call(303, 264, _HERE, _path(item), struct.pack("I", 128) + bytes(132), bytes(4), 0),
        lambda: call(304, 265, _HERE, struct.pack("Ii", 8, 1) + bytes(8), 0),
    )


def names_without_the_architecture(item):
    """The calls of x32 have the same architecture and a bit of their own."""
    bit = 0x40000000
    return any_works(
        lambda: call(bit | 2, _NOTHING_THERE, _path(item), 0),
        lambda: call(bit | 41, _NOTHING_THERE, 2, 1, 0),
        lambda: call(bit | 57, _NOTHING_THERE),
    )


def machine_code(item):
    """Code in memory that may be run makes the same calls, and is refused the same ones."""
    if _IS_ARM:
        return False
    # mov eax, 41; mov edi, 2; mov esi, 1; xor edx, edx; syscall; ret
    text = bytes.fromhex("b829000000bf02000000be0100000031d20f05c3")
    held = mmap.mmap(-1, 4096, prot=7)
    held.write(text)
    run = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(held)))
    return run() >= 0


ATTEMPTS = {
    function.__name__.replace("_", " "): function
    for function in (
        file_in_memory, code_from_a_file_in_memory, io_uring, userfaultfd, memory_of_the_parent,
        descriptors_of_the_parent, signal_through_a_descriptor, compare_with_the_parent, keyrings,
        bpf_program, performance_counters, abstract_sockets, netlink, vsock,
        raw_and_packet_sockets, every_family_of_sockets, send_without_a_socket,
        shared_memory_of_system_v, queues_and_semaphores_of_system_v, message_queues,
        watch_other_files, watch_a_file_system, timers_without_end, event_descriptors,
        another_user, each_namespace, namespaces_of_the_parent, children_in_namespaces,
        clone_by_its_newer_call, vfork, mounts, another_root, the_clock, the_whole_machine,
        priorities, another_filter, attributes_of_the_process, old_calls_that_open,
        names_without_the_architecture, machine_code,
    )
}  # fmt: skip
