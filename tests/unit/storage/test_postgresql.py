"""What can be known about PostgreSQL without a server: that the schema and the locks compile."""

from typing import Any

import pytest
from sqlalchemy import Select, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from understudy.storage.leases import claimable, expired, held_by
from understudy.storage.tables import answers, evals
from understudy.storage.tables.base import Row
from understudy.storage.tables.evals import EvalRunRow, JobReportRow
from understudy.storage.tables.jobs import JobRow


@pytest.mark.parametrize("table", Row.metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_can_be_made(table: Table):
    assert answers.Row is evals.Row is Row  # their tables are among them
    made = str(CreateTable(table).compile(dialect=postgresql.dialect()))
    assert "AUTOINCREMENT" not in made
    assert ("seq BIGSERIAL" in made) == (table.autoincrement_column is not None)


@pytest.mark.parametrize(
    "query",
    [
        claimable(JobRow, {"queued"}, 1.0),
        expired(JobRow, 1.0),
        held_by(JobRow, "w"),
        claimable(EvalRunRow, {"queued"}, 1.0),
        expired(JobReportRow, 1.0),
        held_by(EvalRunRow, "w"),
    ],
)
def test_workers_pass_over_each_others_rows(query: Select[Any]):
    locking = query.with_for_update(skip_locked=True).compile(dialect=postgresql.dialect())
    assert str(locking).endswith("FOR UPDATE SKIP LOCKED")
