"""Safety checks of tuned models and releases: queued, found, and what they say of a model."""

from collections.abc import Sequence

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from understudy.ids import new_id
from understudy.safety.release import NOT_CHECKED, CheckState, CheckStatus
from understudy.storage.tables.jobs import JobRow, TunedModelRow
from understudy.storage.tables.releases import ReleaseCheckRow, ReleaseRow
from understudy.wording import Sentence, stored_sentence

_SETTLED_JOBS = ("succeeded", "failed", "cancelled", "paused")
"""A running job still drops and renames its checkpoints."""


def find_check(session: Session, project_id: str, model: str) -> ReleaseCheckRow | None:
    """Return the safety check of a model by its own name, or None when there is none."""
    query = select(ReleaseCheckRow).where(
        ReleaseCheckRow.project_id == project_id, ReleaseCheckRow.model == model
    )
    return session.scalar(query)


def get_check(session: Session, check_id: str) -> ReleaseCheckRow:
    """Return a safety check that is known to exist."""
    return session.scalars(select(ReleaseCheckRow).where(ReleaseCheckRow.id == check_id)).one()


def checks_of_job(session: Session, job_id: str) -> list[ReleaseCheckRow]:
    """Return the safety checks of what a job made, oldest first."""
    query = select(ReleaseCheckRow).where(ReleaseCheckRow.job_id == job_id)
    return list(session.scalars(query.order_by(ReleaseCheckRow.seq)))


def queue_check(session: Session, model: TunedModelRow, *, now: float) -> ReleaseCheckRow:
    """Queue the safety check of a model, or its check once more: what it found before is gone.

    A release that followed the earlier check counts no more.
    """
    check = find_check(session, model.project_id, model.name)
    if check is None:
        check = ReleaseCheckRow(
            id=new_id("check_"),
            project_id=model.project_id,
            model=model.name,
            job_id=model.job_id,
            round=0,
        )
        session.add(check)
    check.status = CheckStatus.QUEUED
    check.round += 1
    check.created_at = int(now)
    check.finished_at = check.result = check.found = check.error_message = None
    check.answers = {}
    check.is_screened = False
    check.available_at = 0.0
    check.stalled_attempts = 0
    session.flush()
    return check


def unchecked_models(
    session: Session, projects: Sequence[str], *, limit: int
) -> Sequence[TunedModelRow]:
    """Return models that nobody checked, of settled jobs of these projects; results first."""
    query = (
        select(TunedModelRow)
        .join(JobRow, JobRow.id == TunedModelRow.job_id)
        .outerjoin(
            ReleaseCheckRow,
            and_(
                ReleaseCheckRow.project_id == TunedModelRow.project_id,
                ReleaseCheckRow.model == TunedModelRow.name,
            ),
        )
        .where(
            TunedModelRow.project_id.in_(projects),
            ReleaseCheckRow.id.is_(None),
            JobRow.status.in_(_SETTLED_JOBS),
        )
    )
    # Whoever waits, waits for the result of a job rather than for its checkpoints.
    ordered = query.order_by(TunedModelRow.kind.desc(), TunedModelRow.seq)
    return list(session.scalars(ordered.limit(limit)))


def releases_of(session: Session, project_id: str, model: str) -> list[ReleaseRow]:
    """Return every release of a model, oldest first."""
    query = select(ReleaseRow).where(ReleaseRow.project_id == project_id, ReleaseRow.model == model)
    return list(session.scalars(query.order_by(ReleaseRow.seq)))


def check_state(session: Session, project_id: str, model: str) -> CheckState:
    """Return what is known of a model's check."""
    check = find_check(session, project_id, model)
    if check is None:
        return NOT_CHECKED
    return state_of(check, releases_of(session, project_id, model))


def check_states(session: Session, project_id: str) -> dict[str, CheckState]:
    """Return what is known of each checked model of a project, by its name."""
    checks = session.scalars(
        select(ReleaseCheckRow).where(ReleaseCheckRow.project_id == project_id)
    )
    released = list(session.scalars(select(ReleaseRow).where(ReleaseRow.project_id == project_id)))
    return {check.model: state_of(check, released) for check in checks}


def state_of(check: ReleaseCheckRow, releases: Sequence[ReleaseRow]) -> CheckState:
    """Return what a check and the releases of its model say together."""
    this = (check.id, check.round)
    return CheckState(
        status=CheckStatus(check.status),
        found=_found(check),
        is_screened=check.is_screened,
        error=check.error_message,
        is_released=any((each.check_id, each.round) == this for each in releases),
    )


def _found(check: ReleaseCheckRow) -> Sentence | None:
    """Return what was found; results of older servers know only its English text."""
    if check.found is None:
        return None
    wordings = (check.result or {}).get("wordings") or {}
    return stored_sentence(check.found, wordings.get("found"))
