"""Looks at the images of requests in a thread of its own, so that no running answer waits."""

from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor

import torch

from understudy.inference.engine.engine import Engine
from understudy.inference.engine.seen_images import SeenImages
from understudy.inference.engine.tickets import Ticket


class Looks:
    """The images of requests that wait. Belongs to the scheduler's thread; looking is elsewhere."""

    def __init__(self, *, threads: int, when_looked: Callable[[], None]) -> None:
        self._when_looked = when_looked
        self._looking: dict[Ticket, Future[SeenImages | None]] = {}
        self._looker = ThreadPoolExecutor(
            1, "engine-images", initializer=torch.set_num_threads, initargs=(threads,)
        )

    def is_ready(self, ticket: Ticket, engine: Engine) -> bool:
        """Say whether `get` returns at once; begins to look where nobody has."""
        if not ticket.request.images:
            return True
        if ticket not in self._looking:
            looking = self._looker.submit(engine.look, ticket.request)
            self._looking[ticket] = looking
            looking.add_done_callback(lambda _: self._when_looked())
        return self._looking[ticket].done()

    def get(self, ticket: Ticket, engine: Engine) -> SeenImages | None:
        """Return what a request shows, None if it shows nothing.

        Raises InvalidRequestError where the model cannot see it.
        """
        looking = self._looking.pop(ticket, None)
        return engine.look(ticket.request) if looking is None else looking.result()

    def keep_only(self, waiting: Collection[Ticket]) -> None:
        """Forget what requests show that do not wait any more."""
        for ticket in [ticket for ticket in self._looking if ticket not in waiting]:
            self._looking.pop(ticket).cancel()

    def close(self) -> None:
        """End the looking thread; a look in progress is waited for."""
        self._looker.shutdown(cancel_futures=True)
