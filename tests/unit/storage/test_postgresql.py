"""PostgreSQL in SQLite's place: tables, locks, the clock, and a server that goes away."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Select, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from tests.postgresql import Cluster, needs_postgresql
from tests.unit.evals.bench import new_bench
from understudy.errors import UnavailableError, UnderstudyError
from understudy.evals.recording import RUNS
from understudy.storage.database import Database
from understudy.storage.leases import claimable, expired, held_by
from understudy.storage.projects import create_project, list_projects
from understudy.storage.tables import answers, evals
from understudy.storage.tables.base import Row
from understudy.storage.tables.evals import EvalRunRow, JobReportRow
from understudy.storage.tables.jobs import JobRow
from understudy.work.lease import claim


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


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    started = Cluster()
    yield started
    started.remove()


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    opened = Database(cluster.new_database())
    yield opened
    opened.close()


@needs_postgresql
def test_the_migrations_make_the_tables_that_the_code_expects(database: Database):
    with database.read() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Row.metadata) == []


@needs_postgresql
def test_the_clock_is_the_servers(database: Database):
    with database.read() as session:
        assert database.now(session) == pytest.approx(time.time(), abs=2)


@needs_postgresql
def test_claims_at_the_same_time_take_different_rows(database: Database):
    bench = new_bench(database)
    ids = {bench.add_run() for _ in range(24)}

    def take(worker: int) -> list[str]:
        taken: list[str] = []
        while hold := claim(database, RUNS, f"worker-{worker}"):
            taken.append(hold.id)
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [run_id for runs in pool.map(take, range(4)) for run_id in runs]
    assert len(taken) == len(ids)
    assert set(taken) == ids


@needs_postgresql
def test_a_server_that_is_away_is_said_to_be_and_the_next_request_finds_it_again(
    cluster: Cluster, database: Database
):
    with database.write() as session:
        create_project(session, "before", created_at=1)

    def read_while_it_ends() -> None:
        with database.read() as session:
            cluster.stop()
            list_projects(session)

    with pytest.raises(UnavailableError):
        read_while_it_ends()
    with pytest.raises(UnavailableError), database.read() as session:
        list_projects(session)
    cluster.start()
    with database.read() as session:
        assert [project.name for project in list_projects(session)] == ["before"]


def test_a_driver_that_is_not_installed_is_said_with_the_line_to_type():
    with pytest.raises(UnderstudyError, match=r"pip install 'understudy\[postgresql\]'"):
        Database("postgresql+asyncpg://localhost/understudy")
