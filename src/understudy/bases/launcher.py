"""Starts a process for each addition, and those again that a killed server left unfinished."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

from understudy.bases.adding import NewBase, unfinished_directory
from understudy.bases.additions import UNENDED, Addition, Additions, AdditionStatus
from understudy.errors import InvalidRequestError
from understudy.lifeline import Lifeline
from understudy.wording import worded

_ENDING_SECONDS = 10.0


class AdditionLauncher:
    """The additions of a home and the processes that work on them."""

    def __init__(self, home: Path, bases_directory: Path, logs_directory: Path) -> None:
        self._home = home
        self._bases = bases_directory
        self._log = logs_directory / "adder.log"
        self._additions = Additions(bases_directory)
        self._lifeline = Lifeline()
        self._lock = threading.Lock()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def resume(self) -> None:
        """Start again what an earlier server did not finish; downloads continue."""
        with self._lock:
            for addition in reversed(self._additions.all()):
                if addition.status in UNENDED and addition.id not in self._processes:
                    self._start(addition)

    def add(self, new: NewBase, *, now: int) -> Addition:
        """Begin to add a base; raises InvalidRequestError while one of its name is being added."""
        with self._lock:
            if any(a.name == new.name and a.status in UNENDED for a in self._looked_at()):
                raise InvalidRequestError(
                    worded(
                        "bases.being_added_already",
                        "'{name}' is being added already.",
                        name=new.name,
                    ),
                    param="name",
                )
            addition = self._additions.create(new, now=now)
            self._start(addition)
            return addition

    def all(self) -> list[Addition]:
        """Return all additions, newest first; one whose process broke off has failed."""
        with self._lock:
            return self._looked_at()

    def cancel(self, addition_id: str) -> Addition:
        """Stop an addition and remove what it has fetched; one that ended stays as it is."""
        with self._lock:
            self._looked_at()
            addition = self._additions.get(addition_id)
            if addition.status not in UNENDED:
                return addition
            self._stop(addition_id)
            cancelled = addition.ended(AdditionStatus.CANCELLED, None)
            self._additions.save(cancelled)
            shutil.rmtree(unfinished_directory(self._bases, addition.name), ignore_errors=True)
            return cancelled

    def close(self) -> None:
        """Stop all processes; what they did is taken up by the next server."""
        with self._lock:
            for addition_id in list(self._processes):
                self._stop(addition_id)
            self._lifeline.close()

    def _start(self, addition: Addition) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        fd = self._lifeline.child_fd
        arguments = ("--home", str(self._home), "--id", addition.id, "--parent-fd", str(fd))
        with self._log.open("ab") as log:
            self._processes[addition.id] = subprocess.Popen(
                (sys.executable, "-m", "understudy.worker.adder", *arguments),
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(fd,),
                # A group of its own, so that it can be ended with all that it started.
                start_new_session=True,
            )

    def _looked_at(self) -> list[Addition]:
        for addition_id, process in list(self._processes.items()):
            if process.poll() is None:
                continue
            del self._processes[addition_id]
            addition = self._additions.get(addition_id)
            if addition.status in UNENDED:
                self._additions.save(
                    addition.ended(
                        AdditionStatus.FAILED,
                        f"The process that added it ended with exit code {process.returncode}; "
                        f"{self._log} says why. Add it again: what was downloaded is kept.",
                    )
                )
        return self._additions.all()

    def _stop(self, addition_id: str) -> None:
        process = self._processes.pop(addition_id, None)
        if process is not None and process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(_ENDING_SECONDS)


def _environment() -> dict[str, str]:
    # The processes of a server look nothing up; only this one may, unless its user forbade it.
    inherited = dict(os.environ)
    forbidden = inherited.get("UNDERSTUDY_HUB_OFFLINE", inherited.get("HF_HUB_OFFLINE", "0"))
    return inherited | {"HF_HUB_OFFLINE": forbidden}
