"""Which bases are in memory: loaded in a thread of their own, the least recently used leaves."""

import logging
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch

from understudy.errors import InvalidRequestError, UnderstudyError
from understudy.inference.engine.bases import load_engine, weight_bytes
from understudy.inference.engine.engine import Engine
from understudy.inference.limits import EngineLimits
from understudy.inference.versions import Version

_log = logging.getLogger(__name__)


@dataclass(eq=False, kw_only=True)
class _Resident:
    announced_bytes: int
    """What it is expected to take, until it is loaded."""
    loading: Future[Engine]

    def engine(self) -> Engine | None:
        is_loaded = self.loading.done() and self.loading.exception() is None
        return self.loading.result() if is_loaded else None

    @property
    def bytes(self) -> int:
        engine = self.engine()
        return self.announced_bytes if engine is None else engine.weight_bytes

    def is_idle(self) -> bool:
        engine = self.engine()
        return engine is not None and engine.row_count == 0


class ResidentBases:
    """The bases in memory. Belongs to the scheduler's thread; only loading happens elsewhere.

    No ready-made cache does: a base that answers may not leave, a new one then waits, and what a
    base takes is known only once it is loaded.
    """

    def __init__(
        self,
        limits: EngineLimits,
        *,
        threads: int,
        when_loaded: Callable[[], None],
        blobs: Path | None = None,
    ) -> None:
        self._blobs = blobs
        self._limits = limits
        self._when_loaded = when_loaded
        self._bases: OrderedDict[Version, _Resident] = OrderedDict()
        self._loader = ThreadPoolExecutor(
            1, "engine-loader", initializer=torch.set_num_threads, initargs=(threads,)
        )

    def get(self, version: Version) -> Engine | None:
        """Return the base's engine; None while it loads, or waits for memory to load.

        Raises InvalidRequestError when it cannot be loaded; the next call tries again.
        """
        base = self._bases.get(version) or self._begin_loading(version)
        if base is None:
            return None
        if base.loading.done() and base.loading.exception() is not None:
            del self._bases[version]
        elif base.loading.done():
            self._bases.move_to_end(version)
        return base.loading.result() if base.loading.done() else None

    def is_loading(self, version: Version) -> bool:
        """Say whether a base has its place in memory but cannot be used yet."""
        base = self._bases.get(version)
        return base is not None and not base.loading.done()

    def engines(self) -> dict[Version, Engine]:
        """Return the loaded bases."""
        loaded = {version: base.engine() for version, base in self._bases.items()}
        return {version: engine for version, engine in loaded.items() if engine is not None}

    def forget(self, version: Version) -> None:
        """Drop a base; the next request loads it again."""
        self._bases.pop(version, None)

    def close(self) -> None:
        """End the loading thread; a load in progress is waited for."""
        self._loader.shutdown(cancel_futures=True)

    def _begin_loading(self, version: Version) -> _Resident | None:
        needed = weight_bytes(version.directory)
        if not self._make_room(needed):
            return None
        _log.info("loading base %s", version.directory.name)
        loading = self._loader.submit(_load, version, self._limits, self._blobs)
        base = self._bases[version] = _Resident(announced_bytes=needed, loading=loading)
        loading.add_done_callback(lambda _: self._when_loaded())
        return base

    def _make_room(self, needed: int) -> bool:
        """Let idle bases leave, oldest use first; say whether the new one fits now."""
        while self._bases and sum(base.bytes for base in self._bases.values()) + needed > (
            self._limits.base_bytes
        ):
            idle = next((version for version, base in self._bases.items() if base.is_idle()), None)
            if idle is None:
                return False
            _log.info("base %s leaves memory", idle.directory.name)
            self.forget(idle)
        return True


def _load(version: Version, limits: EngineLimits, blobs: Path | None) -> Engine:
    try:
        return load_engine(version.directory, limits, blobs)
    except UnderstudyError:
        raise
    # The thread's outer edge: whatever a model's files do to the loader ends this load only.
    except Exception as problem:
        _log.exception("base %s failed to load", version.directory.name)
        raise InvalidRequestError(
            f"The base model in {version.directory.name} cannot be loaded; the engine's log says "
            "why.",
            param="model",
        ) from problem
