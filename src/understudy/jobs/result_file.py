"""The result file of a job, `step_metrics.csv`: a table of its steps that its owner downloads."""

import csv
import io
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from understudy.storage.blobs import Blob
from understudy.storage.files.files import NewFile, insert_file
from understudy.storage.tables.jobs import JobRow
from understudy.training.metrics import StepMetrics

_NAME = "step_metrics.csv"
_PURPOSE = "fine-tune-results"
_DECIMALS = 5
_COLUMNS = {
    "step": "step",
    "train_loss": "train_loss",
    "train_accuracy": "train_mean_token_accuracy",
    "valid_loss": "valid_loss",
    "valid_mean_token_accuracy": "valid_mean_token_accuracy",
}
"""Columns of supervised jobs, in OpenAI's words → metrics."""
_OF_PAIRS = ("step", "train_loss", "valid_loss", "full_valid_loss")
"""Columns of jobs over pairs, before those that only they measure."""


def result_table(steps: Sequence[StepMetrics]) -> str:
    """Return the file's content: five decimals, blank where nothing was measured."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = _columns(steps)
    writer.writerow(columns)
    for step in steps:
        measured = step.measured()
        values = [measured.get(metric) for metric in columns.values()]
        writer.writerow("" if value is None else round(value, _DECIMALS) for value in values)
    return text.getvalue()


_OF_REWARDS = ("step", "train_loss")
"""Columns of jobs over graded answers, before those that only they measure."""


def _columns(steps: Sequence[StepMetrics]) -> Mapping[str, str]:
    more = sorted({name for step in steps for name in step.more})
    first = _OF_REWARDS if "train_mean_reward" in more else _OF_PAIRS
    return {name: name for name in (*first, *more)} if more else _COLUMNS


def insert_result_file(session: Session, job: JobRow, content: Blob, *, now: int) -> None:
    """Give the job's owner the stored table as a file, and name it in the job."""
    new = NewFile(
        project_id=job.project_id,
        purpose=_PURPOSE,
        filename=_NAME,
        blob=content,
        created_at=now,
    )
    job.result_file = insert_file(session, new).id
