"""What the demo runs: BFCL on a real model where both can be had, else two tasks on a small one."""

import os
from dataclasses import dataclass
from pathlib import Path

from understudy.bases.progress import Progress
from understudy.cli.console import out
from understudy.cli.demo.bfcl_task import bfcl_task
from understudy.cli.demo.bfcl_wheel import fetch_bfcl
from understudy.cli.demo.real_base import REAL_BASE, fetch_real_base
from understudy.cli.demo.tasks import DemoTask, demo_tasks
from understudy.config.settings_file import write_model
from understudy.config.source import load_settings
from understudy.errors import UnderstudyError
from understudy.registry.catalogue import DEFAULT_BASE
from understudy.wording import worded


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """A base model, and the tasks that it is fine-tuned on."""

    model: str
    tasks: list[DemoTask]


@dataclass(frozen=True, kw_only=True)
class Unavailable:
    """The real model or its task cannot be had on this machine."""

    reason: str
    """A sentence for the user."""


def choose_demonstration(model: str | None, home: Path) -> Demonstration:
    """Return what to run with `model`, or where it is None, with the best that can be had.

    The real model is added to the server's home, which must not be running yet.
    """
    if model not in (None, REAL_BASE):
        return Demonstration(model=model, tasks=demo_tasks())
    real = _real(home, _cache())
    if isinstance(real, Demonstration):
        return real
    if model is not None:
        raise UnderstudyError(real.reason)
    out.print(
        worded(
            "cli.demo.cannot_had_here_so",
            "[yellow]{real_base} cannot be had here, so the demo uses "
            "{default_base}, which ships with this package.[/]",
            real_base=REAL_BASE,
            default_base=DEFAULT_BASE,
        )
    )
    out.print(f"  {real.reason}\n", markup=False, style="dim", soft_wrap=True)
    return Demonstration(model=DEFAULT_BASE, tasks=demo_tasks())


def _real(home: Path, cache: Path) -> Demonstration | Unavailable:
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"Nothing can be kept in {cache}: {error.strerror}."
        return Unavailable(reason=f"{reason} XDG_CACHE_HOME may name another directory.")
    try:
        # The small download comes first: without the task nobody needs the model.
        rows = fetch_bfcl(cache, _Announced())
        directory = fetch_real_base(cache)
    except UnderstudyError as error:
        return Unavailable(reason=error.message)
    write_model(load_settings(home).settings_file, REAL_BASE, directory, {})
    return Demonstration(model=REAL_BASE, tasks=[bfcl_task(rows, home)])


class _Announced:
    """Prints a line when a download begins."""

    def __init__(self) -> None:
        self._is_announced = False

    def __call__(self, progress: Progress) -> None:
        if not self._is_announced:
            self._is_announced = True
            out.print(
                worded(
                    "cli.demo.downloading",
                    "Downloading {source} …",
                    source=progress.source,
                ),
                markup=False,
            )


def _cache() -> Path:
    """Return where the model and the task's data are kept from one demo to the next."""
    parent = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(parent).expanduser() / "understudy" / "demo"
