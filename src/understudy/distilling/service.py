"""What a project can do with distillations: preview, create, look at, list and cancel them."""

from collections.abc import Callable, Iterator

from understudy.answering.models import ServedModels
from understudy.distilling.captured import Captured, read_captured, read_selected
from understudy.distilling.choosing import choose
from understudy.distilling.dataset import counts_of, gather
from understudy.distilling.questions import check_questions
from understudy.distilling.record import UNFINISHED, DistillationStatus, end
from understudy.distilling.teaching import check_teaching
from understudy.distilling.terms import check_teacher, why_forbidden
from understudy.errors import InvalidRequestError
from understudy.graders.build import GraderContext, build_grader
from understudy.ids import new_id
from understudy.jobs import texts
from understudy.jobs.creation import find_starting_point
from understudy.jobs.ending import finish
from understudy.jobs.lifecycle import Desired, JobStatus, can_move
from understudy.schemas.distillations import (
    MAX_ANSWERS,
    CreateDistillation,
    DistillationPreview,
    Questions,
    SelectedAnswers,
)
from understudy.schemas.lists import Cursor
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.distillations import get_distillation, list_distillations
from understudy.storage.idempotency import Repeatable, once
from understudy.storage.jobs.events import NewEvent
from understudy.storage.jobs.jobs import lock_job_of_project
from understudy.storage.paging import Page
from understudy.storage.tables.distillations import DistillationRow
from understudy.wording import worded

_PREVIEWED = 5


def answers_of(db: Database, project_id: str, request: CreateDistillation) -> Iterator[Captured]:
    """Return the stored answers that a distillation selects, the newest first.

    Raises InvalidRequestError when teacher and source name two models, `limit` is too large, or
    the answers are to questions that nobody was asked yet; NotFoundError for a selected answer that
    is not stored.
    """
    source = request.source
    if isinstance(source, Questions):
        raise InvalidRequestError(
            worded(
                "distill.teacher_asked_these_questions",
                "The teacher is asked these questions when the distillation runs, so "
                "there is nothing to preview yet.",
            ),
            code="invalid_value",
            param="source.type",
        )
    if isinstance(source, SelectedAnswers):
        return read_selected(db, project_id, source.ids, teacher=request.teacher)
    if request.teacher is not None and source.model not in (None, request.teacher):
        raise InvalidRequestError(
            worded(
                "distill.teacher_but_ource_model",
                "'teacher' is '{teacher}', but 'source.model' is '{model}'. Name the model once.",
                teacher=request.teacher,
                model=source.model,
            ),
            code="invalid_value",
            param="teacher",
        )
    limit = source.limit or MAX_ANSWERS
    if limit > MAX_ANSWERS:
        raise InvalidRequestError(
            worded(
                "distill.ource_limit_but_one",
                "'source.limit' is {limit:,}, but one distillation looks at "
                "{max_answers:,} stored answers at most. Select fewer, by metadata "
                "or by date.",
                limit=limit,
                max_answers=MAX_ANSWERS,
            ),
            code="invalid_value",
            param="source.limit",
        )
    return read_captured(db, project_id, source, teacher=request.teacher, limit=limit)


def preview(
    served: ServedModels,
    project_id: str,
    request: CreateDistillation,
    check_stop: Callable[[], None],
) -> DistillationPreview:
    """Say what would be learned, and make nothing; no grader is asked. Blocks."""
    check_teacher(served, project_id, request.teacher)
    remotes = served.catalogue().remotes
    gathered = gather(
        answers_of(served.database, project_id, request),
        keep_refusals=request.keep_refusals,
        redact=request.redact,
        why_forbidden=lambda model: why_forbidden(remotes, model),
        check_stop=check_stop,
    )
    choice = choose(gathered.candidates, at_least=None, deduplicate=request.deduplicate)
    return DistillationPreview(
        counts=counts_of(gathered, choice),
        examples=[dict(each.captured.line) for each in choice.kept[:_PREVIEWED]],
    )


async def check_graders(request: CreateDistillation, context: GraderContext) -> None:
    """Raise an UnderstudyError with the path of a grader that cannot be built."""
    if request.keep_if is not None:
        await build_grader(request.keep_if.grader, context, param="keep_if.grader")
    for index, given in enumerate(request.testing_criteria or ()):
        await build_grader(given, context, param=f"testing_criteria[{index}]")


def create(
    served: ServedModels,
    blobs: BlobStore,
    project_id: str,
    request: CreateDistillation,
    *,
    organization: str,
    days: int,
    report_address: str,
    mark: Repeatable,
) -> DistillationRow:
    """Queue a distillation, or return the one that the same request created before.

    Raises InvalidRequestError for a student that cannot be trained, for a teacher whose
    probabilities it cannot learn, for a selection that leaves nothing at all to look at, and for
    questions that cannot be asked; PermissionDeniedError for a teacher whose answers may not be
    learned.
    """
    db = served.database
    check_teacher(served, project_id, request.teacher)
    if isinstance(request.source, Questions):
        check_questions(served, blobs, project_id, request)
    elif next(answers_of(db, project_id, request), None) is None:
        raise InvalidRequestError(
            worded(
                "distill.no_stored_answer_fits",
                "No stored answer fits this selection. Completions are stored when a "
                "request says 'store': true, responses unless it says false, each "
                "for its days.",
            ),
            code="no_rows",
            param="source",
        )
    with db.read() as session:
        check_teaching(session, served.catalogue(), project_id, request)
    with db.write() as session:
        now = int(db.now(session))

        def make() -> DistillationRow:
            find_starting_point(session, served.catalogue(), project_id, request.student)
            row = DistillationRow(
                id=new_id("distil-"),
                project_id=project_id,
                status=DistillationStatus.QUEUED,
                created_at=now,
                organization=organization,
                days=days,
                report_address=report_address,
                request=request.model_dump(mode="json", exclude_none=True),
                runs={},
            )
            session.add(row)
            session.flush()
            return row

        return once(
            session,
            project_id,
            mark,
            now=now,
            find=lambda id: get_distillation(session, project_id, id),
            make=make,
        )


def get(db: Database, project_id: str, distillation_id: str) -> DistillationRow:
    """Return a project's distillation; raises NotFoundError."""
    with db.read() as session:
        return get_distillation(session, project_id, distillation_id)


def list_(db: Database, project_id: str, cursor: Cursor) -> Page[DistillationRow]:
    """Return one page of a project's distillations."""
    with db.read() as session:
        return list_distillations(session, project_id, cursor)


def cancel(db: Database, project_id: str, distillation_id: str) -> DistillationRow:
    """Cancel a distillation and its job; the files that it made stay.

    Raises InvalidRequestError when it has ended already.
    """
    with db.write() as session:
        row = get_distillation(session, project_id, distillation_id)
        if row.status not in UNFINISHED:
            raise InvalidRequestError(
                worded(
                    "distill.cannot_cancel_distillation_already",
                    'Cannot cancel the distillation {id}: it already has status "{status}".',
                    id=row.id,
                    status=row.status,
                ),
                param="distillation_id",
            )
        now = db.now(session)
        end(row, DistillationStatus.CANCELLED, now)
        job = row.job_id and lock_job_of_project(session, project_id, row.job_id)
        if job and can_move(JobStatus(job.status), JobStatus.CANCELLED):
            job.desired = Desired.CANCEL
            event = NewEvent(key="cancelled", message=texts.CANCELLED, data={})
            finish(session, job, JobStatus.CANCELLED, event, now=now)
        return row
