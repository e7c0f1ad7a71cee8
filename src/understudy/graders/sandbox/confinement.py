"""What a child process is confined to, given on its command line, and the act of confining."""

import json
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

from understudy.graders.sandbox.landlock import keep_only, landlock_version
from understudy.graders.sandbox.privileges import give_up_privileges, set_limits
from understudy.graders.sandbox.seccomp import is_known_architecture, keep_few_calls


@dataclass(frozen=True, kw_only=True)
class Confinement:
    """What the child keeps."""

    readable: tuple[str, ...]
    """Files and directories, which all exist."""
    reads_everything: bool
    """Whether `readable` needs root's right to read it."""
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
    set_limits(memory_bytes=confinement.memory_bytes, cpu_seconds=confinement.cpu_seconds)
    user = give_up_privileges(platform.machine(), reads_everything=confinement.reads_everything)
    keep_only([Path(path) for path in confinement.readable])
    keep_few_calls()
    return Confined(landlock=version, user=user)
