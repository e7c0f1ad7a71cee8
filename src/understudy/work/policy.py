"""What leases have to know of one kind of work, and why attempts at it end."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic

from sqlalchemy import SQLColumnExpression
from sqlalchemy.orm import Session

from understudy.storage.leases import Leased


class ExitReason(StrEnum):
    """Why an attempt at some work ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PAUSED = "paused"
    LEASE_EXPIRED = "lease_expired"
    WORKER_RESTARTED = "worker_restarted"
    INFRASTRUCTURE = "infrastructure"
    """Something broke that is not the user's doing; a retry may help."""
    HUNG = "hung"
    """The process was stopped, or got no further, for so long that it was replaced."""
    WORKER_STOPPED = "worker_stopped"
    """The worker was asked to stop; the work is free for the next one at once."""
    STORAGE_FULL = "storage_full"
    """The disk is full; the work waits for space and is not blamed."""


def _nothing(*_: object) -> None:
    return None


def _always(*_: object) -> float:
    return 0.0


def _never(*_: object) -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class LeasePolicy(Generic[Leased]):
    """The table that holds one kind of work, and what is particular to it.

    Every function gets the session of the transaction that it is part of; a number is the time.
    """

    row: type[Leased]
    order: SQLColumnExpression[int]
    """What waits longest has the smallest value."""
    statuses: Collection[str]
    """The states in which a row may be worked on."""

    backoff_seconds: Sequence[float]
    """The wait after the first stalled attempt in a row, the second, and so on."""
    max_stalled_attempts: int
    min_stalled_seconds: float = 0.0
    """Work that got nowhere is given up only when it did so for this long."""
    stalled_seconds: Callable[[Leased, float], float | None] = _always
    """How long the row got no further; None when the attempt that ends now did."""
    give_up: Callable[[Session, Leased, float], None]
    """Ends a row that never gets anywhere."""

    record_claim: Callable[[Session, Leased, float], None] = _nothing
    """Called with a row that was just claimed."""
    record_end: Callable[[Session, Leased, ExitReason, float], None] = _nothing
    """Called with a row that is still held, just before it is taken from its holder."""
    set_aside: Callable[[Session, Leased, float], bool] = _never
    """Called with a row that nobody holds any more; says whether it waits for its owner."""
