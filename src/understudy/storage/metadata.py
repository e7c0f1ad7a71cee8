"""Rows found by the metadata that they carry."""

from collections.abc import Mapping
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, exists

from understudy.storage.tables.answers import CompletionMetadataRow, ResponseMetadataRow
from understudy.storage.tables.jobs import JobMetadataRow

T = TypeVar("T")


def carrying(
    query: Select[T],
    metadata: Mapping[str, str],
    pair: type[CompletionMetadataRow | ResponseMetadataRow | JobMetadataRow],
    is_of_row: ColumnElement[bool],
) -> Select[T]:
    """Select the rows that carry all pairs of `metadata`, beside any others.

    `is_of_row` joins a pair with its row.
    """
    for key, value in metadata.items():
        query = query.where(exists().where(is_of_row, pair.key == key, pair.value == value))
    return query
