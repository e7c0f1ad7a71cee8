"""A training file divided in two as it is written: read whole first, then copied line by line."""

from collections.abc import Iterable, Iterator, Set
from pathlib import PurePath

from understudy.data.examples import ChatExample
from understudy.data.files.formats import Method
from understudy.data.files.json_lines import numbered_lines
from understudy.data.images.sources import LookedAtImages
from understudy.data.report.examples import read_file
from understudy.errors import InvalidRequestError

PARTS = ("train", "validation")


def read_to_divide(
    pieces: Iterable[bytes], method: Method, *, name: str, shown_by: str
) -> tuple[ChatExample, ...]:
    """Return the examples of a file; raises InvalidRequestError when one of its lines is bad.

    The complaint calls the file `name`, and says that `shown_by` shows everything wrong with it.
    """
    read = read_file(pieces, method, LookedAtImages())
    if read.parsed.problems:
        raise InvalidRequestError(
            f"{name} has {len(read.parsed.problems)} problem(s), the first: "
            f"{read.parsed.problems[0].message}. Fix them first; {shown_by} shows them all."
        )
    return read.examples


def chosen_lines(pieces: Iterable[bytes], lines: Set[int]) -> Iterator[bytes]:
    """Yield some lines of a file as they are, counted from 1; holds one in memory."""
    for number, line in numbered_lines(pieces):
        if number in lines:
            yield line.rstrip(b"\r") + b"\n"


def part_name(filename: str, part: str) -> str:
    """Return what a part of a file is called: `tickets.jsonl` becomes `tickets.train.jsonl`."""
    return f"{PurePath(filename).stem}.{part}.jsonl"
