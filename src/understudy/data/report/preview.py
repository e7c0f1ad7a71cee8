"""One line of a training file as the tokens that a model sees, the learned ones marked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

from understudy.chat.messages import Image
from understudy.chat.rendering.renderer import ChatRenderer, RenderedExample
from understudy.data.examples import ChatExample
from understudy.data.files.formats import Method
from understudy.data.files.json_lines import numbered_lines
from understudy.data.images.sources import TEXT_ONLY, ImageReference, ImageSource
from understudy.data.report.examples import read_file
from understudy.data.training_rows import training_rows
from understudy.errors import InvalidRequestError
from understudy.wording import together, worded

# UTF-8 characters have at most four bytes; more pending ids than that are broken for good.
_MAX_PIECES = 4


@dataclass(frozen=True, kw_only=True)
class PreviewToken:
    """One token of an example."""

    id: int
    text: str
    """What it adds to the text; half a character is shown with the token that completes it."""
    trained: bool


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A whole example in tokens."""

    line: int
    tokens: tuple[PreviewToken, ...]
    """Of all rows, one after the other."""
    row_starts: tuple[int, ...]
    """Where each row begins among the tokens; one row, unless the example is split by its turns.

    Of a pair, the row with the preferred answer comes first, then that with the other."""
    is_pair: bool
    context_length: int
    """Tokens of a row after this many are cut away in a job."""

    @property
    def row_lengths(self) -> list[int]:
        """How many tokens each row has."""
        borders = [*self.row_starts, len(self.tokens)]
        return [end - start for start, end in pairwise(borders)]


class FileLine(NamedTuple):
    """What stands on one line of a training file."""

    example: ChatExample
    """A conversation; of a pair, with the preferred answer."""
    rejected: ChatExample | None
    """The same with the other answer; None where the line is no pair."""


def read_line(
    chunks: Iterable[bytes],
    number: int,
    method: Method = Method.SUPERVISED,
    images: ImageSource = TEXT_ONLY,
) -> FileLine:
    """Return what stands on line `number` of a file; no line after it is read.

    Raises InvalidRequestError when there is no such line, or with all that is wrong with it.
    """
    only = _ImagesOfOneLine(images)
    file = read_file(_first_lines(chunks, number, only), method, only)
    rejected = {example.line: example for example in file.rejected}
    for example in file.examples:
        if example.line == number:
            return FileLine(example, rejected.get(number))
    complaints = (*file.parsed.problems, *file.skipped)
    found = [problem.message for problem in complaints if problem.line == number]
    if not found and not file.examples:
        # A file of another kind altogether has one problem, which names its first line.
        found = [problem.message for problem in file.parsed.problems[:1]]
    raise InvalidRequestError(
        together(found, "\n")
        or worded("file.no_such_line", "The file has no example on line {line}.", line=number),
        param="line",
    )


def preview(line: FileLine, renderer: ChatRenderer, *, splits_turns: bool = False) -> Preview:
    """Render a line exactly as a job does; both answers of a pair.

    Raises InvalidRequestError where the template refuses it, or an image is yet to be read.
    """
    if line.example.unseen:
        raise InvalidRequestError(
            "This example names images by URL, which are fetched when a job is validated; its "
            "tokens are not known before.",
            param="line",
        )
    rows = [
        row
        for example in line
        if example is not None
        for row in training_rows(
            example, renderer, splits_turns=splits_turns and line.rejected is None
        )
    ]
    lengths = [len(row.rendered.ids) for row in rows]
    return Preview(
        line=line.example.line,
        tokens=tuple(token for row in rows for token in _tokens(row.rendered, renderer)),
        row_starts=tuple(accumulate(lengths[:-1], initial=0)),
        is_pair=line.rejected is not None,
        context_length=renderer.context_length,
    )


def _tokens(rendered: RenderedExample, renderer: ChatRenderer) -> Iterator[PreviewToken]:
    for id, text, trained in zip(
        rendered.ids, _texts(rendered.ids, renderer), rendered.trained, strict=True
    ):
        yield PreviewToken(id=id, text=text, trained=trained)


class _ImagesOfOneLine:
    """The images of the line that is reached last: those before it are not decoded."""

    def __init__(self, images: ImageSource) -> None:
        self._images = images
        self.is_reached = False

    def image(self, reference: ImageReference) -> Image | None:
        return self._images.image(reference) if self.is_reached else None


def _first_lines(chunks: Iterable[bytes], count: int, images: _ImagesOfOneLine) -> Iterator[bytes]:
    for number, line in numbered_lines(chunks):
        images.is_reached = number == count
        yield line + b"\n"
        if number >= count:
            return


def _texts(ids: list[int], renderer: ChatRenderer) -> Iterator[str]:
    """Yield what each token adds to the text; joined, they are the text of all."""
    context: list[int] = []
    pending: list[int] = []
    for at, id in enumerate(ids, start=1):
        pending.append(id)
        # Some decoders treat the first id of a text differently, so decode after the last piece.
        before = renderer.decode(context)
        text = renderer.decode(context + pending)[len(before) :]
        is_half = text.endswith("\ufffd") and len(pending) < _MAX_PIECES and at < len(ids)
        yield "" if is_half else text
        if not is_half:
            context, pending = pending, []
