"""How fast jobs on a base model went, from those that have finished."""

import statistics

from sqlalchemy import select
from sqlalchemy.orm import Session

from understudy.storage.tables.jobs import AttemptRow, JobRow

_LATEST_JOBS = 5


def training_speed(session: Session, project_id: str, base: str) -> float | None:
    """Return the tokens a second of a project's latest jobs on a base, or None without any.

    It is the median over jobs that needed one attempt, with reading the file and saving included.
    """
    query = (
        select(JobRow.trained_tokens, AttemptRow.claimed_at, AttemptRow.ended_at)
        .join(AttemptRow, AttemptRow.job_id == JobRow.id)
        .where(
            JobRow.project_id == project_id,
            JobRow.base == base,
            AttemptRow.epoch == 1,
            AttemptRow.exit_reason == "succeeded",
        )
        .order_by(JobRow.seq.desc())
        .limit(_LATEST_JOBS)
    )
    speeds = [
        tokens / (ended_at - claimed_at)
        for tokens, claimed_at, ended_at in session.execute(query)
        if tokens and ended_at and ended_at > claimed_at
    ]
    return statistics.median(speeds) if speeds else None
