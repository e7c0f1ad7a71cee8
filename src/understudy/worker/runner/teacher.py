"""Asks a teacher the questions of a distillation and stores its answers, each question once."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any, cast

from pydantic import ValidationError

from understudy.answering.asking import Asker, generate_patiently
from understudy.answering.chat.stored import completion_row
from understudy.answering.chat.writer import ChatDraft, whole_completion
from understudy.answering.models import AnsweringModel
from understudy.answering.plan import plan_chat
from understudy.answering.prompt import make_any_prompt
from understudy.distilling.captured import read_answers_of
from understudy.distilling.questions import Question, asked_messages, read_questions
from understudy.distilling.steps import StepContext
from understudy.errors import InvalidRequestError
from understudy.ids import new_request_id
from understudy.schemas.chat.request import CreateChatCompletion
from understudy.schemas.distillations import MAX_ANSWERS, CreateDistillation, Questions
from understudy.storage.tables.distillations import DistillationRow

_AT_ONCE = 16
_LINE = "question"


def pairs_of(row: DistillationRow) -> dict[str, str]:
    """Return the metadata of the answers that were given for a distillation."""
    return {"distillation": row.id}


async def ask_teacher(
    context: StepContext, asker: Asker, row: DistillationRow, request: CreateDistillation
) -> None:
    """Ask every question that has no stored answer yet; the answers are stored as they come.

    Raises an UnderstudyError for a question that cannot be asked, and when the teacher is away for
    longer than the asker waits.
    """
    teacher = await asker.find(row.project_id, str(request.teacher))
    answered = await asyncio.to_thread(_answered, context, row)
    todo = iter(await asyncio.to_thread(_todo, context, row, request, answered))

    async def ask_some() -> None:
        # All share one iterator: whoever is free takes the next question.
        for question in todo:
            await _ask(context, asker, row, request, teacher, question)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(ask_some())
    except BaseExceptionGroup as problems:
        raise problems.exceptions[0] from problems


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
    body = _body(row, request, question)
    plan = plan_chat(body)
    prompt = await asyncio.to_thread(make_any_prompt, plan, teacher)
    request_id = new_request_id()
    pieces = generate_patiently(asker.engine, plan, prompt, request_id, asker.patience)
    async with aclosing(pieces):
        answer = await whole_completion(ChatDraft(prompt, plan), pieces)
    stored = completion_row(
        body, answer, project_id=row.project_id, request_id=request_id, days=row.days
    )

    def insert() -> None:
        with context.served.database.write() as session:
            session.add(stored)

    await asyncio.to_thread(insert)


def _body(
    row: DistillationRow, request: CreateDistillation, question: Question
) -> CreateChatCompletion:
    source = cast("Questions", request.source)
    asked: dict[str, Any] = {
        "model": request.teacher,
        "messages": asked_messages(question, source),
        "temperature": 0.0,
        "metadata": {**pairs_of(row), _LINE: str(question.line)},
    }
    if question.tools:
        asked["tools"] = list(question.tools)
    if question.response_format is not None:
        asked["response_format"] = dict(question.response_format)
    try:
        return CreateChatCompletion.model_validate(asked)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(step) for step in first["loc"] if not str(step).startswith("<"))
        raise InvalidRequestError(
            f"Line {question.line} of the questions cannot be asked: '{path}': {first['msg']}",
            code="invalid_line",
            param="source.file_id",
        ) from None
