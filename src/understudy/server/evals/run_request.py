"""What a request to run an eval asks for: its rows, checked and stored, and how they are asked."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from understudy.errors import InvalidRequestError
from understudy.evals.data_schema import check_variables
from understudy.evals.questions import QuestionTemplate, question_template_of
from understudy.evals.row_checks import MOST_ROWS, check_row, checked_lines
from understudy.evals.rows_file import DataRow, write_rows
from understudy.evals.stored_rows import completion_rows, response_rows
from understudy.schemas.evals.runs import (
    CreateEvalRun,
    FileContent,
    FileReference,
    InlineRow,
    JsonlDataSource,
    StoredCompletions,
    StoredResponses,
)
from understudy.server.services import Services
from understudy.storage.answers.filters import ResponseFilter, StoredFilter
from understudy.storage.evals.evals import get_eval
from understudy.storage.evals.runs import NewRun
from understudy.storage.files import get_file
from understudy.storage.tables.evals import EvalRow

_SOURCE = "data_source.source"
_PIECE_BYTES = 256 * 1024
_LARGEST_FILE_BYTES = 256 * 1024 * 1024
_DEFAULT_STORED = 1_000


def new_run(
    services: Services, project_id: str, eval_id: str, body: CreateEvalRun, report_address: str
) -> NewRun:
    """Return the run that `body` asks for, its rows stored as a blob; blocks.

    Raises an UnderstudyError with the path of what is wrong: the model, a template, the sampling,
    a row that breaks the eval's schema, data that is not there.
    """
    with services.database.read() as session:
        owner = get_eval(session, project_id, eval_id)
    source = body.data_source
    template = None if isinstance(source, JsonlDataSource) else question_template_of(source)
    if template is not None:
        _check_template(services, project_id, owner, template)
    rows = _rows(services, project_id, owner, source, is_graded=template is None)
    count = _Counted(_with_samples(rows, owner) if template is None else rows)
    blob = services.blobs.write(write_rows(count))
    return NewRun(
        name=body.name or f"{owner.name}, {template.model if template else 'stored answers'}"[:512],
        model=template.model if template is not None else "",
        metadata=body.metadata or {},
        data_source=source.model_dump(mode="json", exclude_unset=True),
        rows_blob=blob.sha256,
        total=count.count,
        report_address=report_address,
    )


class _Counted:
    """Rows that are counted as they go by; none at all are refused."""

    def __init__(self, rows: Iterator[DataRow]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[DataRow]:
        for row in self._rows:
            self.count += 1
            yield row
        if self.count == 0:
            raise InvalidRequestError(
                "No stored answer fits the conditions of this source, so there is nothing to run.",
                code="no_rows",
                param=_SOURCE,
            )


def _check_template(
    services: Services, project_id: str, owner: EvalRow, template: QuestionTemplate
) -> None:
    """Find out now what would otherwise break in every item."""
    schema: Mapping[str, Any] = owner.data_source_config["schema"]
    for param, variable in template.variables:
        if variable.root == "sample":
            raise InvalidRequestError(
                f"Invalid '{param}': messages are made before there is a sample, so they can only "
                f"name variables of the item, not '{variable}'.",
                code="invalid_variable",
                param=param,
            )
        check_variables(schema, [variable], param)
    try:
        template.check_settings()
    except InvalidRequestError as error:
        place = "data_source.sampling_params"
        error.param = f"{place}.{error.param}" if error.param else place
        raise
    services.served.find(project_id, template.model)


def _rows(
    services: Services, project_id: str, owner: EvalRow, source: Any, *, is_graded: bool
) -> Iterator[DataRow]:
    match source.source:
        case FileContent():
            return _inline(source.source.content, owner)
        case FileReference():
            return _of_file(services, project_id, source.source.id, owner)
        case StoredCompletions():
            return _of_completions(services, project_id, source.source, is_graded=is_graded)
        case StoredResponses():
            return _of_responses(services, project_id, source.source, is_graded=is_graded)
        case _:
            raise AssertionError("every source is one of these")


def _inline(rows: Sequence[InlineRow], owner: EvalRow) -> Iterator[DataRow]:
    schema = owner.data_source_config["schema"]
    for index, row in enumerate(rows):
        param = f"{_SOURCE}.content[{index}]"
        value = row.model_dump(exclude_none=True)
        check_row(value, schema, f"Line {index + 1} of the content", param)
        yield DataRow(item=row.item, sample=row.sample)


def _of_file(
    services: Services, project_id: str, file_id: str, owner: EvalRow
) -> Iterator[DataRow]:
    with services.database.read() as session:
        file = get_file(session, project_id, file_id)
    if file.bytes > _LARGEST_FILE_BYTES:
        raise InvalidRequestError(
            f"Files of up to {_LARGEST_FILE_BYTES // 1024**2} MB can be run; divide this one.",
            code="file_too_large",
            param=f"{_SOURCE}.id",
        )
    with services.blobs.path(file.sha256).open("rb") as pieces:
        chunks = iter(lambda: pieces.read(_PIECE_BYTES), b"")
        schema = owner.data_source_config["schema"]
        for value in checked_lines(chunks, schema, f"{_SOURCE}.id"):
            yield DataRow(item=value["item"], sample=value.get("sample"))


def _of_completions(
    services: Services, project_id: str, source: StoredCompletions, *, is_graded: bool
) -> Iterator[DataRow]:
    conditions = StoredFilter(
        model=source.model,
        metadata=source.metadata or {},
        created_after=source.created_after,
        created_before=source.created_before,
    )
    limit = min(source.limit or _DEFAULT_STORED, MOST_ROWS)
    with services.database.read() as session:
        yield from completion_rows(
            session, project_id, conditions, limit=limit, is_graded=is_graded
        )


def _of_responses(
    services: Services, project_id: str, source: StoredResponses, *, is_graded: bool
) -> Iterator[DataRow]:
    conditions = ResponseFilter(
        model=source.model,
        metadata=source.metadata or {},
        created_after=source.created_after,
        created_before=source.created_before,
        instructions_contain=source.instructions_search,
        users=tuple(source.users or ()),
        temperature=source.temperature,
        top_p=source.top_p,
        reasoning_effort=source.reasoning_effort,
    )
    limit = min(source.limit or _DEFAULT_STORED, MOST_ROWS)
    with services.database.read() as session:
        yield from response_rows(
            session,
            project_id,
            conditions,
            tools=source.tools or (),
            limit=limit,
            is_graded=is_graded,
        )


def _with_samples(
    rows: Iterator[DataRow],
    owner: EvalRow,
) -> Iterator[DataRow]:
    """Refuse rows without an answer when the eval's graders look at answers."""
    needs_sample = "sample" in owner.data_source_config["schema"]["properties"]
    for number, row in enumerate(rows, start=1):
        if needs_sample and row.sample is None:
            raise InvalidRequestError(
                f"Line {number} of the data has no 'sample' to be graded. Bring the answers with "
                "the rows, or let a model be sampled: data_source.type 'completions' with 'model' "
                "and 'input_messages'.",
                code="missing_sample",
                param="data_source",
            )
        yield row
