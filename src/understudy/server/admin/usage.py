"""What a project used over a time, added up by day, key and model."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from understudy.errors import InvalidRequestError
from understudy.jobs.lifecycle import JobStatus
from understudy.schemas.admin.usage import AnswerUsage, TrainingUsage, UsageObject
from understudy.storage.answers.usage import (
    DAY_SECONDS,
    RunUsage,
    UsageCount,
    ended_jobs,
    list_usage,
    runs_usage,
)
from understudy.storage.database import Database
from understudy.storage.keys import list_keys
from understudy.storage.tables.jobs import JobRow
from understudy.storage.tables.usage import UsageRow

MAX_DAYS = 366
_USUAL_DAYS = 30
_EPOCH = date(1970, 1, 1)


class Days(NamedTuple):
    """A range of days, both ends included."""

    first: date
    last: date


def days_of(start: date | None, end: date | None, *, today: date) -> Days:
    """Return the range that was asked for, the last 30 days by default.

    Raises InvalidRequestError where it has no day, more than 366, or one before 1970.
    """
    for name, day in (("start_date", start), ("end_date", end)):
        if day is not None and day < _EPOCH:
            raise InvalidRequestError(
                f"{name} is {day}, before anything was counted; ask for {_EPOCH} or later.",
                param=name,
            )
    last = end or today
    first = start or last - timedelta(days=_USUAL_DAYS - 1)
    if first > last:
        raise InvalidRequestError(
            f"start_date is {first}, which is later than end_date, {last}; exchange them.",
            param="start_date",
        )
    if (last - first).days >= MAX_DAYS:
        raise InvalidRequestError(
            f"From {first} to {last} are {(last - first).days + 1} days; ask for {MAX_DAYS} days "
            "at most.",
            param="start_date",
        )
    return Days(first, last)


def today() -> date:
    """Return the day that it is in UTC."""
    return datetime.now(tz=UTC).date()


def usage_of(db: Database, project_id: str, days: Days) -> UsageObject:
    """Add up what a project used on these days; blocks."""
    first, last = ((day - _EPOCH).days for day in days)
    with db.read() as session:
        counted = list_usage(session, project_id, first, last)
        jobs = ended_jobs(session, project_id, first, last)
        runs = runs_usage(session, project_id, first, last)
        names = {row.id: row.name for row in list_keys(session, project_id)}
    answers = [*(_answer(row, names) for row in counted), *_evals(runs)]
    return UsageObject(
        start_date=str(days.first),
        end_date=str(days.last),
        answers=sorted(answers, key=lambda each: each.date),
        training=_training(jobs, names),
    )


def _answer(row: UsageRow, names: Mapping[str, str]) -> AnswerUsage:
    return AnswerUsage(
        date=_date(row.day),
        source="api" if row.key_id else "batches",
        api_key_id=row.key_id or None,
        api_key_name=names.get(row.key_id),
        model=row.model,
        requests=row.requests,
        prompt_tokens=row.prompt_tokens,
        completion_tokens=row.completion_tokens,
    )


def _evals(runs: Sequence[RunUsage]) -> list[AnswerUsage]:
    sums: dict[tuple[int, str], UsageCount] = defaultdict(UsageCount)
    for run in runs:
        for model, used in run.usage.items():
            sums[run.created_at // DAY_SECONDS, model].add(
                UsageCount(
                    requests=used.get("invocations", 0),
                    prompt_tokens=used.get("prompt_tokens", 0),
                    completion_tokens=used.get("completion_tokens", 0),
                )
            )
    return [
        AnswerUsage(
            date=_date(day),
            source="evals",
            api_key_id=None,
            api_key_name=None,
            model=model,
            requests=count.requests,
            prompt_tokens=count.prompt_tokens,
            completion_tokens=count.completion_tokens,
        )
        for (day, model), count in sums.items()
    ]


def _training(jobs: Sequence[JobRow], names: Mapping[str, str]) -> list[TrainingUsage]:
    groups: dict[tuple[int, str, str], list[JobRow]] = defaultdict(list)
    for job in jobs:
        assert job.finished_at is not None
        key_id = (job.created_by or {}).get("id", "")
        groups[job.finished_at // DAY_SECONDS, key_id, job.model].append(job)
    return [
        TrainingUsage(
            date=_date(day),
            api_key_id=key_id or None,
            api_key_name=names.get(key_id) or (ended[0].created_by or {}).get("name"),
            model=model,
            jobs=len(ended),
            succeeded=sum(job.status == JobStatus.SUCCEEDED for job in ended),
            trained_tokens=sum(job.trained_tokens or 0 for job in ended),
        )
        for (day, key_id, model), ended in groups.items()
    ]


def _date(day: int) -> str:
    return str(_EPOCH + timedelta(days=day))
