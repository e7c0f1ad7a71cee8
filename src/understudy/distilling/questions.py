"""Questions that a teacher is asked for its student: read from a file, with one system prompt."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from pydantic import ValidationError

from understudy.answering.models import ServedModels
from understudy.answering.plan import plan_chat
from understudy.data.files.json_lines import LineTooLongError, numbered_lines
from understudy.data.files.strict_json import parse_object
from understudy.distilling.captured import Captured
from understudy.errors import InvalidRequestError
from understudy.schemas.chat.request import CreateChatCompletion
from understudy.schemas.distillations import MAX_ANSWERS, CreateDistillation, Questions
from understudy.storage.blobs import BlobStore
from understudy.storage.files.files import get_file
from understudy.wording import worded

_PIECE_BYTES = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question, as a line of the file asks it."""

    line: int
    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]]
    response_format: Mapping[str, Any] | None = None


def check_questions(
    served: ServedModels, blobs: BlobStore, project_id: str, request: CreateDistillation
) -> None:
    """Raise an UnderstudyError when the questions cannot be read or nobody can answer; blocks."""
    if request.teacher is None:
        raise InvalidRequestError(
            worded(
                "distill.name_model_answers_these",
                "Name the model that answers these questions as 'teacher'.",
            ),
            code="missing_required_parameter",
            param="teacher",
        )
    try:
        served.find(project_id, request.teacher)
    except InvalidRequestError as error:
        error.param = "teacher"
        raise
    for question in read_questions(served, blobs, project_id, request):
        plan_chat(request_of(question, request, {}))


def read_questions(
    served: ServedModels, blobs: BlobStore, project_id: str, request: CreateDistillation
) -> Iterator[Question]:
    """Yield the questions of the file in order; blocks.

    An answer at the end of a line, as training files have it, is left out: the teacher gives its
    own. Raises NotFoundError, and InvalidRequestError with the line of what asks nothing.
    """
    source = cast("Questions", request.source)
    limit = min(source.limit or MAX_ANSWERS, MAX_ANSWERS)
    with served.database.read() as session:
        file = get_file(session, project_id, source.file_id)
    number = 0
    with blobs.stored(file.sha256).open("rb") as pieces:
        try:
            for line, text in numbered_lines(iter(lambda: pieces.read(_PIECE_BYTES), b"")):
                if number == limit:
                    return
                number += 1
                yield _question(line, text)
        except LineTooLongError as error:
            raise _unusable(error.number, "is too long") from None
    if number == 0:
        raise InvalidRequestError(
            worded(
                "distill.file_questions_empty",
                "The file of questions is empty.",
            ),
            code="no_rows",
            param="source.file_id",
        )


def asked_messages(question: Question, source: Questions) -> list[dict[str, Any]]:
    """Return what the teacher is asked: the question, after the system prompt if there is one."""
    messages = [dict(message) for message in question.messages]
    if source.instructions is None:
        return messages
    return [{"role": "system", "content": source.instructions}, *messages]


def request_of(
    question: Question, request: CreateDistillation, metadata: Mapping[str, str]
) -> CreateChatCompletion:
    """Return the request that asks the teacher; raises InvalidRequestError with the line."""
    source = cast("Questions", request.source)
    asked: dict[str, Any] = {
        "model": request.teacher,
        "messages": asked_messages(question, source),
        "temperature": 0.0,
        "metadata": dict(metadata),
    }
    if source.max_tokens is not None:
        asked["max_completion_tokens"] = source.max_tokens
    if question.tools:
        asked["tools"] = list(question.tools)
    if question.response_format is not None:
        asked["response_format"] = dict(question.response_format)
    try:
        return CreateChatCompletion.model_validate(asked)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(step) for step in first["loc"] if not str(step).startswith("<"))
        raise _unusable(question.line, f"cannot be asked: '{path}': {first['msg']}") from None


def without_instructions(captured: Captured, source: Questions) -> Captured:
    """Return an answer as the student shall give it: without having read the system prompt."""
    return (
        captured if source.instructions is None else replace(captured, prompt=captured.prompt[1:])
    )


def _question(line: int, text: bytes) -> Question:
    try:
        value = parse_object(text)
    except ValueError as error:
        raise _unusable(line, f"is not a JSON object: {error}") from None
    prompt, messages = value.get("prompt"), value.get("messages")
    if isinstance(prompt, str) and messages is None:
        messages = [{"role": "user", "content": prompt}]
    if not isinstance(messages, list) or not all(isinstance(m, Mapping) for m in messages):
        raise _unusable(line, "has neither 'messages', a list, nor 'prompt', a text")
    known = cast("list[Mapping[str, Any]]", messages)
    if known and known[-1].get("role") == "assistant":
        known = known[:-1]
    if not known:
        raise _unusable(line, "asks nothing")
    tools = value.get("tools") or []
    if not isinstance(tools, list):
        raise _unusable(line, "has 'tools' that are no list")
    form = value.get("response_format")
    if not (form is None or isinstance(form, Mapping)):
        raise _unusable(line, "has a 'response_format' that is no object")
    return Question(
        line=line,
        messages=known,
        tools=cast("list[Mapping[str, Any]]", tools),
        response_format=cast("Mapping[str, Any] | None", form),
    )


def _unusable(line: int, why: str) -> InvalidRequestError:
    return InvalidRequestError(
        worded(
            "distill.line_questions",
            "Line {line} of the questions {why}.",
            line=line,
            why=why,
        ),
        code="invalid_line",
        param="source.file_id",
    )
