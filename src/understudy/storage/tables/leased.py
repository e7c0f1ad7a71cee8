"""The columns of rows that a process holds for a time, for the tables that have them."""

from sqlalchemy.orm import Mapped, mapped_column


class HeldRow:
    """A row that belongs to a living process for as long as its lease lasts."""

    lease_until: Mapped[float | None] = mapped_column(sort_order=102)
    """Until when the holder is known to live; empty while nobody holds the row."""


class LeasedRow(HeldRow):
    """A row that workers claim, hold, and write to under an epoch."""

    id: Mapped[str]
    status: Mapped[str]
    epoch: Mapped[int] = mapped_column(sort_order=100, default=0)
    """Raised by every claim and release; a write that carries an older one is refused."""
    worker_id: Mapped[str | None] = mapped_column(sort_order=101, index=True)
    """Who holds the row at this epoch."""
    available_at: Mapped[float] = mapped_column(sort_order=103, default=0.0)
    """The row is not claimed before this moment of the database's clock."""
    stalled_attempts: Mapped[int] = mapped_column(sort_order=104, default=0)
    """Attempts in a row that ended without getting any further."""
