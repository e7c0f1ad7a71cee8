"""What whoever runs a project can do with its keys, and what its jobs, files and models are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from understudy.errors import InvalidRequestError
from understudy.evals.status import RunStatus
from understudy.jobs.lifecycle import FINISHED
from understudy.storage import keys
from understudy.storage.database import Database
from understudy.storage.evals.evals import count_evals
from understudy.storage.evals.runs import count_tuned_runs
from understudy.storage.files.files import count_files
from understudy.storage.jobs.events import last_metrics
from understudy.storage.jobs.jobs import count_by_status, unended_jobs
from understudy.storage.models import count_final_models
from understudy.storage.shadows import Called, list_called
from understudy.storage.tables.jobs import JobRow
from understudy.storage.tables.projects import ApiKeyRow
from understudy.storage.workload import Workload, workload
from understudy.wording import worded

_MAX_ACTIVE = 100


class CreatedKey(NamedTuple):
    """A key, and its plain text, which is kept nowhere."""

    row: ApiKeyRow
    plaintext: str


class ActiveJobRow(NamedTuple):
    """An unfinished job, and the metrics of its last step; none before the first."""

    row: JobRow
    metrics: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ProjectCounts:
    """What a project has, and what is being done for it."""

    jobs: dict[str, int]
    """How many jobs have each status."""
    active: Sequence[ActiveJobRow]
    files: int
    tuned_models: int
    evals: int
    tuned_runs: int
    """Completed eval runs that asked a fine-tuned model."""
    aliases: Sequence[Called]


def list_keys(db: Database, project_id: str) -> list[ApiKeyRow]:
    """Return the keys of a project, oldest first."""
    with db.read() as session:
        return keys.list_keys(session, project_id)


def create_key(db: Database, project_id: str, name: str, pepper: bytes) -> CreatedKey:
    """Make a key for a project."""
    with db.write() as session:
        plaintext = keys.create_key(session, project_id, name, pepper=pepper)
        row = keys.find_key(session, plaintext, pepper=pepper)
        assert row is not None
        return CreatedKey(row, plaintext)


def revoke_key(db: Database, key_id: str, current: ApiKeyRow) -> None:
    """Make a key of the project of `current` open nothing from now on; raises NotFoundError.

    Raises InvalidRequestError for `current` itself, the key that the request was made with.
    """
    if key_id == current.id:
        raise InvalidRequestError(
            worded(
                "api.key_request_made_revoke",
                "This is the key that the request was made with; revoke it with "
                "another one, so that nobody locks themselves out.",
            ),
            param="key_id",
        )
    with db.write() as session:
        keys.delete_key(session, key_id, project_id=current.project_id)


def count_project(db: Database, project_id: str) -> ProjectCounts:
    """Return what a project has at this moment."""
    with db.read() as session:
        active = unended_jobs(session, project_id, FINISHED, limit=_MAX_ACTIVE)
        return ProjectCounts(
            jobs=count_by_status(session, project_id),
            active=[ActiveJobRow(row, last_metrics(session, row.id) or {}) for row in active],
            files=count_files(session, project_id),
            tuned_models=count_final_models(session, project_id),
            evals=count_evals(session, project_id),
            tuned_runs=count_tuned_runs(session, project_id, RunStatus.COMPLETED),
            aliases=list_called(session, project_id),
        )


def count_work(db: Database) -> Workload:
    """Return how much work there is on the server, whatever its project."""
    with db.read() as session:
        return workload(session)
