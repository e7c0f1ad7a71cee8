"""What a job says of the screening of its training file."""

from collections.abc import Mapping, Sequence

from understudy.jobs.screening.record import Outcome
from understudy.wording import Sentence, clause, together, worded

_MAX_LINES_NAMED = 20


def not_run(reason: str) -> Sentence:
    """Say that nothing was screened."""
    return worded(
        "job.screening.not_run",
        "Safety checks were not run: {why}. The training file was not screened.",
        why=clause(reason),
    )


def found(job_id: str, moderator: str, outcome: Outcome, missing: Sequence[str]) -> Sentence:
    """Say what was found, in how many lines, and what could not be judged at all."""
    parts = [
        worded(
            "job.screening.found",
            "{moderator} screened {lines:,} line(s) of the training file and flagged some: "
            "{counts}. Flagged lines: {flagged}. `understudy jobs screening {job}` lists them.",
            moderator=moderator,
            lines=outcome.screened,
            counts=_counts(outcome.counts),
            flagged=_lines(outcome.lines),
            job=job_id,
        )
        if outcome.counts
        else worded(
            "job.screening.clean",
            "{moderator} screened {lines:,} line(s) of the training file and flagged none that is "
            "not marked as harmless.",
            moderator=moderator,
            lines=outcome.screened,
        )
    ]
    if missing:
        parts.append(
            worded("job.screening.missing", "It cannot judge: {categories}.", categories=missing)
        )
    return together(parts)


def unjudged(outcome: Outcome) -> Sentence:
    """Say how much could not be judged."""
    lines = outcome.unjudged
    return worded("job.screening.unjudged", "{lines:,} line(s) could not be judged", lines=lines)


def incomplete(outcome: Outcome, reason: str | None) -> Sentence:
    """Say that not all was screened."""
    why = reason or unjudged(outcome)
    return worded(
        "job.screening.incomplete",
        "Safety checks of the training file are incomplete: {why}. What "
        "was not judged is not screened.",
        why=clause(why),
    )


def blocked(job_id: str, moderator: str, outcome: Outcome) -> Sentence:
    """Say that a file is blocked, in OpenAI's words, with the lines and a way out."""
    return worded(
        "job.screening.blocked",
        "The job failed due to an unsafe training file. This training file "
        "was blocked because too many examples were flagged by our "
        "moderation model ({moderator}) for containing content in the "
        "following categories: {categories}. Flagged lines: {lines}. "
        "`understudy jobs screening {job}` lists them; mark those that are "
        "harmless and continue the job, or remove the others from the file.",
        moderator=moderator,
        categories=outcome.blocking,
        lines=_lines(outcome.lines),
        job=job_id,
    )


def required(reason: str) -> Sentence:
    """Say that the operator allows no training on what was not screened."""
    return worded(
        "job.screening.required",
        "The job failed because its training file was not screened, which "
        "require_screening in understudy.toml demands: {why}.",
        why=clause(reason),
    )


def _counts(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} ({count:,})" for name, count in ordered)


def _lines(lines: Sequence[int]) -> str:
    named = ", ".join(str(line) for line in lines[:_MAX_LINES_NAMED])
    return named + (", …" if len(lines) > _MAX_LINES_NAMED else "")
