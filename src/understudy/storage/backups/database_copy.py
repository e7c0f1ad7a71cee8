"""Copies every row of one database into an empty one, in one transaction, and compares them all."""

import importlib
import pkgutil
from collections.abc import Callable
from itertools import zip_longest
from typing import Any

from sqlalchemy import (
    ColumnElement,
    MappingResult,
    Select,
    String,
    Table,
    Text,
    func,
    insert,
    select,
)
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from understudy.errors import UnderstudyError
from understudy.storage import tables
from understudy.storage.database import Database
from understudy.storage.tables.base import Row
from understudy.wording import worded

_ROWS_AT_ONCE = 500


class NotEmptyError(UnderstudyError):
    """The database to fill holds rows already."""


class RowRefusedError(UnderstudyError):
    """The database to fill cannot hold a row, such as a text with NUL in PostgreSQL."""


class CopyDiffersError(UnderstudyError):
    """A row that was read back is not the one that was written."""


def copy_database(
    source: Database, target: Database, report: Callable[[str, int], None]
) -> dict[str, int]:
    """Copy all rows, read them back and compare; return the number of rows of each table.

    Both databases are brought to the newest schema first. The rows become visible all at once, and
    only when every one of them was found equal. `report` is called with each table and its rows.

    Raises NotEmptyError, RowRefusedError, CopyDiffersError, and what both databases raise.
    """
    source.migrate()
    target.migrate()
    counts: dict[str, int] = {}
    with source.read() as reading, target.write() as writing:
        _refuse_rows(writing)
        for table in all_tables():
            counts[table.name] = _copy_rows(reading, writing, table)
            report(table.name, counts[table.name])
        for table in all_tables():
            _compare_rows(reading, writing, table)
            _continue_numbers(writing, table)
    return counts


def all_tables() -> list[Table]:
    """Return every table, each after those that its rows refer to."""
    # Tables are known once their modules are imported.
    for module in pkgutil.iter_modules(tables.__path__):
        importlib.import_module(f"{tables.__name__}.{module.name}")
    return Row.metadata.sorted_tables


def _refuse_rows(writing: Session) -> None:
    for table in all_tables():
        if writing.execute(select(table).limit(1)).first() is not None:
            raise NotEmptyError(
                worded(
                    "api.database_fill_not_empty",
                    "The database to fill is not empty: its table {name} holds rows. "
                    "Name a new database. Nothing was copied.",
                    name=table.name,
                )
            )


def _copy_rows(reading: Session, writing: Session, table: Table) -> int:
    count = 0
    for rows in _rows(reading, table).partitions(_ROWS_AT_ONCE):
        try:
            writing.execute(insert(table), [dict(row) for row in rows])
        except DataError as error:
            raise RowRefusedError(
                worded(
                    "api.new_database_refuses_row",
                    "The new database refuses a row of the table {name}: {orig}. "
                    "Nothing was copied.",
                    name=table.name,
                    orig=str(error.orig),
                )
            ) from error
        count += len(rows)
    return count


def _compare_rows(reading: Session, writing: Session, table: Table) -> None:
    for there, here in zip_longest(_rows(reading, table), _rows(writing, table)):
        # A number that is none equals nothing, and is written like itself.
        if there != here and repr(there) != repr(here):
            key = {column.name: (there or here)[column.name] for column in table.primary_key}
            raise CopyDiffersError(
                worded(
                    "api.row_table_not_read",
                    "The row {key} of the table {name} was not read back as it was "
                    "written. Nothing was copied.",
                    key=str(key),
                    name=table.name,
                )
            )


def _rows(session: Session, table: Table) -> MappingResult:
    query: Select[Any] = select(table).order_by(*(_by_bytes(session, c) for c in table.primary_key))
    return session.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE}).mappings()


def _by_bytes(session: Session, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Order texts by their bytes everywhere: PostgreSQL would follow a language."""
    is_text = isinstance(column.type, String | Text)
    return column.collate("C") if is_text and _is_postgresql(session) else column


def _continue_numbers(writing: Session, table: Table) -> None:
    """Let the next row get the number after the last one, which PostgreSQL counts elsewhere."""
    column = table.autoincrement_column
    if column is None or not _is_postgresql(writing):
        return
    last = writing.scalar(select(func.max(column)))
    if last is not None:
        numbers = func.pg_get_serial_sequence(table.name, column.name)
        writing.execute(select(func.setval(numbers, last)))


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
