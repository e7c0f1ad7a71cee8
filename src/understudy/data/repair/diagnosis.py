"""A whole upload looked through: every fault with its place and repair, and the file repaired."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from understudy.data.files.formats import UNEXPECTED_FORMAT, FileFormat, Method, format_of
from understudy.data.files.parse import parse_chat_file, parse_file
from understudy.data.files.problems import INVALID_FORMAT, Problem, ProblemCode
from understudy.data.files.strict_json import parse_object
from understudy.data.files.unreadable import bare_reason
from understudy.data.images.sources import LookedAtImages
from understudy.data.repair.changes import Change, Repair, repaired_row
from understudy.data.repair.encodings import DecodedFile, decode
from understudy.data.repair.places import Excerpt, excerpt, field_place, syntax_place
from understudy.data.repair.rows import Form, SourceRow, form_of_file, rows_of
from understudy.errors import InvalidRequestError
from understudy.wording import Sentence, worded

MAX_FAULTS = 1000
"""So many are described; all are counted."""
_SHOWN = 240
_LOOKED_AT = LookedAtImages()
_FORMS = {Form.ARRAY: Repair.ARRAY, Form.TABLE: Repair.TABLE, Form.OBJECTS: Repair.OBJECTS}
_BINARY = (
    (
        b"PK\x03\x04",
        worded(
            "file.binary.excel", "an Excel workbook or a ZIP archive: export it as CSV or JSONL"
        ),
    ),
    (b"PAR1", worded("file.binary.parquet", "a Parquet file: export it as JSONL")),
    (b"\x1f\x8b", worded("file.binary.gzip", "compressed with gzip: unpack it first")),
    (b"%PDF", worded("file.binary.pdf", "a PDF document")),
)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that is wrong with a file."""

    line: int
    code: str
    """A kind of repair, or what is wrong: `invalid_json`, `not_a_row`, a check of the cookbook."""
    message: Sentence
    """Why; empty where the code says all."""
    field: str
    shown: Excerpt
    is_repaired: bool
    repaired: str
    """The beginning of the line as it would be; empty for a line that is left out."""
    value: str = ""
    """What the code is about: an encoding."""


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What a look through a file found."""

    encoding: str
    form: Form
    rows: int
    good: int
    """Rows that a job takes as they are or as they would be repaired."""
    repairs: int
    """Faults that can be repaired."""
    unrepaired: int
    """Rows that nothing here can repair."""
    faults: tuple[Fault, ...]


class RepairedFile(NamedTuple):
    """A diagnosis, and the lines of the new file: the good rows in order."""

    diagnosis: Diagnosis
    lines: tuple[str, ...]


def look_through(
    pieces: Iterable[bytes], method: Method, check_stop: Callable[[], None] = lambda: None
) -> RepairedFile:
    """Read an upload of any form, find every fault, and repair the common ones.

    Holds the file in memory. `check_stop` is called for every row and may raise to end the work.
    """
    content = b"".join(pieces)
    binary = next((what for start, what in _BINARY if content.startswith(start)), None)
    if binary is not None:
        return _nothing(worded("file.is_binary", "The file is {what}.", what=binary))
    file = decode(content)
    form = form_of_file(file.lines)
    looked = _Looked(method, file)
    looked.whole_file(form)
    for row in rows_of(file.lines, form):
        check_stop()
        looked.add(row)
    return looked.result(form)


class _Looked:
    """What is known of a file part of the way through it."""

    def __init__(self, method: Method, file: DecodedFile) -> None:
        self._method = method
        self._file = file
        self._format: FileFormat | None = None
        """That of the first good row, which all others must have."""
        self._other: Sentence | None = None
        """Why the file is for another method, as its first such row says."""
        self._faults: list[Fault] = []
        self._lines: list[str] = []
        self._rows = self._repairs = self._unrepaired = 0

    def whole_file(self, form: Form) -> None:
        if self._file.encoding != "utf-8":
            self._repair(1, Repair.ENCODING, value=self._file.encoding)
        if form in _FORMS:
            self._repair(1, _FORMS[form])

    def add(self, row: SourceRow) -> None:
        if not row.text:
            self._repair(row.line, Repair.EMPTY_LINE)
            return
        self._rows += 1
        encoding = self._file.other_lines.get(row.line)
        if encoding is not None:
            shown = excerpt(row.text, None)
            self._repair(row.line, Repair.ENCODING, shown=shown, repaired=row.text, value=encoding)
        if row.is_loose:
            shown = excerpt(row.written, syntax_place(row.written))
            self._repair(row.line, Repair.LOOSE_JSON, shown=shown, repaired=row.text)
        self._lines_of(row)

    def _lines_of(self, row: SourceRow) -> None:
        if not self._problems(row):
            self._keep(row.text)
            return
        try:
            written = parse_object(row.text.encode())
        except ValueError:
            # The place is marked, so that the words for it are left out.
            why = _without_place(bare_reason(row.text.encode("utf-8", "replace")))
            self._give_up(row, "invalid_json", why, "", syntax_place(row.text))
            return
        try:
            changed, changes = repaired_row(written, self._method)
        except InvalidRequestError as error:
            self._give_up(row, "not_a_row", error.message, "", None)
            return
        text = _json(changed)
        mended = SourceRow(line=row.line, text=text)
        problems = self._problems(mended)
        for change in changes:
            self._changed(row, change, text)
        if problems:
            for problem in problems:
                self._complain(mended, problem)
            self._unrepaired += 1
        else:
            self._keep(text)

    def result(self, form: Form) -> RepairedFile:
        other = self._of_another_kind()
        faults = self._faults if other is None else [other]
        diagnosis = Diagnosis(
            encoding=self._file.encoding,
            form=form,
            rows=self._rows,
            good=len(self._lines),
            repairs=self._repairs,
            unrepaired=self._unrepaired,
            faults=tuple(sorted(faults, key=lambda fault: fault.line)[:MAX_FAULTS]),
        )
        return RepairedFile(diagnosis, tuple(self._lines))

    def _changed(self, row: SourceRow, change: Change, text: str) -> None:
        shown = excerpt(row.text, field_place(row.text, change.field))
        self._repair(row.line, change.kind, field=change.field, shown=shown, repaired=text)

    def _repair(
        self,
        line: int,
        kind: Repair,
        *,
        field: str = "",
        shown: Excerpt = Excerpt("", "", ""),  # noqa: B008 - a frozen value
        repaired: str = "",
        value: str = "",
    ) -> None:
        self._repairs += 1
        self._note(
            Fault(
                line=line,
                code=kind.value,
                message=Sentence(),
                field=field,
                shown=shown,
                is_repaired=True,
                repaired=_around(repaired, field),
                value=value,
            )
        )

    def _give_up(
        self, row: SourceRow, code: str, why: Sentence, field: str, span: tuple[int, int] | None
    ) -> None:
        self._unrepaired += 1
        self._note_wrong(row, code, why, field, span)

    def _complain(self, row: SourceRow, problem: Problem) -> None:
        """Note what a job would say; its words name the example, which the line does here."""
        if not problem.message.startswith((INVALID_FORMAT, UNEXPECTED_FORMAT)):
            self._other = self._other or problem.message
        code = "invalid_row" if problem.check is None else problem.check.value
        span = field_place(row.text, problem.field)
        self._note_wrong(row, code, _alone(problem.what), problem.field, span)

    def _note_wrong(
        self, row: SourceRow, code: str, why: Sentence, field: str, span: tuple[int, int] | None
    ) -> None:
        self._note(
            Fault(
                line=row.line,
                code=code,
                message=why,
                field=field,
                shown=excerpt(row.text, span),
                is_repaired=False,
                repaired="",
            )
        )

    def _note(self, fault: Fault) -> None:
        # Faults of the whole file come first; the rest in the order of the lines.
        if len(self._faults) < MAX_FAULTS:
            self._faults.append(fault)

    def _problems(self, row: SourceRow) -> tuple[Problem, ...]:
        """Read a row as the only one of a file: its problems name line 1."""
        text = [row.text.encode("utf-8", "replace")]
        if self._method is Method.SUPERVISED:
            problems = parse_chat_file(text, images=_LOOKED_AT).problems
        else:
            problems = parse_file(text, self._method).problems
        if problems or self._format is None:
            return problems
        found = format_of(parse_object(text[0]), self._method)
        if found is self._format:
            return ()
        message = worded(
            "file.mixed_formats",
            "the row is in the {found} format, and those before it in {format}",
            found=str(found),
            format=self._format,
        )
        return (Problem(line=1, code=ProblemCode.INVALID_FILE, message=message),)

    def _keep(self, text: str) -> None:
        if self._format is None:
            self._format = format_of(parse_object(text.encode()), self._method)
        self._lines.append(text)

    def _of_another_kind(self) -> Fault | None:
        """Return what is wrong with a file of another method, which is said once, not per line."""
        if self._lines or self._other is None:
            return None
        return Fault(
            line=1,
            code="other_kind",
            message=self._other,
            field="",
            shown=Excerpt("", "", ""),
            is_repaired=False,
            repaired="",
        )


def _alone(what: Sentence) -> Sentence:
    """Return what continues "Example 3" as a sentence of its own."""
    text = what.lstrip(" ,:")
    return Sentence.of(what.code, text[:1].upper() + text[1:], what.values)


def _without_place(why: Sentence) -> Sentence:
    fault = why.values.get("fault")
    return fault if isinstance(fault, Sentence) else why


def _nothing(why: Sentence) -> RepairedFile:
    fault = Fault(
        line=1,
        code="binary",
        message=why,
        field="",
        shown=Excerpt("", "", ""),
        is_repaired=False,
        repaired="",
    )
    diagnosis = Diagnosis(
        encoding="binary",
        form=Form.LINES,
        rows=0,
        good=0,
        repairs=0,
        unrepaired=1,
        faults=(fault,),
    )
    return RepairedFile(diagnosis, ())


def _around(text: str, field: str) -> str:
    """Return the beginning of a repaired line, or what is around the place of a repair."""
    span = field_place(text, field)
    if span is None:
        return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    shown = excerpt(text, span)
    return f"{shown.before}{shown.marked}{shown.after}"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
