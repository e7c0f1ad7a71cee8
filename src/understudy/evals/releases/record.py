"""The runner's part of safety checks: which are due, what was answered so far, how each ends."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from sqlalchemy.orm import Session

from understudy.evals.releases.outcome import CheckOutcome
from understudy.registry.releases import ReleasePolicy
from understudy.safety.release import CheckStatus
from understudy.storage.database import Database
from understudy.storage.jobs.events import NewEvent, append_event
from understudy.storage.jobs.jobs import get_job
from understudy.storage.models import find_model
from understudy.storage.projects import list_projects
from understudy.storage.releases.checks import get_check, queue_check, unchecked_models
from understudy.storage.tables.jobs import JobRow
from understudy.storage.tables.projects import ProjectRow
from understudy.storage.tables.releases import ReleaseCheckRow
from understudy.wording import worded
from understudy.work.lease import Hold, free, held
from understudy.work.policy import LeasePolicy

_AT_ONCE = 20
_GAVE_UP = "it was given up after several attempts; the runner's log says why"


def queue_due_checks(db: Database, policy_of: Callable[[str], ReleasePolicy]) -> int:
    """Queue the check of models that have none and whose project's policy, by its name, wants one.

    Returns how many that were.
    """
    with db.read() as session:
        wanted = _checked_projects(session, policy_of)
        if not unchecked_models(session, wanted, limit=1):
            return 0
    with db.write() as session:
        models, now = unchecked_models(session, wanted, limit=_AT_ONCE), db.now(session)
        for model in models:
            queue_check(session, model, now=now)
        return len(models)


def _checked_projects(session: Session, policy_of: Callable[[str], ReleasePolicy]) -> list[str]:
    return [each.id for each in list_projects(session) if policy_of(each.name).checks]


class ToCheck(NamedTuple):
    """A held check, and everything that it needs."""

    check: ReleaseCheckRow
    job: JobRow
    project: str
    """The name of its project."""
    answers: Mapping[str, str]
    """What was answered so far."""
    system_prompt: str | None


def what_to_check(db: Database, hold: Hold[ReleaseCheckRow]) -> ToCheck:
    """Return a held check with the job of its model."""
    with db.read() as session:
        check = get_check(session, hold.id)
        model = find_model(session, check.project_id, check.model)
        prompt = None if model is None else model.system_prompt
        project = session.get_one(ProjectRow, check.project_id).name
        job = get_job(session, check.job_id)
        return ToCheck(check, job, project, check.answers, prompt)


def keep_answers(db: Database, hold: Hold[ReleaseCheckRow], answers: Mapping[str, str]) -> None:
    """Record what was answered so far, so that no attempt asks it again; raises LeaseLostError."""
    with db.write() as session:
        held(session, hold).answers = dict(answers)


def complete(db: Database, hold: Hold[ReleaseCheckRow], outcome: CheckOutcome) -> None:
    """Record a result, and an event of the job; raises LeaseLostError."""
    with db.write() as session:
        check = held(session, hold)
        check.result = outcome.to_json()
        check.found = outcome.found
        check.is_screened = outcome.is_screened
        is_calm = outcome.found is None and outcome.is_screened
        event = NewEvent(
            key=f"release_check:{check.id}:{check.round}",
            message=outcome.sentence,
            level="info" if is_calm else "warn",
            type=outcome.policy.event_type,
            data=outcome.event_data(),
        )
        _end(session, check, CheckStatus.COMPLETED, event, db.now(session))


def fail(db: Database, hold: Hold[ReleaseCheckRow], message: str) -> None:
    """Record why a check came to no result; raises LeaseLostError."""
    with db.write() as session:
        _fail(session, held(session, hold), message, db.now(session))


def _give_up(session: Session, check: ReleaseCheckRow, now: float) -> None:
    _fail(session, check, _GAVE_UP, now)


def _fail(session: Session, check: ReleaseCheckRow, message: str, now: float) -> None:
    check.error_message = message
    event = NewEvent(
        key=f"release_check:{check.id}:{check.round}",
        message=worded(
            "safety.failed",
            "Safety check of {model}: no result, so it is not screened. {why}",
            model=check.model,
            why=message,
        ),
        level="warn",
        data={"model": check.model},
    )
    _end(session, check, CheckStatus.FAILED, event, now)


def _end(
    session: Session, check: ReleaseCheckRow, status: CheckStatus, event: NewEvent, now: float
) -> None:
    check.status = status
    check.finished_at = int(now)
    check.answers = {}
    free(check)
    append_event(session, check.job_id, event, created_at=int(now))


CHECKS = LeasePolicy(
    row=ReleaseCheckRow,
    order=ReleaseCheckRow.seq,
    statuses=frozenset({CheckStatus.QUEUED}),
    backoff_seconds=(0.0, 0.0, 2.0, 8.0, 30.0),
    max_stalled_attempts=8,
    give_up=_give_up,
)
"""Safety checks, for whoever takes them by lease."""
