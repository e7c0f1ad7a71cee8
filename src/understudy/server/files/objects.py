"""Files, their divisions and uploads as the objects that stand on the wire."""

from dataclasses import asdict
from typing import Literal, cast

from understudy.data.repair.diagnosis import Diagnosis
from understudy.data.splitting.split import Split
from understudy.schemas.files.files import RESULT_PURPOSE, FileObject
from understudy.schemas.files.repairs import FaultPlace, FileFault, FileFaults
from understudy.schemas.files.splits import FileSplitPlan, SplitKind
from understudy.schemas.files.uploads import Upload, UploadPart, UploadStatus
from understudy.schemas.wording import wording_object
from understudy.storage.tables.projects import FileRow
from understudy.storage.tables.uploads import UploadPartRow, UploadRow


def file_object(row: FileRow, *, results_as_base64: bool) -> FileObject:
    """Write a file; `bytes` is what its download will bring."""
    as_base64 = is_encoded(row, results_as_base64=results_as_base64)
    return FileObject(
        id=row.id,
        purpose=row.purpose,
        filename=row.filename,
        bytes=download_length(row, as_base64=as_base64),
        created_at=row.created_at,
        expires_at=row.expires_at,
        status=cast(Literal["processed", "error"], row.status),
        status_details=row.status_details,
    )


def is_encoded(row: FileRow, *, results_as_base64: bool) -> bool:
    """Say whether a download of the file brings base64: a job's results may."""
    return results_as_base64 and row.purpose == RESULT_PURPOSE


def download_length(row: FileRow, *, as_base64: bool) -> int:
    """Return how many bytes a download of the file brings."""
    return -(-row.bytes // 3) * 4 if as_base64 else row.bytes


def upload_object(row: UploadRow, file: FileRow | None, *, results_as_base64: bool) -> Upload:
    """Write an upload, with its file once it is completed."""
    return Upload(
        id=row.id,
        bytes=row.bytes,
        created_at=row.created_at,
        filename=row.filename,
        purpose=row.purpose,
        status=UploadStatus(row.status),
        expires_at=row.expires_at,
        file=None if file is None else file_object(file, results_as_base64=results_as_base64),
    )


def part_object(row: UploadPartRow) -> UploadPart:
    """Write a part of an upload."""
    return UploadPart(id=row.id, created_at=row.created_at, upload_id=row.upload_id)


def split_plan_object(file_id: str, made: Split) -> FileSplitPlan:
    """Write how a file would be divided, or was."""
    return FileSplitPlan(
        file_id=file_id,
        training_examples=len(made.training),
        validation_examples=len(made.validation),
        kinds=[SplitKind(**asdict(kind)) for kind in made.kinds],
        groups=made.groups,
        largest_group=made.largest_group,
        shared=made.shared,
    )


def faults_object(file_id: str, found: Diagnosis) -> FileFaults:
    """Write what is wrong with a file."""
    return FileFaults(
        file_id=file_id,
        encoding=found.encoding,
        form=found.form.value,
        rows=found.rows,
        good_rows=found.good,
        repairs=found.repairs,
        unrepaired_rows=found.unrepaired,
        faults=[
            FileFault(
                line=fault.line,
                code=fault.code,
                message=fault.message,
                field=fault.field,
                shown=FaultPlace(**fault.shown._asdict()),
                is_repaired=fault.is_repaired,
                repaired=fault.repaired,
                value=fault.value,
                wording=wording_object(fault.message),
            )
            for fault in found.faults
        ],
    )
