"""The screening of a job's training file: begun, continued and ended by whoever holds the job."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from understudy.jobs.claims import Claim
from understudy.jobs.ending import note_progress
from understudy.registry.moderation import ScreeningPolicy
from understudy.safety.screening.policy import (
    OTHER,
    blocking_categories,
    finds_the_same,
    policy_from_json,
    policy_to_json,
)
from understudy.storage import screenings
from understudy.storage.database import Database
from understudy.storage.tables.screenings import ScreenedLineRow, ScreeningRow
from understudy.work.lease import held

MAX_LISTED = 10_000
"""Flagged lines that are listed; more are counted."""


class ScreeningStatus(StrEnum):
    """How far the screening of a file is."""

    NOT_SCREENED = "not_screened"
    SCREENING = "screening"
    SCREENED = "screened"
    """All lines that were to be screened were judged."""
    INCOMPLETE = "incomplete"
    """Some were not: the moderation model ended it, or could not judge them."""


@dataclass(frozen=True, kw_only=True)
class FlaggedLine:
    """A line that the moderation model flags."""

    line: int
    scores: Mapping[str, float]
    """Of the flagged categories."""
    excerpt: str


@dataclass(frozen=True, kw_only=True)
class ScreenedBatch:
    """What was found in some lines."""

    judged: int
    unjudged: int
    flagged: Sequence[FlaggedLine]
    next_line: int
    """Where the lines after these begin."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a screening found, without what is marked as a false positive."""

    status: ScreeningStatus
    screened: int
    unjudged: int
    counts: Mapping[str, int]
    lines: Sequence[int]
    """The first flagged lines."""
    blocking: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether all that was to be screened was."""
        return self.status is ScreeningStatus.SCREENED


def not_screened(db: Database, claim: Claim, policy: ScreeningPolicy, reason: str) -> None:
    """Record that nothing was screened, and why."""
    with db.write() as session:
        held(session, claim.hold)
        row = screenings.find_screening(session, claim.job_id)
        if row is not None and row.lines_screened:
            row.status, row.reason = ScreeningStatus.INCOMPLETE, reason
            row.finished_at = db.now(session)
            return
        if row is None:
            row = _new_row(claim, policy, None, now=db.now(session))
            session.add(row)
        row.status, row.reason = ScreeningStatus.NOT_SCREENED, reason
        row.policy, row.finished_at = policy_to_json(policy), db.now(session)


def begin(
    db: Database,
    claim: Claim,
    policy: ScreeningPolicy,
    *,
    moderator: str,
    not_evaluated: Sequence[str],
) -> tuple[ScreeningStatus, int]:
    """Begin a screening or take up an earlier attempt's; returns its status and its next line.

    What the same moderation model found in the same content before, under a policy that flags the
    same lines, counts for this job too.
    """
    with db.write() as session:
        held(session, claim.hold)
        now = db.now(session)
        row = screenings.find_screening(session, claim.job_id)
        is_same = row is not None and row.moderator == moderator and _is_same(row, policy)
        if row is not None and is_same and row.status != ScreeningStatus.NOT_SCREENED:
            if row.status == ScreeningStatus.INCOMPLETE and row.reason is not None:
                row.status, row.reason = ScreeningStatus.SCREENING, None
            row.policy = policy_to_json(policy)
            return ScreeningStatus(row.status), row.next_line
        if row is not None:
            screenings.forget_lines(session, claim.job_id)
            session.delete(row)
            session.flush()
        row = _new_row(claim, policy, moderator, now=now)
        row.not_evaluated = list(not_evaluated)
        session.add(row)
        session.flush()
        earlier = screenings.finished_screenings(
            session, claim.project_id, claim.training_blob, moderator, ScreeningStatus.SCREENED
        )
        known = next((each for each in earlier if _is_same(each, policy)), None)
        if known is not None:
            _take_over(row, known, now)
            screenings.copy_lines(session, known.job_id, claim.job_id)
        return ScreeningStatus(row.status), row.next_line


def chosen(db: Database, claim: Claim, *, total: int, wanted: int) -> None:
    """Record how many lines the file has and how many of them are screened."""
    with db.write() as session:
        held(session, claim.hold)
        row = _row(screenings.find_screening(session, claim.job_id))
        row.lines_total, row.lines_wanted = total, wanted


def add(db: Database, claim: Claim, batch: ScreenedBatch) -> None:
    """Record what was found in some lines, and where to continue."""
    with db.write() as session:
        note_progress(held(session, claim.hold))
        row = _row(screenings.find_screening(session, claim.job_id))
        counts = Counter(row.counts)
        counts.update(name for flagged in batch.flagged for name in (flagged.scores or [OTHER]))
        room = MAX_LISTED - screenings.count_lines(session, claim.job_id) if batch.flagged else 0
        session.add_all(
            ScreenedLineRow(
                job_id=claim.job_id,
                line=flagged.line,
                scores=dict(flagged.scores),
                excerpt=flagged.excerpt,
            )
            for flagged in batch.flagged[: max(room, 0)]
        )
        row.counts = dict(counts)
        row.lines_screened += batch.judged
        row.lines_unjudged += batch.unjudged
        row.lines_flagged += len(batch.flagged)
        row.next_line = batch.next_line


def end(db: Database, claim: Claim, reason: str | None = None) -> Outcome:
    """End a screening, with a reason where the moderation model ended it early."""
    with db.write() as session:
        held(session, claim.hold)
        row = _row(screenings.find_screening(session, claim.job_id))
        if row.status == ScreeningStatus.SCREENING:
            is_whole = reason is None and not row.lines_unjudged
            row.status = ScreeningStatus.SCREENED if is_whole else ScreeningStatus.INCOMPLETE
            if reason is not None and not row.lines_screened:
                row.status = ScreeningStatus.NOT_SCREENED
            row.reason = reason
            row.finished_at = db.now(session)
        marks = screenings.marked_counts(session, row, OTHER)
        counts = Counter(row.counts)
        counts.subtract(marks)
        left = {name: count for name, count in counts.items() if count > 0}
        marked = screenings.marked_lines(session, row)
        listed = screenings.list_lines(session, row.job_id, after=0, limit=100 + len(marked))
        return Outcome(
            status=ScreeningStatus(row.status),
            screened=row.lines_screened,
            unjudged=row.lines_unjudged,
            counts=left,
            lines=[each.line for each in listed if each.line not in marked][:100],
            blocking=blocking_categories(left, row.lines_screened, policy_from_json(row.policy)),
        )


def _new_row(
    claim: Claim, policy: ScreeningPolicy, moderator: str | None, *, now: float
) -> ScreeningRow:
    return ScreeningRow(
        job_id=claim.job_id,
        project_id=claim.project_id,
        file_sha256=claim.training_blob,
        status=ScreeningStatus.SCREENING,
        reason=None,
        moderator=moderator,
        policy=policy_to_json(policy),
        lines_total=0,
        lines_wanted=0,
        lines_screened=0,
        lines_unjudged=0,
        lines_flagged=0,
        next_line=1,
        counts={},
        not_evaluated=[],
        started_at=now,
        finished_at=None,
    )


def _take_over(row: ScreeningRow, known: ScreeningRow, now: float) -> None:
    row.status, row.finished_at = ScreeningStatus.SCREENED, now
    row.lines_total, row.lines_wanted = known.lines_total, known.lines_wanted
    row.lines_screened, row.lines_flagged = known.lines_screened, known.lines_flagged
    row.next_line, row.counts = known.next_line, dict(known.counts)


def _is_same(row: ScreeningRow, policy: ScreeningPolicy) -> bool:
    return finds_the_same(policy_from_json(row.policy), policy)


def _row(row: ScreeningRow | None) -> ScreeningRow:
    assert row is not None, "the screening was begun"
    return row
