"""Makes the report card of a job: both models answer some of what was held out."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TypeVar

from understudy.answering.answer import Answer
from understudy.answering.asking import Asker
from understudy.answering.decisions.probabilities import LabelCalibration
from understudy.answering.models import AnsweringModel
from understudy.answering.plan import AnswerPlan
from understudy.chat.answer_shape import ToolChoice, ToolUse
from understudy.chat.messages import Role
from understudy.data.examples import ChatExample
from understudy.data.files.formats import Method
from understudy.data.files.parse import parse_chat_file
from understudy.data.images.sources import ImageSource
from understudy.errors import UnderstudyError
from understudy.evals.report_cards.content import ReportCard, Said, TeacherForced, Trial, said
from understudy.evals.report_cards.record import complete, fail
from understudy.jobs.images import images_of_job
from understudy.storage.database import Database
from understudy.storage.jobs.checkpoints import checkpoints_of_job
from understudy.storage.jobs.jobs import get_job
from understudy.storage.tables.evals import JobReportRow
from understudy.storage.tables.jobs import JobRow
from understudy.work.lease import Hold
from understudy.worker.runner.label_card import label_card
from understudy.worker.runner.preference_card import preference_card, read_pairs
from understudy.worker.runner.run import RunContext

MAX_EXAMPLES = 50
"""Answered by each model; the loss is measured over all."""
MAX_TOKENS = 256
"""Of one answer."""

_AT_ONCE = 16
_T = TypeVar("_T")


async def make_report_card(context: RunContext, hold: Hold[JobReportRow]) -> None:
    """Make a card and record it; raises LeaseLostError.

    The job has succeeded before: whoever waits for the model waits for none of this.
    """
    database = context.database
    report, job, metrics = await asyncio.to_thread(_read, database, hold.id)
    assert job.fine_tuned_model is not None, "a card is queued when the job succeeds"
    assert job.validation_blob is not None, "a card is begun when there is something held out"
    path = context.blobs.stored(job.validation_blob)
    calibration: LabelCalibration | None = None
    try:
        if job.method == Method.DPO:
            pairs = await asyncio.to_thread(read_pairs, path)
            card = await preference_card(
                job,
                len(pairs),
                _choose(pairs, job.seed),
                metrics,
                asker=context.asker,
                wire_grader=report.grader,
                graders=context.grader_context_of(job.project_id),
                max_tokens=MAX_TOKENS,
            )
        else:
            images = images_of_job(
                context.images.of(job.project_id),
                job.id,
                base=job.base,
                base_directory=Path(job.base_directory),
            )
            examples = await asyncio.to_thread(_examples, path, images)
            card = await _supervised_card(job, report, metrics, examples, context.asker)
            labels = await label_card(
                examples,
                context.blobs.stored(job.training_blob),
                images,
                await context.asker.find(job.project_id, job.fine_tuned_model),
                asker=context.asker,
                seed=job.seed,
            )
            card = replace(card, labels=labels)
            calibration = None if labels is None else labels.calibration
    except UnderstudyError as error:
        await asyncio.to_thread(fail, database, hold, error.message)
        return
    await asyncio.to_thread(complete, database, hold, card.to_json(), card.sentence, calibration)


async def _supervised_card(
    job: JobRow,
    report: JobReportRow,
    metrics: Mapping[str, float],
    examples: Sequence[ChatExample],
    asker: Asker,
) -> ReportCard:
    assert job.fine_tuned_model is not None
    assert report.base_loss is not None, "the base was measured before training"
    assert report.base_token_accuracy is not None
    chosen = _choose(examples, job.seed)
    models = [await asker.find(job.project_id, name) for name in (job.model, job.fine_tuned_model)]
    turns = asyncio.Semaphore(_AT_ONCE)
    tried = await asyncio.gather(*(_try(asker, models, each, turns) for each in chosen))
    trials = tuple(trial for trial in tried if trial is not None)
    return ReportCard(
        base_model=job.model,
        tuned_model=job.fine_tuned_model,
        held_out=len(examples),
        unanswered=len(chosen) - len(trials),
        before=TeacherForced(loss=report.base_loss, token_accuracy=report.base_token_accuracy),
        after=TeacherForced(
            loss=metrics["full_valid_loss"],
            token_accuracy=metrics["full_valid_mean_token_accuracy"],
        ),
        trials=trials,
    )


def _read(database: Database, job_id: str) -> tuple[JobReportRow, JobRow, Mapping[str, float]]:
    """Return the report as it was begun, its job, and the metrics of the last checkpoint."""
    with database.read() as session:
        report = session.get_one(JobReportRow, job_id)
        last = checkpoints_of_job(session, job_id)[-1].metrics
        return report, get_job(session, job_id), last


def _examples(path: Path, images: ImageSource) -> tuple[ChatExample, ...]:
    with path.open("rb") as lines:
        found = parse_chat_file(lines, images=images).examples
    return tuple(example for example in found if any(example.trained))


def _choose(examples: Sequence[_T], seed: int) -> Sequence[_T]:
    if len(examples) <= MAX_EXAMPLES:
        return examples
    chosen = Random(seed).sample(range(len(examples)), MAX_EXAMPLES)
    return [examples[index] for index in sorted(chosen)]


async def _try(
    asker: Asker, models: Sequence[AnsweringModel], example: ChatExample, turns: asyncio.Semaphore
) -> Trial | None:
    """Let both models answer the last turn that is learned; None when one cannot be asked."""
    at = max(index for index, is_trained in enumerate(example.trained) if is_trained)
    try:
        async with turns:
            base, tuned = [await _answered(asker, model, example, at) for model in models]
    except UnderstudyError:
        return None
    asked = [m.content or "" for m in example.messages[:at] if m.role is Role.USER]
    return Trial(
        line=example.line,
        question=asked[-1] if asked else "",
        expected=said(example.messages[at]),
        base=base,
        tuned=tuned,
    )


async def _answered(asker: Asker, model: AnsweringModel, example: ChatExample, at: int) -> Said:
    if not example.is_text:
        return _said(await asker.ask(model, _plan(model, example, at)))
    prompt, completion = (message.content or "" for message in example.messages)
    return Said(text=await asker.complete(model, prompt, like=completion, max_tokens=MAX_TOKENS))


def _plan(model: AnsweringModel, example: ChatExample, at: int) -> AnswerPlan:
    use = ToolUse.MAY if example.tools else ToolUse.NEVER
    is_parallel = example.parallel_tool_calls is not False
    return AnswerPlan(
        model=model.name,
        messages=example.messages[:at],
        tools=example.tools,
        tool_choice=ToolChoice(use=use, names=None, is_parallel=is_parallel),
        temperature=0.0,
        max_tokens=MAX_TOKENS,
    )


def _said(answer: Answer) -> Said:
    choice = answer.choices[0]
    calls = tuple((call.name, call.arguments) for call in choice.tool_calls)
    return Said(text=choice.text, calls=calls)
