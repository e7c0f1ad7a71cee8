"""The requests that come under aliases, counted, and passed on to the shadow once answered."""

import asyncio
import logging
import random
import time
from collections import deque
from contextlib import aclosing

from sqlalchemy.exc import SQLAlchemyError

from understudy.answering.answer import AnswerDraft
from understudy.answering.asking import Asker
from understudy.answering.generation import Pieces
from understudy.answering.plan import AnswerPlan
from understudy.answering.prompt import AnyPrompt
from understudy.distilling.shadow.asking import ask_other
from understudy.distilling.shadow.pair import Answered, NamedUse, said, use_of
from understudy.errors import UnderstudyError
from understudy.ids import unix_now
from understudy.storage.shadows import add_calls, find_called

logger = logging.getLogger(__name__)

_AT_ONCE = 2
_MAX_WAITING = 64
_FLUSH_SECONDS = 1.0
_MINUTE = 60.0


class AliasTraffic:
    """Watches the answers under aliases of one process; nothing here delays or fails an answer.

    The other model of a shadow is asked after the answer is whole, by a few tasks, from a queue
    that takes only so many: what finds it full is counted and not asked.
    """

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._database = asker.served.database
        self._waiting: deque[Answered] = deque()
        self._asking: set[asyncio.Task[None]] = set()
        self._flushing: asyncio.Task[None] | None = None
        self._calls: dict[int, _Tally] = {}
        self._last_minute: dict[int, deque[float]] = {}
        self._random = random.Random()

    def find(self, project_id: str, name: str) -> NamedUse | None:
        """Return what a name has to do with aliases, or None where it is none; blocks."""
        catalogue = self._asker.served.catalogue()
        if name in catalogue.remotes or catalogue.resolve(name) is not None:
            return None
        with self._database.read() as session:
            called = find_called(session, project_id, name)
        return None if called is None else use_of(called, project_id)

    def count(self, use: NamedUse | None) -> None:
        """Count one request; it stands in the database within about a second."""
        if use is not None:
            tally = self._calls.setdefault(use.alias_seq, _Tally())
            tally.calls += 1
            tally.at = unix_now()
            self._flush_soon()

    def watched(
        self, use: NamedUse | None, plan: AnswerPlan, prompt: AnyPrompt, pieces: Pieces
    ) -> Pieces:
        """Count a request and return its pieces, of which a shadow gets to know the whole."""
        self.count(use)
        if use is None or use.pair is None:
            return pieces
        return self._watch(use, plan, prompt, pieces)

    async def close(self) -> None:
        """Stop; what waits to be asked is not asked, and the counts are written."""
        self._waiting.clear()
        tasks = [*self._asking, *([self._flushing] if self._flushing else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._flush()

    async def _watch(
        self, use: NamedUse, plan: AnswerPlan, prompt: AnyPrompt, pieces: Pieces
    ) -> Pieces:
        draft = AnswerDraft(plan, prompt)
        seconds, since = 0.0, time.monotonic()
        async with aclosing(pieces):
            async for piece in pieces:
                # How long the client takes to read is not the model's time.
                seconds += time.monotonic() - since
                draft.add(piece)
                if draft.is_whole:
                    self._offer(use, plan, draft, seconds)
                yield piece
                since = time.monotonic()

    def _offer(self, use: NamedUse, plan: AnswerPlan, draft: AnswerDraft, seconds: float) -> None:
        pair = use.pair
        if pair is None or self._random.random() >= pair.share:
            return
        if len(self._waiting) >= _MAX_WAITING or not self._is_within_rate(
            use.alias_seq, pair.per_minute
        ):
            self._calls.setdefault(use.alias_seq, _Tally()).skipped += 1
            self._flush_soon()
            return
        usage = draft.usage()
        answered = Answered(
            use=use,
            pair=pair,
            plan=plan,
            answer=said(draft.answer().choices[0]),
            tokens=None if usage is None else usage.completion_tokens,
            seconds=seconds,
        )
        self._waiting.append(answered)
        if len(self._asking) < _AT_ONCE:
            task = asyncio.create_task(self._ask_waiting())
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    def _is_within_rate(self, alias_seq: int, per_minute: int) -> bool:
        now = time.monotonic()
        recent = self._last_minute.setdefault(alias_seq, deque())
        while recent and recent[0] <= now - _MINUTE:
            recent.popleft()
        if len(recent) >= per_minute:
            return False
        recent.append(now)
        return True

    async def _ask_waiting(self) -> None:
        while self._waiting:
            await ask_other(self._asker, self._waiting.popleft())

    def _flush_soon(self) -> None:
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush_later())

    async def _flush_later(self) -> None:
        while self._calls:
            await asyncio.sleep(_FLUSH_SECONDS)
            await self._flush()

    async def _flush(self) -> None:
        counted, self._calls = self._calls, {}
        if not counted:
            return
        try:
            await asyncio.to_thread(self._write, counted)
        except (SQLAlchemyError, UnderstudyError) as error:
            logger.warning("Counting calls failed with %s.", type(error).__qualname__)
            for alias_seq, tally in counted.items():
                self._calls.setdefault(alias_seq, _Tally()).take(tally)

    def _write(self, counted: "dict[int, _Tally]") -> None:
        with self._database.write() as session:
            for alias_seq, tally in counted.items():
                add_calls(session, alias_seq, tally.calls, tally.at, tally.skipped)


class _Tally:
    """What is not yet written about one alias."""

    def __init__(self) -> None:
        self.calls = 0
        self.skipped = 0
        self.at: int | None = None
        """When it was last called; None where that is written already."""

    def take(self, other: "_Tally") -> None:
        """Add what could not be written."""
        self.calls += other.calls
        self.skipped += other.skipped
        self.at = self.at or other.at
