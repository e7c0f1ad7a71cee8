"""Landlock: a Linux process gives up all files but those it names, for good."""

import ctypes
import os
import struct
from collections.abc import Sequence
from pathlib import Path

from understudy.graders.sandbox.libc import call, call_or_none

# The same numbers on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_RULE_PATH_BENEATH = 1

_READ_FILE, _READ_DIRECTORY = 1 << 2, 1 << 3
_WRITE_FILE, _REMOVE_DIRECTORY, _REMOVE_FILE = 1 << 1, 1 << 4, 1 << 5
_MAKE_DIRECTORY, _MAKE_FILE, _REFER, _TRUNCATE = 1 << 7, 1 << 8, 1 << 13, 1 << 14
_READING = _READ_FILE | _READ_DIRECTORY
_WRITING = (
    _READING
    | _WRITE_FILE
    | _REMOVE_DIRECTORY
    | _REMOVE_FILE
    | _MAKE_DIRECTORY
    | _MAKE_FILE
    | _REFER
    | _TRUNCATE
)
WRITING_SINCE = 3
"""The version from which on no file outside of a directory can be cut short."""
# Rights over files that each version of Landlock knows first; all are given up.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
_NETWORK_SINCE, _NETWORK_RIGHTS = 4, 0b11
_SCOPES_SINCE, _SCOPES = 6, 0b11


def landlock_version() -> int:
    """Return the version that the kernel offers, 0 where it has none or does not let us."""
    return call_or_none(_CREATE_RULESET, None, 0, _VERSION_FLAG) or 0


def keep_only(readable: Sequence[Path], writable: Path | None = None) -> None:
    """Give up every access to files but reading `readable`, and where possible the network.

    Below `writable`, files and directories may be made, written and removed.

    Needs `no_new_privs`. Raises OSError when the kernel refuses.
    """
    version = landlock_version()
    rights = max(count for since, count in _FILE_RIGHTS.items() if since <= max(version, 1))
    attributes = struct.pack("=Q", (1 << rights) - 1)
    if version >= _NETWORK_SINCE:
        attributes += struct.pack("=Q", _NETWORK_RIGHTS)
    if version >= _SCOPES_SINCE:
        attributes += struct.pack("=Q", _SCOPES)
    ruleset = call(_CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for path in readable:
            _allow(ruleset, path, _READING if path.is_dir() else _READ_FILE)
        if writable is not None:
            _allow(ruleset, writable, _WRITING)
        call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, descriptor))
        call(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(descriptor)
