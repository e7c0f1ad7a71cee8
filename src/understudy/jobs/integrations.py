"""The Weights & Biases runs that a job's owner wants its metrics in."""

from collections.abc import Sequence
from dataclasses import dataclass

from understudy.errors import InvalidRequestError
from understudy.storage.tables.jobs import JobIntegrationRow
from understudy.wording import worded


@dataclass(frozen=True, kw_only=True)
class WandbIntegration:
    """A run of Weights & Biases; its id is the job's."""

    project: str
    entity: str | None
    """None leaves it to the account."""
    name: str | None
    """None means the job's id."""
    tags: tuple[str, ...]
    """Those of the job's owner."""


def check_distinct(integrations: Sequence[WandbIntegration]) -> None:
    """Raise InvalidRequestError when two of them are the same run."""
    runs = {(one.entity, one.project) for one in integrations}
    if len(runs) < len(integrations):
        raise InvalidRequestError(
            worded(
                "jobs.two_integrations_name_same",
                "Two integrations name the same project of the same entity, where a "
                "job has one run.",
            ),
            code="invalid_value",
            param="integrations",
        )


def integration_rows(integrations: Sequence[WandbIntegration]) -> list[JobIntegrationRow]:
    """Return rows for a new job."""
    return [
        JobIntegrationRow(
            position=position,
            project=one.project,
            entity=one.entity,
            name=one.name,
            tags=list(one.tags),
        )
        for position, one in enumerate(integrations)
    ]


def integrations_of(rows: Sequence[JobIntegrationRow]) -> tuple[WandbIntegration, ...]:
    """Read a job's rows."""
    return tuple(
        WandbIntegration(
            project=row.project, entity=row.entity, name=row.name, tags=tuple(row.tags)
        )
        for row in rows
    )
