"""The result file of a job, `step_metrics.csv`: a table of its steps that its owner downloads."""

import csv
import io
from collections.abc import Sequence

from sqlalchemy.orm import Session

from understudy.storage.blobs import Blob
from understudy.storage.files import NewFile, insert_file
from understudy.storage.tables.jobs import JobRow
from understudy.training.metrics import StepMetrics

_NAME = "step_metrics.csv"
_PURPOSE = "fine-tune-results"
_DECIMALS = 5
_COLUMNS = ("step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy")


def result_table(steps: Sequence[StepMetrics]) -> str:
    """Return the file's content: five decimals, blank where nothing was measured."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for step in steps:
        values = (
            step.train_loss,
            step.train_mean_token_accuracy,
            step.valid_loss,
            step.valid_mean_token_accuracy,
        )
        shown = ["" if value is None else round(value, _DECIMALS) for value in values]
        writer.writerow((step.step, *shown))
    return text.getvalue()


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
