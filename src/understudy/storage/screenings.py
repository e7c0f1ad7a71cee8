"""Screenings of training files: how far each is, the lines that were flagged, and the marks."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, func, insert, literal, select
from sqlalchemy.orm import Session

from understudy.storage.tables.screenings import FalsePositiveRow, ScreenedLineRow, ScreeningRow


def find_screening(session: Session, job_id: str) -> ScreeningRow | None:
    """Return the screening of a job, or None before it has begun."""
    return session.get(ScreeningRow, job_id)


def finished_screenings(
    session: Session, project_id: str, file_sha256: str, moderator: str, status: str
) -> Sequence[ScreeningRow]:
    """Return what one moderation model found in the same content before, newest first."""
    query = select(ScreeningRow).where(
        ScreeningRow.project_id == project_id,
        ScreeningRow.file_sha256 == file_sha256,
        ScreeningRow.moderator == moderator,
        ScreeningRow.status == status,
    )
    return session.scalars(query.order_by(ScreeningRow.started_at.desc())).all()


def copy_lines(session: Session, from_job: str, to_job: str) -> None:
    """Give a job the flagged lines of another over the same content."""
    found = select(
        literal(to_job), ScreenedLineRow.line, ScreenedLineRow.scores, ScreenedLineRow.excerpt
    ).where(ScreenedLineRow.job_id == from_job)
    session.execute(
        insert(ScreenedLineRow).from_select(["job_id", "line", "scores", "excerpt"], found)
    )


def count_lines(session: Session, job_id: str) -> int:
    """Return how many flagged lines are listed."""
    query = select(func.count()).where(ScreenedLineRow.job_id == job_id)
    return session.scalar(query) or 0


def forget_lines(session: Session, job_id: str) -> None:
    """Remove the listed lines of a screening that begins anew."""
    session.execute(delete(ScreenedLineRow).where(ScreenedLineRow.job_id == job_id))


def list_lines(
    session: Session, job_id: str, *, after: int, limit: int
) -> Sequence[ScreenedLineRow]:
    """Return flagged lines in their order, those after one line's number."""
    query = select(ScreenedLineRow).where(
        ScreenedLineRow.job_id == job_id, ScreenedLineRow.line > after
    )
    return session.scalars(query.order_by(ScreenedLineRow.line).limit(limit)).all()


def known_lines(session: Session, job_id: str, lines: Collection[int]) -> set[int]:
    """Return which of these lines are listed as flagged."""
    query = select(ScreenedLineRow.line).where(
        ScreenedLineRow.job_id == job_id, ScreenedLineRow.line.in_(lines)
    )
    return set(session.scalars(query))


def marked_lines(session: Session, screening: ScreeningRow) -> set[int]:
    """Return the lines of a screening's file that are marked as false positives."""
    query = select(FalsePositiveRow.line).where(*_of_file(screening))
    return set(session.scalars(query))


def mark_lines(
    session: Session, screening: ScreeningRow, lines: Collection[int], *, is_marked: bool, now: int
) -> None:
    """Mark lines as false positives, or take the marks away."""
    session.execute(
        delete(FalsePositiveRow).where(*_of_file(screening), FalsePositiveRow.line.in_(lines))
    )
    if is_marked:
        session.add_all(
            FalsePositiveRow(
                project_id=screening.project_id,
                file_sha256=screening.file_sha256,
                line=line,
                marked_at=now,
            )
            for line in lines
        )


def marked_counts(session: Session, screening: ScreeningRow, other: str) -> Mapping[str, int]:
    """Return for each category how many flagged lines are marked as false positives.

    `other` stands for lines without a category.
    """
    marked = select(FalsePositiveRow.line).where(*_of_file(screening))
    query = select(ScreenedLineRow.scores).where(
        ScreenedLineRow.job_id == screening.job_id, ScreenedLineRow.line.in_(marked)
    )
    return Counter(name for scores in session.scalars(query) for name in (scores or [other]))


def count_marked(session: Session, screening: ScreeningRow) -> int:
    """Return how many of the listed lines are marked as false positives."""
    marked = select(FalsePositiveRow.line).where(*_of_file(screening))
    query = select(func.count()).where(
        ScreenedLineRow.job_id == screening.job_id, ScreenedLineRow.line.in_(marked)
    )
    return session.scalar(query) or 0


def _of_file(screening: ScreeningRow):
    return (
        FalsePositiveRow.project_id == screening.project_id,
        FalsePositiveRow.file_sha256 == screening.file_sha256,
    )
