"""From stored answers to files: what is learned, what is held out, and where it came from."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from understudy.data.files.validate import MIN_TRAINING_EXAMPLES
from understudy.data.splitting.split import SplitOptions, split
from understudy.distilling.captured import Captured
from understudy.distilling.choosing import Candidate, Choice
from understudy.distilling.cleaning import Drop, Reason, clean
from understudy.distilling.grading import item_of, sample_of
from understudy.distilling.redaction import redacted
from understudy.errors import InvalidRequestError
from understudy.schemas.distillations import DistillationCounts, DroppedAnswers
from understudy.wording import worded

_MAX_NAMED = 5
"""Stored answers that are named for one reason."""


@dataclass(kw_only=True)
class Gathered:
    """What was found before anything is graded or chosen."""

    found: int = 0
    candidates: list[Candidate] = field(default_factory=list[Candidate])
    """Clean answers, the newest first."""
    dropped: list[tuple[Captured, Drop]] = field(default_factory=list[tuple[Captured, Drop]])
    redacted: Counter[str] = field(default_factory=Counter[str])


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """What a distillation trains and tests on; each part as its candidates, oldest first."""

    training: tuple[Candidate, ...]
    validation: tuple[Candidate, ...]


def gather(
    answers: Iterable[Captured],
    *,
    keep_refusals: bool,
    redact: bool,
    why_forbidden: Callable[[str], str | None],
    check_stop: Callable[[], None] = lambda: None,
) -> Gathered:
    """Clean stored answers one by one.

    `why_forbidden` says of a model why its answers may not be learned, or None; `check_stop` may
    raise to end the work.
    """
    gathered = Gathered()
    for captured in answers:
        check_stop()
        gathered.found += 1
        reason = why_forbidden(captured.model)
        if reason is not None:
            gathered.dropped.append((captured, Drop(Reason.FORBIDDEN, reason)))
            continue
        if redact:
            captured, places = redacted(captured)
            gathered.redacted += places
        cleaned = clean(captured, keep_refusals=keep_refusals)
        if isinstance(cleaned, Drop):
            gathered.dropped.append((captured, cleaned))
        else:
            gathered.candidates.append(Candidate(captured=captured, example=cleaned))
    return gathered


def counts_of(gathered: Gathered, choice: Choice) -> DistillationCounts:
    """Return what became of all answers, for their owner to read."""
    reasons: dict[str, list[tuple[Captured, Drop]]] = {}
    for captured, drop in (*gathered.dropped, *choice.dropped):
        reasons.setdefault(drop.reason, []).append((captured, drop))
    return DistillationCounts(
        found=gathered.found,
        kept=len(choice.kept),
        dropped=[
            DroppedAnswers(
                reason=reason,
                count=len(found),
                examples=[captured.id for captured, _ in found[:_MAX_NAMED]],
                detail=found[0][1].detail,
            )
            for reason, found in sorted(reasons.items(), key=lambda item: -len(item[1]))
        ],
        teachers=dict(Counter(each.captured.model for each in choice.kept).most_common()),
        snapshots=_snapshots(choice),
        redacted=dict(gathered.redacted.most_common()),
    )


def _snapshots(choice: Choice) -> dict[str, int]:
    named = (each.captured.remote_model for each in choice.kept)
    return dict(Counter(name for name in named if name is not None).most_common())


def with_unanswered(
    counts: DistillationCounts, unanswered: Mapping[int, str]
) -> DistillationCounts:
    """Add the questions that the teacher refused; lines of the file → why."""
    if not unanswered:
        return counts
    lines = sorted(unanswered)
    refused = DroppedAnswers(
        reason="not_answered",
        count=len(lines),
        examples=[f"line {line}" for line in lines[:_MAX_NAMED]],
        detail=unanswered[lines[0]],
    )
    return counts.model_copy(
        update={"found": counts.found + len(lines), "dropped": [*counts.dropped, refused]}
    )


def divided(kept: Sequence[Candidate], *, validation: float, seed: int) -> Dataset:
    """Hold a share out, so that no held-out question is nearly one that is learned.

    Raises InvalidRequestError when too few answers are left.
    """
    if len(kept) <= MIN_TRAINING_EXAMPLES:
        raise InvalidRequestError(
            worded(
                "distill.stored_answers_left_learn",
                "{kept} stored answers are left to learn from; at least "
                "{min_training_examples} are needed besides what is held out. Store "
                "more answers, or select and keep more of them; the counts say why "
                "others were dropped.",
                kept=len(kept),
                min_training_examples=MIN_TRAINING_EXAMPLES,
            ),
            code="too_few_answers",
            param="source",
        )
    oldest_first = list(reversed(kept))
    examples = [replace(each.example, line=i + 1) for i, each in enumerate(oldest_first)]
    options = SplitOptions(validation=validation, by_duplicate_group=True, stratify=True, seed=seed)
    made = split(examples, options)
    if len(made.training) < MIN_TRAINING_EXAMPLES:
        raise InvalidRequestError(
            worded(
                "distill.answers_would_left_train",
                "{training} of {kept} answers would be left to train on, but a job "
                "needs at least {min_training_examples}. Hold out fewer, or store "
                "more answers.",
                training=len(made.training),
                kept=len(kept),
                min_training_examples=MIN_TRAINING_EXAMPLES,
            ),
            code="too_few_answers",
            param="validation",
        )
    return Dataset(
        training=tuple(oldest_first[line - 1] for line in made.training),
        validation=tuple(oldest_first[line - 1] for line in made.validation),
    )


def training_lines(part: Iterable[Candidate]) -> Iterable[bytes]:
    """Yield the lines of a training or validation file."""
    return (_line(each.captured.line) for each in part)


def provenance_lines(dataset: Dataset) -> Iterable[bytes]:
    """Yield a line for each line of the training file and then of the validation file."""
    for name, part in (("training", dataset.training), ("validation", dataset.validation)):
        for number, each in enumerate(part, start=1):
            captured = each.captured
            yield _line(
                {
                    "file": name,
                    "line": number,
                    "id": captured.id,
                    "model": captured.model,
                    "remote_model": captured.remote_model,
                    "created_at": captured.created_at,
                    "metadata": captured.metadata,
                    "score": each.score,
                }
            )


def eval_lines(held_out: Iterable[Candidate]) -> Iterable[bytes]:
    """Yield the rows of the eval: the question, and the teacher's answer as the sample."""
    for each in held_out:
        sample = sample_of(each.captured).given
        yield _line({"item": item_of(each.captured), "sample": sample})


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
