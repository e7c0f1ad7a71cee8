"""A process of its own that adds one base which a server was asked for, and ends."""

import argparse
import fcntl
import logging
import os
import signal
import time
from pathlib import Path

from understudy.bases.adding import BasesHome, PreparedBase, prepare_base
from understudy.bases.additions import UNENDED, Addition, Additions, AdditionStatus
from understudy.bases.progress import Progress
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.config.settings import Settings
from understudy.config.settings_file import write_model
from understudy.config.source import load_settings
from understudy.errors import UnderstudyError
from understudy.lifeline import call_when_orphaned
from understudy.logs import configure_logging
from understudy.registry.live_catalogue import catalogue_of_settings

_log = logging.getLogger(__name__)
_PAUSE_SECONDS = 0.5


def main() -> None:
    """Add the base of the addition on the command line."""
    arguments = _parse_arguments()
    configure_logging()
    # With everything that it started: a download without its reader would write for nobody.
    call_when_orphaned(arguments.parent_fd, lambda: os.killpg(0, signal.SIGKILL))
    settings = load_settings(arguments.home)
    additions = Additions(settings.bases_directory)
    with (additions.directory / ".lock").open("w") as turn:
        # One at a time: two downloads are no faster, and two conversions may not fit in memory.
        fcntl.flock(turn, fcntl.LOCK_EX)
        addition = additions.get(arguments.id)
        if addition.status in UNENDED:
            run_addition(addition, additions, load_settings(arguments.home))


def run_addition(addition: Addition, additions: Additions, settings: Settings) -> None:
    """Add the base and record how it ended."""
    reporter = _Reporter(addition, additions)
    home = BasesHome(
        directory=settings.bases_directory,
        catalogue=catalogue_of_settings(settings),
    )
    try:
        prepared = prepare_base(addition.wanted(), home, reporter)
        write_model(settings.settings_file, addition.name, prepared.directory, {})
        ended = reporter.addition.ended(AdditionStatus.SUCCEEDED, _words(prepared))
    except UnderstudyError as error:
        ended = reporter.addition.ended(AdditionStatus.FAILED, error.message)
    # The outer edge of this process: nobody else can say how the addition ended.
    except Exception as error:  # noqa: BLE001
        _log.exception("adding %s failed", addition.name)
        ended = reporter.addition.ended(
            AdditionStatus.FAILED, f"Adding it failed with {type(error).__name__}; see adder.log."
        )
    additions.save(ended)


class _Reporter:
    """Writes progress into the addition's file, a few times a second at most."""

    def __init__(self, addition: Addition, additions: Additions) -> None:
        self.addition = addition
        self._additions = additions
        self._written_at = 0.0

    def __call__(self, progress: Progress) -> None:
        is_new = progress.phase != self.addition.phase
        self.addition = self.addition.at(progress)
        now = time.monotonic()
        if is_new or now - self._written_at >= _PAUSE_SECONDS:
            self._written_at = now
            self._additions.save(self.addition)


def _words(prepared: PreparedBase) -> str | None:
    sentences: list[str] = []
    if prepared.conversion is not None:
        made = prepared.conversion
        sentences.append(
            f"Unpacked from {made.format} ({made.file_bytes:,} bytes) to {made.dtype} "
            f"({made.weight_bytes:,} bytes)."
        )
    if prepared.note is not None:
        sentences.append(prepared.note)
    if not ChatRenderer.from_directory(prepared.directory).has_tool_calls:
        sentences.append(
            "Its chat template has no tool calls; `understudy models set-template` gives it some."
        )
    return " ".join(sentences) or None


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="understudy.worker.adder", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--id", required=True, help="the addition")
    parser.add_argument("--parent-fd", type=int, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
