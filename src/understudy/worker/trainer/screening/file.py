"""The screening of one job's training file, from its policy to an event, or to the job's end."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from itertools import dropwhile
from pathlib import Path
from typing import Protocol

from understudy.errors import JobFailedError, UnderstudyError
from understudy.jobs.claims import Claim
from understudy.jobs.screening import record
from understudy.jobs.screening.reasons import IS_OFF, NO_MODERATOR
from understudy.jobs.screening.record import Outcome, ScreeningStatus
from understudy.registry.moderation import ScreeningMode, ScreeningPolicy
from understudy.safety.judgement import Moderator
from understudy.safety.screening.choice import choose_lines
from understudy.schemas.moderations import MODERATION_CATEGORIES
from understudy.storage.blobs import BlobStore
from understudy.worker.trainer.reporter import JobReporter
from understudy.worker.trainer.screening import words
from understudy.worker.trainer.screening.judging import LineJudge, ScreeningEndedError


class Services(Protocol):
    """What a screening works with."""

    def policy_of(self, project_id: str) -> ScreeningPolicy:
        """Return what is screened of a project's files."""
        ...

    @property
    def open_moderator(self) -> Callable[[], AbstractAsyncContextManager[Moderator | None]]:
        """Provides the moderation model, or None, on the event loop that enters it."""
        ...


def screen_training_file(
    claim: Claim, blobs: BlobStore, services: Services, reporter: JobReporter
) -> None:
    """Screen a job's training file as its project wants, and say in its events what was found.

    Raises JobFailedError where the policy blocks the file, or requires a screening that there was
    not, and StopTraining when the job is to end.
    """
    policy = services.policy_of(claim.project_id)
    if policy.mode is ScreeningMode.OFF:
        _not_screened(claim, policy, IS_OFF, reporter)
        return
    path = blobs.stored(claim.training_blob)

    async def screen() -> None:
        async with services.open_moderator() as moderator:
            await _screen(claim, path, policy, moderator, reporter)

    # The thread that works on jobs runs an event loop already.
    with ThreadPoolExecutor(1, "screening") as thread, reporter.awaiting_others():
        thread.submit(asyncio.run, screen()).result()


async def _screen(
    claim: Claim,
    path: Path,
    policy: ScreeningPolicy,
    moderator: Moderator | None,
    reporter: JobReporter,
) -> None:
    if moderator is None:
        _not_screened(claim, policy, NO_MODERATOR, reporter)
        return
    missing = [name for name in MODERATION_CATEGORIES if name not in moderator.judged_categories]
    database = reporter.database
    status, next_line = record.begin(
        database, claim, policy, moderator=moderator.name, not_evaluated=missing
    )
    reason: str | None = None
    if status is ScreeningStatus.SCREENING:
        reason = await _judge_lines(claim, path, policy, moderator, reporter, next_line)
    outcome = record.end(database, claim, reason)
    _report(claim, policy, outcome, moderator.name, missing, reason, reporter)


async def _judge_lines(
    claim: Claim,
    path: Path,
    policy: ScreeningPolicy,
    moderator: Moderator,
    reporter: JobReporter,
    next_line: int,
) -> str | None:
    """Judge the lines that are left; returns why that ended early, if it did."""
    try:
        await moderator.check()
    except UnderstudyError as error:
        return error.message
    with path.open("rb") as file:
        lines = choose_lines(file, policy, seed=claim.training_blob)
    record.chosen(reporter.database, claim, total=lines.total, wanted=lines.wanted)
    judge = LineJudge(moderator, policy.thresholds, reporter.check_stop)
    with path.open("rb") as file:
        left = dropwhile(lambda line: line[0] < next_line, lines.of(file))
        try:
            async for batch in judge.batches(left):
                record.add(reporter.database, claim, batch)
        except ScreeningEndedError as ended:
            return str(ended)
    return None


def _not_screened(
    claim: Claim, policy: ScreeningPolicy, reason: str, reporter: JobReporter
) -> None:
    record.not_screened(reporter.database, claim, policy, reason)
    say = reporter.inform if reason == IS_OFF else reporter.warn
    say(words.not_run(reason))
    if policy.is_required:
        raise _refused(reason)


def _report(
    claim: Claim,
    policy: ScreeningPolicy,
    outcome: Outcome,
    moderator: str,
    missing: list[str],
    reason: str | None,
    reporter: JobReporter,
) -> None:
    if outcome.blocking:
        raise JobFailedError(
            words.blocked(claim.job_id, moderator, outcome),
            code="unsafe_file",
            param="training_file",
        )
    if outcome.status is ScreeningStatus.NOT_SCREENED:
        reporter.warn(words.not_run(reason or ""))
    else:
        found = words.found(claim.job_id, moderator, outcome, missing)
        (reporter.warn if outcome.counts else reporter.inform)(found)
        if not outcome.is_whole:
            reporter.warn(words.incomplete(outcome, reason))
    if policy.is_required and not outcome.is_whole:
        raise _refused(reason or words.unjudged(outcome))


def _refused(reason: str) -> JobFailedError:
    return JobFailedError(words.required(reason), code="not_screened", param="training_file")
