"""Lets the rows of a database name their directories where these lie now."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

_COLUMNS = (
    ("jobs", "base_directory"),
    ("jobs", "continued_directory"),
    ("jobs", "resume_directory"),
    ("checkpoints", "directory"),
    ("tuned_models", "directory"),
)
_TEACHING_PARTS = ("directory", "adapter")


def move_paths(database: Path, moved: Mapping[Path, Path]) -> int:
    """Change every path below a directory that was moved; returns how many rows changed.

    The database may be of an earlier schema: columns that it has not yet are passed over.
    """
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        changed = sum(_move_column(connection, table, column, moved) for table, column in _COLUMNS)
        changed += _move_teachers(connection, moved)
        connection.execute("COMMIT")
    return changed


def _move_column(
    connection: sqlite3.Connection, table: str, column: str, moved: Mapping[Path, Path]
) -> int:
    if not _has_column(connection, table, column):
        return 0
    # The names are those above.
    rows = connection.execute(
        f"SELECT rowid, {column} FROM {table} WHERE {column} IS NOT NULL"
    ).fetchall()
    changes = [(new, row) for row, old in rows if (new := _new_path(old, moved)) != old]
    connection.executemany(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", changes)
    return len(changes)


def _move_teachers(connection: sqlite3.Connection, moved: Mapping[Path, Path]) -> int:
    if not _has_column(connection, "jobs", "teaching"):
        return 0
    rows = connection.execute("SELECT rowid, teaching FROM jobs WHERE teaching IS NOT NULL")
    changes: list[tuple[str, int]] = []
    for row, text in rows.fetchall():
        teaching: dict[str, Any] | None = json.loads(text)
        if teaching is None:
            continue
        parts = {
            part: _new_path(teaching[part], moved)
            for part in _TEACHING_PARTS
            if teaching.get(part) is not None
        }
        if any(teaching[part] != path for part, path in parts.items()):
            changes.append((json.dumps(teaching | parts), row))
    connection.executemany("UPDATE jobs SET teaching = ? WHERE rowid = ?", changes)
    return len(changes)


def _new_path(path: str, moved: Mapping[Path, Path]) -> str:
    for old, new in moved.items():
        if Path(path).is_relative_to(old):
            return str(new / Path(path).relative_to(old))
    return path


def _has_column(connection: sqlite3.Connection, table: str, column: str) -> bool:
    return any(row[1] == column for row in connection.execute(f"PRAGMA table_info({table})"))
