"""The teacher whose probabilities a distillation asks for, checked against its student."""

from typing import Any

from sqlalchemy.orm import Session

from understudy.chat.rendering.same_tokens import token_difference
from understudy.errors import InvalidRequestError
from understudy.jobs.creation import find_starting_point
from understudy.registry.catalogue import Catalogue
from understudy.registry.teaching import Teaching, TeachingWay
from understudy.schemas.distillations import (
    CreateDistillation,
    LearnAnswers,
    LearnProbabilities,
    Questions,
)
from understudy.wording import worded

_ANY_TEACHER = "The method 'answers' takes any teacher."


def teaching_of(
    session: Session, catalogue: Catalogue, project_id: str, request: CreateDistillation
) -> Teaching | None:
    """Return what the job of a distillation learns besides its answers; None where nothing.

    Raises InvalidRequestError where there is no teacher, or none with weights here.
    """
    method = request.method
    if method is None or isinstance(method, LearnAnswers):
        return None
    teacher = request.teacher
    if teacher is None:
        raise InvalidRequestError(
            worded(
                "distill.method_learns_how_likely",
                "The method '{type}' learns how likely a teacher finds every token: "
                "name a model of this server as 'teacher'.",
                type=method.type,
            ),
            code="missing_required_parameter",
            param="teacher",
        )
    if teacher in catalogue.remotes:
        raise InvalidRequestError(
            worded(
                "distill.gives_answers_only_method",
                "{words} gives answers only: the method '{type}' needs its "
                "probability of every token, so its weights have to be on this "
                "server. {any_teacher}",
                words=catalogue.remotes[teacher].words,
                type=method.type,
                any_teacher=_ANY_TEACHER,
            ),
            code="unsupported_value",
            param="teacher",
        )
    try:
        found = find_starting_point(session, catalogue, project_id, teacher)
    except InvalidRequestError as error:
        error.param = "teacher"
        raise
    source = request.source
    shared: dict[str, Any] = {
        "teacher": teacher,
        "base": found.base,
        "directory": found.directory,
        "adapter": found.continued_directory,
        "instructions": source.instructions if isinstance(source, Questions) else None,
    }
    if isinstance(method, LearnProbabilities):
        way = TeachingWay.PROBABILITIES
        return Teaching(
            **shared,
            way=way,
            temperature=method.temperature,
            top_k=method.top_k,
            mix=method.mix,
        )
    return Teaching(**shared, way=TeachingWay.ON_POLICY, max_tokens=method.max_tokens)


def check_teaching(
    session: Session, catalogue: Catalogue, project_id: str, request: CreateDistillation
) -> None:
    """Raise InvalidRequestError where the student cannot learn probabilities of the teacher."""
    teaching = teaching_of(session, catalogue, project_id, request)
    if teaching is None:
        return
    student = find_starting_point(session, catalogue, project_id, request.student)
    difference = token_difference(student.directory, teaching.directory)
    if difference is not None:
        raise InvalidRequestError(
            worded(
                "distill.student_teacher_do_not",
                "The student {student} and the teacher {teacher} do not share a "
                "tokenizer: {difference}. Probabilities are learned token by token, "
                "so take a teacher of the student's family. {any_teacher}",
                student=request.student,
                teacher=teaching.teacher,
                difference=difference,
                any_teacher=_ANY_TEACHER,
            ),
            code="tokenizer_mismatch",
            param="teacher",
        )
