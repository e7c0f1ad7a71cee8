"""What a project sees of a job's screening: the lines, the marks, and how a job is continued."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from understudy.data.files.formats import Method
from understudy.errors import InvalidRequestError
from understudy.jobs.creation import NewJob, insert_job
from understudy.jobs.integrations import integrations_of
from understudy.jobs.lifecycle import JobStatus
from understudy.jobs.screening.record import ScreeningStatus
from understudy.jobs.service import found
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.planning.reinforcement import settings_from_json
from understudy.registry.catalogue import Catalogue
from understudy.registry.moderation import ScreeningPolicy
from understudy.registry.teaching import teaching_from_json
from understudy.safety.screening.policy import OTHER, blocking_categories, policy_from_json
from understudy.storage import screenings
from understudy.storage.database import Database
from understudy.storage.jobs import jobs
from understudy.storage.tables.jobs import JobRow
from understudy.storage.tables.screenings import ScreenedLineRow, ScreeningRow
from understudy.wording import worded

_PAGE = 500


@dataclass(frozen=True, kw_only=True)
class CategoryCount:
    """One category of a screening."""

    category: str
    flagged: int
    marked: int
    """Of these, marked as false positives."""
    is_blocking: bool


@dataclass(frozen=True, kw_only=True)
class ScreeningView:
    """A screening as its project sees it."""

    job_id: str
    row: ScreeningRow | None
    """None before it has begun."""
    policy: ScreeningPolicy | None
    lines_marked: int
    categories: Sequence[CategoryCount]


class ReviewedLine(NamedTuple):
    """A flagged line, and whether it is marked as a false positive."""

    row: ScreenedLineRow
    is_marked: bool


def get_screening(db: Database, project_id: str, job_id: str) -> ScreeningView:
    """Return the screening of a project's job; raises NotFoundError."""
    with db.read() as session:
        found(jobs.find_job(session, project_id, job_id), job_id)
        row = screenings.find_screening(session, job_id)
        if row is None:
            return ScreeningView(
                job_id=job_id, row=None, policy=None, lines_marked=0, categories=()
            )
        policy = policy_from_json(row.policy)
        marks = screenings.marked_counts(session, row, OTHER)
        return ScreeningView(
            job_id=job_id,
            row=row,
            policy=policy,
            lines_marked=screenings.count_marked(session, row),
            categories=_categories(row, marks, policy),
        )


def get_lines(
    db: Database, project_id: str, job_id: str, *, after: int, limit: int
) -> list[ReviewedLine]:
    """Return some flagged lines of a project's job, those after one line's number."""
    with db.read() as session:
        found(jobs.find_job(session, project_id, job_id), job_id)
        row = screenings.find_screening(session, job_id)
        if row is None:
            return []
        marked = screenings.marked_lines(session, row)
        listed = screenings.list_lines(session, job_id, after=after, limit=limit)
        return [ReviewedLine(line, line.line in marked) for line in listed]


def all_lines(db: Database, project_id: str, job_id: str) -> Iterator[ReviewedLine]:
    """Yield every flagged line, read page by page; raises NotFoundError when it begins."""
    after = 0
    while page := get_lines(db, project_id, job_id, after=after, limit=_PAGE):
        yield from page
        after = page[-1].row.line


def mark(
    db: Database, project_id: str, job_id: str, lines: Collection[int], *, is_marked: bool
) -> None:
    """Mark flagged lines as false positives, or take marks away, for the file's content.

    Raises InvalidRequestError about `lines` for one that is not listed as flagged.
    """
    with db.write() as session:
        found(jobs.find_job(session, project_id, job_id), job_id)
        row = screenings.find_screening(session, job_id)
        known: set[int] = set()
        if row is not None:
            known = screenings.known_lines(session, job_id, lines)
        unknown = sorted(set(lines) - known)
        if row is None or unknown:
            raise InvalidRequestError(
                worded(
                    "jobs.line_none_lines_screening",
                    "Line {unknown} is none of the lines that the screening of {job_id} flagged.",
                    unknown=unknown[0],
                    job_id=job_id,
                ),
                code="invalid_value",
                param="lines",
            )
        now = int(db.now(session))
        screenings.mark_lines(session, row, set(lines), is_marked=is_marked, now=now)


def continue_job(db: Database, catalogue: Catalogue, project_id: str, job_id: str) -> JobRow:
    """Create the job again that its screening ended; what was judged is not judged again.

    Raises InvalidRequestError for a job that ended otherwise, or that would be blocked again.
    """
    view = get_screening(db, project_id, job_id)
    with db.write() as session:
        job = found(jobs.find_job(session, project_id, job_id), job_id)
        if job.status != JobStatus.FAILED or job.error_code not in ("unsafe_file", "not_screened"):
            raise InvalidRequestError(
                worded(
                    "jobs.job_not_ended_screening",
                    "The job {job_id} was not ended by the screening of its file, so "
                    "there is nothing to continue; create a new job instead.",
                    job_id=job_id,
                )
            )
        blocking = [each.category for each in view.categories if each.is_blocking]
        if blocking:
            raise InvalidRequestError(
                worded(
                    "jobs.file_still_blocked_mark",
                    "The file is still blocked for {names}: mark the flagged lines "
                    "that are harmless as false positives first, or remove the "
                    "others from the file and create a new job.",
                    names=", ".join(blocking),
                )
            )
        now = int(db.now(session))
        return insert_job(session, catalogue, project_id, _again(job), now=now)


def is_blocked(view: ScreeningView) -> bool:
    """Say whether the file is blocked by what is flagged in it now."""
    return any(each.is_blocking for each in view.categories)


def status_of(view: ScreeningView) -> ScreeningStatus:
    """Return how far a screening is; one that has not begun is none."""
    if view.row is None:
        return ScreeningStatus.NOT_SCREENED
    return ScreeningStatus(view.row.status)


def _categories(
    row: ScreeningRow, marks: Mapping[str, int], policy: ScreeningPolicy
) -> list[CategoryCount]:
    left = {name: count - marks.get(name, 0) for name, count in row.counts.items()}
    blocking = blocking_categories(left, row.lines_screened, policy)
    return [
        CategoryCount(
            category=name,
            flagged=count,
            marked=marks.get(name, 0),
            is_blocking=name in blocking,
        )
        for name, count in sorted(row.counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def _again(job: JobRow) -> NewJob:
    return NewJob(
        method=Method(job.method),
        model=job.model,
        training_file=job.training_file,
        validation_file=job.validation_file,
        hyperparameters=JobHyperparameters(**job.requested),
        reinforcement=None if job.reinforcement is None else settings_from_json(job.reinforcement),
        splits_turns=job.splits_turns,
        teaching=None if job.teaching is None else teaching_from_json(job.teaching),
        seed=job.seed,
        suffix=job.suffix,
        metadata={pair.key: pair.value for pair in job.pairs} or None,
        integrations=integrations_of(job.integrations),
        organization=job.organization,
    )
