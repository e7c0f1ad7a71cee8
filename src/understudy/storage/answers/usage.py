"""What was asked and trained on each day: counts that are added to, and read over a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from understudy.storage.tables.evals import EvalRunRow
from understudy.storage.tables.jobs import JobRow
from understudy.storage.tables.usage import UsageRow

DAY_SECONDS = 86_400


class UsageKey(NamedTuple):
    """What one count is of."""

    project_id: str
    day: int
    """Days since 1970 in UTC."""
    key_id: str
    model: str


@dataclass(kw_only=True)
class UsageCount:
    """Requests and their tokens."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def add(self, other: "UsageCount") -> None:
        """Count what another one counted too."""
        self.requests += other.requests
        self.prompt_tokens += other.prompt_tokens
        self.completion_tokens += other.completion_tokens


def add_usage(session: Session, counted: Mapping[UsageKey, UsageCount]) -> None:
    """Add to what is counted already."""
    for key, count in counted.items():
        added = session.execute(
            update(UsageRow)
            .where(*(getattr(UsageRow, name) == value for name, value in key._asdict().items()))
            .values(
                requests=UsageRow.requests + count.requests,
                prompt_tokens=UsageRow.prompt_tokens + count.prompt_tokens,
                completion_tokens=UsageRow.completion_tokens + count.completion_tokens,
            )
            .returning(UsageRow.day)
        )
        if added.first() is None:
            session.add(UsageRow(**key._asdict(), **count.__dict__))


def list_usage(session: Session, project_id: str, first: int, last: int) -> Sequence[UsageRow]:
    """Return the counts of a project from one day to another, both included, oldest first."""
    query = select(UsageRow).where(
        UsageRow.project_id == project_id, UsageRow.day >= first, UsageRow.day <= last
    )
    order = (UsageRow.day, UsageRow.model, UsageRow.key_id)
    return session.scalars(query.order_by(*order)).all()


def ended_jobs(session: Session, project_id: str, first: int, last: int) -> Sequence[JobRow]:
    """Return the jobs of a project that ended on days of a range, oldest first."""
    query = select(JobRow).where(
        JobRow.project_id == project_id,
        JobRow.finished_at >= first * DAY_SECONDS,
        JobRow.finished_at < (last + 1) * DAY_SECONDS,
    )
    return session.scalars(query.order_by(JobRow.finished_at)).all()


class RunUsage(NamedTuple):
    """What an eval run asked so far: invocations and tokens by model."""

    created_at: int
    usage: Mapping[str, Mapping[str, int]]


def runs_usage(session: Session, project_id: str, first: int, last: int) -> Sequence[RunUsage]:
    """Return what the runs asked that were made here on days of a range, oldest first."""
    query = select(EvalRunRow.created_at, EvalRunRow.usage).where(
        EvalRunRow.project_id == project_id,
        EvalRunRow.imported.is_(None),
        EvalRunRow.created_at >= first * DAY_SECONDS,
        EvalRunRow.created_at < (last + 1) * DAY_SECONDS,
    )
    return [RunUsage(*row) for row in session.execute(query.order_by(EvalRunRow.seq))]
