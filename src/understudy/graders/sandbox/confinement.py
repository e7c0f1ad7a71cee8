"""What a child process is confined to, given on its command line, and the act of confining."""

import json
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

from understudy.graders.sandbox.landlock import WRITING_SINCE, keep_only, landlock_version
from understudy.graders.sandbox.privileges import (
    give_up_privileges,
    keep_two_processors,
    set_limits,
)
from understudy.graders.sandbox.seccomp import is_known_architecture, keep_few_calls


@dataclass(frozen=True, kw_only=True)
class Confinement:
    """What the child keeps."""

    readable: tuple[str, ...]
    """Files and directories, which all exist."""
    reads_everything: bool
    """Whether `readable` needs root's right to read it."""
    writable: str
    """An empty directory, the only place where files may be written."""
    file_bytes: int
    """The size that one file in it may have."""
    memory_bytes: int
    cpu_seconds: int

    def to_json(self) -> str:
        """Return the text that `from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Confinement":
        """Read what `to_json` wrote."""
        fields = json.loads(text)
        fields["readable"] = tuple(fields["readable"])
        return cls(**fields)


@dataclass(frozen=True, kw_only=True)
class Confined:
    """How the child came out."""

    landlock: int
    """The version of Landlock that bounds its files."""
    user: int


def confine_this_process(confinement: Confinement) -> Confined:
    """Give up everything else, for good; raises OSError when the kernel refuses any of it."""
    version = landlock_version()
    if version == 0 or not is_known_architecture():
        raise OSError("the kernel has no Landlock, or its system calls are not known")
    can_write = version >= WRITING_SINCE
    set_limits(
        memory_bytes=confinement.memory_bytes,
        cpu_seconds=confinement.cpu_seconds,
        file_bytes=confinement.file_bytes if can_write else 0,
    )
    keep_two_processors()
    user = give_up_privileges(platform.machine(), reads_everything=confinement.reads_everything)
    writable = Path(confinement.writable) if can_write else None
    keep_only([Path(path) for path in confinement.readable], writable)
    keep_few_calls(can_write=can_write)
    return Confined(landlock=version, user=user)
