"""Rows of an eval's data, checked one by one against its schema, every complaint with its line."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from understudy.data.files.json_lines import LineTooLongError, numbered_lines
from understudy.data.files.strict_json import parse_object
from understudy.data.json_schema import first_violation
from understudy.errors import InvalidRequestError
from understudy.wording import worded

MAX_ROWS = 50_000
"""A run of more would take days on the machines that this is made for."""


def check_row(value: Any, schema: Mapping[str, Any], where: str, param: str) -> None:
    """Raise InvalidRequestError unless `value` is `{"item": …, "sample": …}` as the schema says.

    The schema is the one that an eval shows; of the sample only its kind is looked at.
    """
    if not isinstance(value, Mapping) or not isinstance(value.get("item"), Mapping):
        raise _refusal(where, "it has no 'item' that is an object", param)
    unknown = next((key for key in value if key not in ("item", "sample")), None)
    if unknown is not None:
        raise _refusal(where, f"it may have 'item' and 'sample', but not '{unknown[:64]}'", param)
    sample = value.get("sample")
    if sample is not None and not isinstance(sample, Mapping):
        raise _refusal(where, "its 'sample' is not an object", param)
    found = first_violation(schema["properties"]["item"], value["item"])
    if found is not None:
        place = "item" if found.startswith("the value ") else "item."
        found = found.removeprefix("the value")
        raise _refusal(where, f"it breaks the item_schema of the eval: {place}{found}", param)


def checked_lines(
    pieces: Iterable[bytes], schema: Mapping[str, Any], param: str
) -> Iterator[dict[str, Any]]:
    """Read a JSONL file of rows; raises InvalidRequestError that names the first bad line."""
    count = 0
    try:
        for number, line in numbered_lines(pieces):
            if not line.strip():
                continue
            count += 1
            check_count(count, param)
            yield _checked(line, schema, f"Line {number} of the file", param)
    except LineTooLongError as error:
        raise InvalidRequestError(f"{error}.", code="invalid_row", param=param) from None
    if count == 0:
        raise InvalidRequestError(
            worded(
                "evals.file_no_rows",
                "The file has no rows.",
            ),
            code="invalid_row",
            param=param,
        )


def check_count(count: int, param: str) -> None:
    """Raise InvalidRequestError when there are more rows than one run may have."""
    if count > MAX_ROWS:
        raise InvalidRequestError(
            worded(
                "evals.run_can_most_rows",
                "A run can have at most {max_rows:,} rows; divide the data.",
                max_rows=MAX_ROWS,
            ),
            code="too_many_rows",
            param=param,
        )


def _checked(line: bytes, schema: Mapping[str, Any], where: str, param: str) -> dict[str, Any]:
    try:
        value = parse_object(line)
    except ValueError as error:
        raise _refusal(where, f"it cannot be read: {error}", param) from None
    check_row(value, schema, where, param)
    return value


def _refusal(where: str, what: str, param: str) -> InvalidRequestError:
    return InvalidRequestError(
        worded(
            "evals.not_usable",
            "{where} is not usable: {what}.",
            where=where,
            what=what,
        ),
        code="invalid_row",
        param=param,
    )
