"""A file of one method, line after line: the good lines as written, and every problem."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from understudy.chat.messages import Image
from understudy.data.files.formats import (
    METHOD_OF,
    UNEXPECTED_FORMAT,
    FileFormat,
    Method,
    format_of,
    mismatch,
)
from understudy.data.files.problems import CheckName, Complaint, Problem, ProblemCode, problem_of
from understudy.data.files.pydantic_words import (
    CHAT_ROLES,
    REINFORCEMENT_ROLES,
    at_message,
    complaint_of,
)
from understudy.data.files.strict_json import NotAnObjectError, parse_object
from understudy.data.files.unreadable import bare_reason
from understudy.data.foreign.rows import DESCRIPTION, ForeignForm, form_of
from understudy.data.images.faults import ImageFault, UnusableImageError
from understudy.data.images.sources import ImageSource, NoImagesError
from understudy.data.lines.chat import ChatLine
from understudy.data.lines.checks import Line, complaints_of
from understudy.data.lines.completion import CompletionLine
from understudy.data.lines.conversation import has_images, written_images
from understudy.data.lines.preference import PreferenceLine
from understudy.data.lines.reinforcement import ReinforcementLine
from understudy.wording import Sentence, sentence_of, together, worded

MAX_IMAGES_PER_LINE = 10
MAX_PROBLEMS = 1000
"""Reading stops after so many complaints: the file is of another kind, and memory is finite."""
MAX_SKIPPED = 50_000
"""So many lines that are left out are remembered: as many as may hold images."""

_MODELS: dict[FileFormat, type[Line]] = {
    FileFormat.CHAT: ChatLine,
    FileFormat.COMPLETION: CompletionLine,
    FileFormat.PREFERENCE: PreferenceLine,
    FileFormat.REINFORCEMENT: ReinforcementLine,
}


class LineReader:
    """What is known of a file part of the way through it."""

    def __init__(self, method: Method, images: ImageSource, file_id: str | None = None) -> None:
        self.problems: list[Problem] = []
        self.skipped: list[Problem] = []
        """Why lines were left out whose images cannot be used; the first of them."""
        self.format: FileFormat | None = None
        """None until a line has shown it."""
        self._method = method
        self._images = images
        self._file_id = file_id
        self._wanted = [kind for kind, owner in METHOD_OF.items() if owner is method]
        self._other: Sentence | None = None

    def read(self, number: int, text: bytes) -> Line | None:
        """Return the line if there is nothing wrong with it, and else remember what is."""
        try:
            written = parse_object(text)
        except ValueError as error:
            self.complain(number, _unreadable(number, text, error))
            return None
        if self.format is None:
            self._recognise(format_of(written, self._method), written)
        try:
            line = _MODELS[self.format or self._wanted[0]].model_validate(written)
        except ValidationError as error:
            self._misshapen(number, error)
            return None
        complaints = complaints_of(line)
        for complaint in complaints:
            self.complain(number, complaint)
        return None if complaints else line

    def images_of(self, number: int, line: Line) -> Sequence[Image | None] | None:
        """Return the images of a good line; None if it is to be left out for one of them."""
        is_conversation = isinstance(line, (ChatLine, ReinforcementLine))
        if not is_conversation or not has_images(line.messages):
            return ()
        found: list[Image | None] = []
        for count, (index, reference) in enumerate(written_images(line.messages), start=1):
            where, field = at_message(index), f"messages[{index}].content"
            try:
                _check_count(count)
                found.append(self._images.image(reference))
            except NoImagesError as error:
                text = worded(
                    "file.content",
                    '{where}, key "content": {why}',
                    where=where,
                    why=sentence_of(error),
                )
                self.complain(number, Complaint(text, field, CheckName.MISSING_CONTENT))
                return None
            except UnusableImageError as error:
                text = worded(
                    "file.image_unusable",
                    "{where}, image {image} cannot be used: {why}",
                    where=where,
                    image=count,
                    why=error.message,
                )
                self._skip(number, Complaint(text, field))
                return None
        return found

    def complain(self, number: int, complaint: Complaint) -> None:
        """Remember that something is wrong with line `number`, unless too much is known already."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem_of(number, complaint))

    def close(self) -> None:
        """Look back on the whole file: of another kind altogether is said once, not per line."""
        if self.format is None and self._other is not None:
            code = ProblemCode.INVALID_FILE
            self.problems = [Problem(line=1, code=code, message=self._other)]
            self.skipped = []

    def _recognise(self, found: FileFormat | None, written: dict[str, Any]) -> None:
        if found in self._wanted:
            self.format = found
        elif found is not None:
            self._other = self._other or mismatch(found, self._method, self._file_id)
        elif (foreign := form_of(written)) is not None:
            self._other = self._other or together((UNEXPECTED_FORMAT, _way_out(foreign)))
        elif self._method is Method.SUPERVISED:
            self._other = self._other or UNEXPECTED_FORMAT

    def _misshapen(self, number: int, error: ValidationError) -> None:
        if error.error_count() > MAX_PROBLEMS:
            # One line can hold millions; to spell them all out would take gigabytes.
            text = worded(
                "file.many_faults",
                " has {faults} faults; it seems to be in another format",
                faults=error.error_count(),
            )
            self.complain(number, Complaint(text))
            return
        is_reinforcement = self._method is Method.REINFORCEMENT
        roles = REINFORCEMENT_ROLES if is_reinforcement else CHAT_ROLES
        for detail in error.errors(include_url=False, include_context=False):
            self.complain(number, complaint_of(detail, roles))

    def _skip(self, number: int, complaint: Complaint) -> None:
        if len(self.skipped) < MAX_SKIPPED:
            self.skipped.append(problem_of(number, complaint))


def _way_out(form: ForeignForm) -> Sentence:
    return worded(
        "file.foreign_rows",
        "Its rows are in the {form} format ({description}): 'understudy "
        "convert FILE' writes them as chat messages.",
        form=form,
        description=DESCRIPTION[form],
    )


def _check_count(count: int) -> None:
    if count > MAX_IMAGES_PER_LINE:
        raise UnusableImageError(
            ImageFault.INVALID,
            worded(
                "file.max_images", "an example may hold {most} images", most=MAX_IMAGES_PER_LINE
            ),
        )


def _unreadable(number: int, text: bytes, error: ValueError) -> Complaint:
    is_other = isinstance(error, NotAnObjectError)
    why = bare_reason(text)
    return Complaint(
        worded(
            "file.no_json",
            " cannot be parsed. Error: line contains invalid json: {why} (line {line})",
            why=why,
            line=number,
        ),
        check=CheckName.DATA_TYPE if is_other else None,
    )
