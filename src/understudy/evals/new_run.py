"""A validated run request: its model and templates checked, its rows read, checked and stored."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from understudy.answering.models import ServedModels
from understudy.errors import InvalidRequestError
from understudy.evals.criteria import SWITCHED_OFF, in_use
from understudy.evals.data_schema import check_variables
from understudy.evals.questions import QuestionTemplate, question_template_of
from understudy.evals.row_checks import MAX_ROWS, check_count, check_row, checked_lines
from understudy.evals.rows_file import DataRow, row_of, written
from understudy.evals.status import RunStatus
from understudy.evals.stored_rows import completion_rows, response_rows
from understudy.ids import new_id
from understudy.schemas.evals.runs import (
    CreateEvalRun,
    FileContent,
    FileReference,
    InlineRow,
    JsonlDataSource,
    StoredCompletions,
    StoredResponses,
)
from understudy.storage.answers.filters import ResponseFilter, StoredFilter
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.evals.evals import get_eval
from understudy.storage.files.files import get_file
from understudy.storage.tables.evals import EvalRow, EvalRunRow
from understudy.wording import worded

Source = FileContent | FileReference | StoredCompletions | StoredResponses

_SOURCE = "data_source.source"
_PIECE_BYTES = 256 * 1024
_MAX_FILE_BYTES = 256 * 1024 * 1024
_DEFAULT_STORED = 1_000


def new_run(
    served: ServedModels,
    blobs: BlobStore,
    project_id: str,
    eval_id: str,
    body: CreateEvalRun,
    *,
    report_address: str,
) -> EvalRunRow:
    """Return the run that `body` asks for, its rows stored as a blob; blocks.

    `report_address` is the dashboard's, to which the path of the run is added.

    Raises an UnderstudyError with the path of what is wrong: the model, a template, the sampling,
    a row that breaks the eval's schema, data that is not there.
    """
    with served.database.read() as session:
        owner = get_eval(session, project_id, eval_id)
    _check_criteria(owner)
    source = body.data_source
    template = None if isinstance(source, JsonlDataSource) else question_template_of(source)
    if template is not None:
        _check_template(served, owner, template)
    reader = _Rows(database=served.database, blobs=blobs, owner=owner, is_graded=template is None)
    rows = reader.of(source.source)
    count = _Counted(_with_samples(rows, owner) if template is None else rows)
    repeats = body.repeats or 1
    if repeats > 1:
        _check_repeats(template)
    blob = blobs.write(map(written, count))
    check_count(count.count * repeats, "repeats" if repeats > 1 else _SOURCE)
    run_id = new_id("evalrun_")
    criteria = [criterion["id"] for criterion in in_use(owner.testing_criteria)]
    return EvalRunRow(
        id=run_id,
        eval_id=owner.id,
        project_id=owner.project_id,
        name=body.name or f"{owner.name}, {template.model if template else 'stored answers'}"[:512],
        model=template.model if template is not None else "",
        status=RunStatus.QUEUED,
        pairs=body.metadata or {},
        data_source=source.model_dump(mode="json", exclude_unset=True),
        rows_blob=blob.sha256,
        report_url=f"{report_address}/evals/{owner.id}/runs/{run_id}",
        repeats=repeats,
        total=count.count * repeats,
        passed=0,
        failed=0,
        errored=0,
        criteria={criterion: {"passed": 0, "failed": 0} for criterion in criteria},
        usage={},
    )


def _check_criteria(owner: EvalRow) -> None:
    if not in_use(owner.testing_criteria):
        raise InvalidRequestError(
            worded(
                "evals.all_criteria_switched_off",
                "All criteria of {id} are switched off, so there is nothing to judge "
                "by: {testing_criteria}",
                id=owner.id,
                testing_criteria=owner.testing_criteria[0][SWITCHED_OFF],
            ),
            code="no_criteria",
        )


def _check_repeats(template: QuestionTemplate | None) -> None:
    """Refuse to ask again where the answer would be the same."""
    if template is None:
        why = "the data bring their answers, so no model is asked"
    elif template.settings.get("temperature") == 0:
        why = "at a temperature of 0 every answer is the same; set a higher one"
    else:
        return
    raise InvalidRequestError(
        worded(
            "evals.repeats",
            "Invalid 'repeats': {why}.",
            why=why,
        ),
        code="invalid_value",
        param="repeats",
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
                worded(
                    "evals.no_stored_answer_fits",
                    "No stored answer fits the conditions of this source, so there "
                    "is nothing to run.",
                ),
                code="no_rows",
                param=_SOURCE,
            )


def _check_template(served: ServedModels, owner: EvalRow, template: QuestionTemplate) -> None:
    """Find out now what would otherwise break in every item."""
    schema: Mapping[str, Any] = owner.data_source_config["schema"]
    for param, variable in template.variables:
        if variable.root == "sample":
            raise InvalidRequestError(
                worded(
                    "evals.messages_made_before_there",
                    "Invalid '{param}': messages are made before there is a sample, "
                    "so they can only name variables of the item, not '{variable}'.",
                    param=param,
                    variable=str(variable),
                ),
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
    # Measuring a model that is held is how one finds out whether to release it.
    served.for_examination.find(owner.project_id, template.model)


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """The rows of every kind of source, as one eval's runs have them."""

    database: Database
    blobs: BlobStore
    owner: EvalRow
    is_graded: bool
    """Whether stored answers are graded as they are, and not only asked again."""

    def of(self, source: Source) -> Iterator[DataRow]:
        match source:
            case FileContent():
                return self._inline(source.content)
            case FileReference():
                return self._of_file(source.id)
            case StoredCompletions():
                return self._of_completions(source)
            case StoredResponses():
                return self._of_responses(source)

    def _inline(self, rows: Sequence[InlineRow]) -> Iterator[DataRow]:
        for index, row in enumerate(rows):
            param = f"{_SOURCE}.content[{index}]"
            value = row.model_dump(exclude_none=True)
            check_row(value, self._schema, f"Line {index + 1} of the content", param)
            yield DataRow(item=row.item, sample=row.sample)

    def _of_file(self, file_id: str) -> Iterator[DataRow]:
        with self.database.read() as session:
            file = get_file(session, self.owner.project_id, file_id)
        if file.bytes > _MAX_FILE_BYTES:
            raise InvalidRequestError(
                worded(
                    "evals.files_up_mb_can",
                    "Files of up to {max_file_bytes} MB can be run; divide this one.",
                    max_file_bytes=_MAX_FILE_BYTES // 1024**2,
                ),
                code="file_too_large",
                param=f"{_SOURCE}.id",
            )
        with self.blobs.stored(file.sha256).open("rb") as pieces:
            chunks = iter(lambda: pieces.read(_PIECE_BYTES), b"")
            for value in checked_lines(chunks, self._schema, f"{_SOURCE}.id"):
                yield row_of(value)

    def _of_completions(self, source: StoredCompletions) -> Iterator[DataRow]:
        conditions = StoredFilter(
            model=source.model,
            metadata=source.metadata or {},
            created_after=source.created_after,
            created_before=source.created_before,
        )
        with self.database.read() as session:
            yield from completion_rows(
                session,
                self.owner.project_id,
                conditions,
                limit=_limit(source.limit),
                is_graded=self.is_graded,
            )

    def _of_responses(self, source: StoredResponses) -> Iterator[DataRow]:
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
        with self.database.read() as session:
            yield from response_rows(
                session,
                self.owner.project_id,
                conditions,
                tools=source.tools or (),
                limit=_limit(source.limit),
                is_graded=self.is_graded,
            )

    @property
    def _schema(self) -> dict[str, Any]:
        return self.owner.data_source_config["schema"]


def _limit(asked: int | None) -> int:
    return min(asked or _DEFAULT_STORED, MAX_ROWS)


def _with_samples(rows: Iterator[DataRow], owner: EvalRow) -> Iterator[DataRow]:
    """Refuse rows without an answer when the eval's graders look at answers."""
    needs_sample = "sample" in owner.data_source_config["schema"]["properties"]
    for number, row in enumerate(rows, start=1):
        if needs_sample and row.sample is None:
            raise InvalidRequestError(
                worded(
                    "evals.line_data_no_ample",
                    "Line {number} of the data has no 'sample' to be graded. Bring "
                    "the answers with the rows, or let a model be sampled: "
                    "data_source.type 'completions' with 'model' and "
                    "'input_messages'.",
                    number=number,
                ),
                code="missing_sample",
                param="data_source",
            )
        yield row
