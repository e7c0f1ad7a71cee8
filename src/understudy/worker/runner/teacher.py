"""Asks a teacher the questions of a distillation and stores its answers, each question once."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing

from understudy.answering.asking import Asker, generate_patiently
from understudy.answering.chat.stored import completion_row
from understudy.answering.chat.writer import ChatDraft, whole_completion
from understudy.answering.models import AnsweringModel
from understudy.answering.plan import plan_chat
from understudy.answering.prompt import make_any_prompt
from understudy.distilling.captured import read_answers_of
from understudy.distilling.questions import Question, read_questions, request_of
from understudy.distilling.steps import StepContext
from understudy.errors import InvalidRequestError
from understudy.ids import new_request_id
from understudy.schemas.distillations import MAX_ANSWERS, CreateDistillation
from understudy.storage.tables.distillations import DistillationRow

_AT_ONCE = 16
_MAX_REFUSED_AT_FIRST = 20
"""So many refusals and no answer: not the questions are wrong, but how they are asked."""
_LINE = "question"


def pairs_of(row: DistillationRow) -> dict[str, str]:
    """Return the metadata of the answers that were given for a distillation."""
    return {"distillation": row.id}


async def ask_teacher(
    context: StepContext, asker: Asker, row: DistillationRow, request: CreateDistillation
) -> dict[int, str]:
    """Ask every question that has no stored answer yet; the answers are stored as they come.

    Returns the lines of questions that the teacher refuses, each with its reason. Raises an
    UnderstudyError when it answers none and refuses many, and when it is away for longer than the
    asker waits.
    """
    teacher = await asker.find(row.project_id, str(request.teacher))
    answered = await asyncio.to_thread(_answered, context, row)
    todo = iter(await asyncio.to_thread(_todo, context, row, request, answered))
    refused: dict[int, str] = {}

    async def ask_some() -> None:
        # All share one iterator: whoever is free takes the next question.
        for question in todo:
            try:
                await _ask(context, asker, row, request, teacher, question)
                answered.add(str(question.line))
            except InvalidRequestError as error:
                refused[question.line] = error.message
                if not answered and len(refused) >= _MAX_REFUSED_AT_FIRST:
                    raise

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(ask_some())
    except BaseExceptionGroup as problems:
        raise problems.exceptions[0] from problems
    return refused


def _answered(context: StepContext, row: DistillationRow) -> set[str]:
    answers = read_answers_of(
        context.served.database, row.project_id, pairs_of(row), limit=MAX_ANSWERS
    )
    return {each.metadata[_LINE] for each in answers}


def _todo(
    context: StepContext, row: DistillationRow, request: CreateDistillation, answered: set[str]
) -> list[Question]:
    questions: Iterator[Question] = read_questions(
        context.served, context.blobs, row.project_id, request
    )
    return [each for each in questions if str(each.line) not in answered]


async def _ask(
    context: StepContext,
    asker: Asker,
    row: DistillationRow,
    request: CreateDistillation,
    teacher: AnsweringModel,
    question: Question,
) -> None:
    pairs = {**pairs_of(row), _LINE: str(question.line)}
    body = request_of(question, request, pairs)
    plan = plan_chat(body)
    prompt = await asyncio.to_thread(make_any_prompt, plan, teacher)
    request_id = new_request_id()
    pieces = generate_patiently(asker.engine, plan, prompt, request_id, asker.patience)
    draft = ChatDraft(prompt, plan)
    async with aclosing(pieces):
        answer = await whole_completion(draft, pieces)
    stored = completion_row(
        body,
        answer,
        project_id=row.project_id,
        request_id=request_id,
        days=row.days,
        remote_model=draft.remote_model,
    )

    def insert() -> None:
        with context.served.database.write() as session:
            session.add(stored)

    await asyncio.to_thread(insert)
