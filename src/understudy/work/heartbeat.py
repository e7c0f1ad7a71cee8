"""A thread that keeps a hold alive while its work is done, and says when the hold is over."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from understudy.errors import StorageFaultError, StorageFullError, UnavailableError
from understudy.work.lease import Hold, LeaseLostError

_log = logging.getLogger(__name__)

_BEAT_SECONDS = 1.0


class Heartbeat:
    """Beats once a second, from `start` to `stop` or for as long as the `with` block lasts.

    `renew` keeps the hold alive, or raises LeaseLostError. `lost` is called once when it did, or
    when it failed otherwise for as long as the lease lasts. Both are called in the thread, which
    holds nothing up: work may block, and so may an event loop.
    """

    def __init__(
        self, hold: Hold[Any], renew: Callable[[], object], lost: Callable[[], object]
    ) -> None:
        self._hold = hold
        self._renew = renew
        self._lost = lost
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Beat no more; returns when the last beat is over."""
        self._is_over.set()
        self._thread.join()

    def __enter__(self) -> None:
        self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        renewed_at = time.monotonic()
        while not self._is_over.wait(_BEAT_SECONDS):
            try:
                self._renew()
                renewed_at = time.monotonic()
            except LeaseLostError:
                self._lost()
                return
            except (SQLAlchemyError, StorageFaultError, StorageFullError, UnavailableError):
                _log.exception("the lease of %s was not renewed", self._hold.id)
                if time.monotonic() - renewed_at > self._hold.lease_seconds:
                    self._lost()
                    return
