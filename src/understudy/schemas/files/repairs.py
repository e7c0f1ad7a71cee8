"""What is wrong with an upload, and the request to repair it, on our own routes below /v1/x/."""

from collections.abc import Sequence
from typing import Literal

from understudy.schemas.base import StrictRequest, WireObject
from understudy.schemas.files.files import FileObject
from understudy.schemas.fine_tuning.jobs import MethodName
from understudy.schemas.wording import WordingField


class FaultPlace(WireObject):
    """A piece of a line with the place of a fault; all are empty for a fault of the whole file."""

    before: str
    marked: str
    after: str


class FileFault(WireObject):
    """One thing that is wrong with a file."""

    line: int
    code: str
    """The kind of repair, or what is wrong where there is none."""
    message: str
    """Why; empty where the code says all."""
    field: str
    shown: FaultPlace
    is_repaired: bool
    """Whether a repair removes it."""
    repaired: str
    """How the line or the place would read; empty for a line that is left out."""
    value: str
    """What the code is about: the encoding of the file or of a line."""
    wording: WordingField = None


class FileFaults(WireObject):
    """Everything that is wrong with a file; the first thousand are described."""

    object: Literal["x.file.faults"] = "x.file.faults"
    file_id: str
    encoding: str
    form: Literal["lines", "array", "objects", "table"]
    rows: int
    good_rows: int
    """Rows that a job takes, as they are or repaired."""
    repairs: int
    unrepaired_rows: int
    """Rows that nothing repairs."""
    faults: Sequence[FileFault]


class RepairFile(StrictRequest):
    """How to repair a file."""

    method: MethodName = "supervised"
    """What the file is for."""
    leave_out_rest: bool = False
    """Leave out the rows that nothing repairs; otherwise a file with such rows is refused."""


class FileRepair(WireObject):
    """A file repaired: a new training file; the first one stays as it is."""

    object: Literal["x.file.repair"] = "x.file.repair"
    file_id: str
    repaired_file: FileObject
    faults: FileFaults
