"""What a job says of the screening of its training file."""

from collections.abc import Mapping, Sequence

from understudy.jobs.screening.record import Outcome

NO_MODERATOR = "no moderation model is configured"
IS_OFF = "screening is off in understudy.toml"
_MAX_LINES_NAMED = 20


def not_run(reason: str) -> str:
    """Say that nothing was screened."""
    return f"Safety checks were not run: {reason.rstrip('.')}. The training file was not screened."


def found(job_id: str, moderator: str, outcome: Outcome, missing: Sequence[str]) -> str:
    """Say what was found, in how many lines, and what could not be judged at all."""
    lines = f"{outcome.screened:,} line(s) of the training file"
    if not outcome.counts:
        text = f"{moderator} screened {lines} and flagged none that is not marked as harmless."
    else:
        text = (
            f"{moderator} screened {lines} and flagged some: {_counts(outcome.counts)}. Flagged "
            f"lines: {_lines(outcome.lines)}. `understudy jobs screening {job_id}` lists them."
        )
    if missing:
        text += f" It cannot judge: {', '.join(missing)}."
    return text


def incomplete(outcome: Outcome, reason: str | None) -> str:
    """Say that not all was screened."""
    why = reason or f"{outcome.unjudged:,} line(s) could not be judged"
    return (
        f"Safety checks of the training file are incomplete: {why.rstrip('.')}. What was not "
        "judged is not screened."
    )


def blocked(job_id: str, moderator: str, outcome: Outcome) -> str:
    """Say that a file is blocked, in OpenAI's words, with the lines and a way out."""
    return (
        "The job failed due to an unsafe training file. This training file was blocked because too "
        f"many examples were flagged by our moderation model ({moderator}) for containing content "
        f"in the following categories: {', '.join(outcome.blocking)}. Flagged lines: "
        f"{_lines(outcome.lines)}. `understudy jobs screening {job_id}` lists them; mark those "
        "that are harmless and continue the job, or remove the others from the file."
    )


def required(reason: str) -> str:
    """Say that the operator allows no training on what was not screened."""
    return (
        "The job failed because its training file was not screened, which require_screening in "
        f"understudy.toml demands: {reason.rstrip('.')}."
    )


def _counts(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} ({count:,})" for name, count in ordered)


def _lines(lines: Sequence[int]) -> str:
    named = ", ".join(str(line) for line in lines[:_MAX_LINES_NAMED])
    return named + (", …" if len(lines) > _MAX_LINES_NAMED else "")
