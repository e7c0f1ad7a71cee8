"""A job's run at Weights & Biases, kept by a thread of its own so that nothing waits for it."""

import logging
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from understudy.config.settings import WandbAccount
from understudy.jobs.integrations import WandbIntegration
from understudy.training.metrics import StepMetrics
from understudy.worker.trainer.listeners import RunFacts

_log = logging.getLogger(__name__)

_CONNECT_SECONDS = 20.0
_SETTLE_SECONDS = 5.0
_MAX_TAG_CHARACTERS = 64


class WandbError(Exception):
    """Weights & Biases does not get what it should; the text says why."""


@dataclass(frozen=True, kw_only=True)
class RunPlace:
    """Which run of which account."""

    account: WandbAccount | None
    """None when the server lost it after the job was created."""
    integration: WandbIntegration
    job_id: str
    base_name: str
    directory: Path
    """Where the client keeps its files."""


@dataclass(frozen=True)
class _End:
    exit_code: int


class WandbRun:
    """Hands steps to the thread that talks to Weights & Biases, each step of a job once."""

    def __init__(self, place: RunPlace) -> None:
        self._place = place
        self._newest_step = 0
        self._queue: queue.Queue[StepMetrics | _End] = queue.Queue()
        self._problem: Exception | None = None
        self._thread = threading.Thread(target=lambda: None)

    def on_start(self, facts: RunFacts) -> None:
        """Open the run, or continue it, in the background."""
        self._newest_step = facts.recorded_step
        self._thread = threading.Thread(
            target=self._keep, args=(facts,), name=f"wandb-{self._place.job_id}", daemon=True
        )
        self._thread.start()

    def on_steps(self, steps: Sequence[StepMetrics]) -> None:
        """Hand steps over; raises WandbError when earlier ones could not be delivered."""
        self._complain()
        for metrics in steps:
            # The run keeps what an earlier attempt sent, and takes no step twice.
            if metrics.step > self._newest_step:
                self._newest_step = metrics.step
                self._queue.put(metrics)

    def settle(self) -> None:
        """Wait a few seconds until the run took everything; raises WandbError if it does not."""
        with self._queue.all_tasks_done:
            is_done = self._queue.all_tasks_done.wait_for(
                lambda: not self._queue.unfinished_tasks or self._problem is not None,
                _SETTLE_SECONDS,
            )
        self._complain()
        if not is_done:
            raise WandbError("it does not answer; sending the rest continues in the background")

    def end(self, *, is_success: bool) -> None:
        """Close the run in the background."""
        self._queue.put(_End(0 if is_success else 1))

    def wait(self, seconds: float) -> None:
        """Wait until the run is closed, or at most that long."""
        self._thread.join(seconds)

    def _complain(self) -> None:
        if self._problem is not None:
            raise WandbError(str(self._problem)) from self._problem

    def _keep(self, facts: RunFacts) -> None:
        # The library may raise anything, and this thread is the outer edge.
        try:
            run = self._open(facts)
            while not isinstance(item := self._queue.get(), _End):
                run.log(dict(item.measured()), step=item.step)
                self._queue.task_done()
            run.finish(exit_code=item.exit_code)
        except Exception as error:  # noqa: BLE001
            _log.warning("Weights & Biases failed for %s: %s", self._place.job_id, error)
            with self._queue.all_tasks_done:
                self._problem = error
                self._queue.all_tasks_done.notify_all()

    def _open(self, facts: RunFacts) -> Any:
        import wandb  # an optional dependency, and slow to import

        logging.getLogger("wandb").setLevel(logging.WARNING)
        account, wanted = self._place.account, self._place.integration
        if account is None:
            raise WandbError("this server has no account any more")
        self._place.directory.mkdir(parents=True, exist_ok=True)
        return wandb.init(
            id=self._place.job_id,
            resume="allow",
            project=wanted.project,
            entity=wanted.entity,
            name=wanted.name or self._place.job_id,
            tags=[*wanted.tags, *self._own_tags()],
            config=dict(facts.settings),
            dir=self._place.directory,
            mode="offline" if account.is_offline else "online",
            # Several jobs' runs may be open in one process.
            reinit="create_new",
            settings=wandb.Settings(
                api_key=account.api_key,
                base_url=account.base_url or "https://api.wandb.ai",
                init_timeout=_CONNECT_SECONDS,
                # The metrics and nothing else of this machine.
                console="off",
                silent=True,
                disable_git=True,
                disable_code=True,
                save_code=False,
                x_disable_meta=True,
                x_save_requirements=False,
                x_disable_stats=True,
            ),
        )

    def _own_tags(self) -> list[str]:
        names = ("finetune", self._place.base_name, self._place.job_id)
        return [f"openai/{name}"[:_MAX_TAG_CHARACTERS] for name in names]
