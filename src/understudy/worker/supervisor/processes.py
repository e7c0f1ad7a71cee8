"""The four processes of a server: their commands, environments and log files."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from understudy.config.settings import EngineChoice, Settings
from understudy.worker.supervisor.child import ChildSpec, HangLimits


@dataclass(frozen=True, kw_only=True)
class InheritedFds:
    """Descriptors that children get from the supervisor."""

    listener: int
    """The socket the API accepts connections on."""
    lifeline: int
    """Its end of file means that the supervisor is gone."""
    children_lock: int
    """Held by living children only, so that a new server waits for the last of them."""


def child_specs(
    settings: Settings, fds: InheritedFds, *, cores: int, warm: Sequence[Path]
) -> list[ChildSpec]:
    """Describe the API, the trainer, the runner and the engine of one home.

    `warm` are the directories of bases that trainer and engine load before they are asked to.
    """
    home = ("--home", str(settings.home))
    socket = ("--socket", str(settings.engine_socket))
    threads = ("--threads", str(cores))
    warming = tuple(word for directory in warm for word in ("--warm", str(directory)))
    blobs = ("--blobs", str(settings.blobs_directory))
    engine = (*socket, *threads, *blobs, *_limits(settings.engine), *warming)
    return [
        _spec(settings, fds, "engine", "inference.process", engine, cores),
        _spec(settings, fds, "trainer", "worker.trainer", (*home, *warming), cores),
        _spec(settings, fds, "runner", "worker.runner", home, 1),
        _spec(settings, fds, "api", "server", (*home, "--fd", str(fds.listener)), 1),
    ]


def _limits(engine: EngineChoice) -> tuple[str, ...]:
    limits = {
        "--rows": engine.rows,
        "--waiting": engine.waiting,
        "--wait-seconds": engine.wait_seconds,
        "--adapters": engine.adapters,
        "--cache-memory": engine.cache_memory.text,
        "--base-memory": engine.base_memory.text,
    }
    return tuple(word for name, value in limits.items() for word in (name, str(value)))


def _spec(
    settings: Settings,
    fds: InheritedFds,
    name: str,
    module: str,
    arguments: tuple[str, ...],
    threads: int,
) -> ChildSpec:
    parent = ("--parent-fd", str(fds.lifeline))
    inherited = [fds.lifeline, fds.children_lock]
    if name == "api":
        inherited.append(fds.listener)
    return ChildSpec(
        name=name,
        command=(sys.executable, "-m", f"understudy.{module}", *arguments, *parent),
        environment=_environment(os.environ, threads),
        inherited_fds=tuple(inherited),
        log_path=settings.logs_directory / f"{name}.log",
        # The API still finishes answers that the engine is making.
        stops_last=name == "engine",
        limits=HangLimits(
            idle_seconds=settings.hangs.idle_seconds, busy_seconds=settings.hangs.busy_seconds
        ),
    )


def _environment(inherited: Mapping[str, str], threads: int) -> dict[str, str]:
    kept = {name: value for name, value in inherited.items() if name != "UNDERSTUDY_BOOTSTRAP_KEY"}
    return kept | {
        # Two pools of spinning threads on the same cores cost ten times the time.
        "OMP_WAIT_POLICY": "PASSIVE",
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "TOKENIZERS_PARALLELISM": "false",
        # Models are local directories; nothing may look for them elsewhere.
        "HF_HUB_OFFLINE": "1",
        # The one that adds bases does look, unless the user said the same.
        "UNDERSTUDY_HUB_OFFLINE": inherited.get("HF_HUB_OFFLINE", "0"),
        "PYTHONUNBUFFERED": "1",
        # Progress bars belong on a terminal, not in a log.
        "TQDM_DISABLE": "1",
    }
