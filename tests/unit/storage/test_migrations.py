"""Databases of earlier versions open, and what they hold is still there."""

from pathlib import Path

from sqlalchemy import Connection, Table, create_engine, inspect, text

from understudy.safety.release import NOT_CHECKED, CheckStatus
from understudy.schemas.batches import CreateBatch
from understudy.server.batches.service import create as create_batch
from understudy.server.fine_tuning.objects import event_object
from understudy.storage.answers.uses import ModelUses, last_uses, note_uses
from understudy.storage.database import Database
from understudy.storage.files.files import get_file
from understudy.storage.garbage import blobs_in_use
from understudy.storage.idempotency import Repeatable
from understudy.storage.migrations import run
from understudy.storage.models import find_model
from understudy.storage.releases.checks import check_state, queue_check, unchecked_models
from understudy.storage.screenings import find_screening, mark_lines, marked_counts
from understudy.storage.tables.base import Row
from understudy.storage.tables.evals import EvalItemRow, EvalRow, EvalRunRow, JobReportRow
from understudy.storage.tables.exports import ExportRow
from understudy.storage.tables.images import ImageRow, JobImageRow
from understudy.storage.tables.jobs import (
    AttemptRow,
    CheckpointRow,
    JobEventRow,
    JobRow,
    TunedModelRow,
)
from understudy.storage.tables.model_aliases import ModelAliasRow, ShadowRow
from understudy.storage.tables.screenings import ScreenedLineRow, ScreeningRow

SAMPLES = {int: 1, float: 1.5, str: "x", bool: True}


def insert(connection: Connection, name: str, /, **values: object) -> None:
    """Insert a row into a table as it is now in the database, whatever the code declares."""
    table = Table(name, Row.metadata.__class__(), autoload_with=connection)
    needed = {
        column.name: SAMPLES.get(column.type.python_type, {})
        for column in table.columns
        if not column.nullable and column.server_default is None and column.name not in values
    }
    connection.execute(table.insert().values(**needed, **values))


def test_a_database_of_revision_7_keeps_its_jobs_with_their_attempts(tmp_path: Path):
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        run.upgrade(connection, "0007")
        insert(connection, "projects", id="p")
        for number in (1, 2):
            job = {"id": f"ftjob-{number}", "seq": number, "project_id": "p", "priority": number}
            insert(connection, "jobs", **job, status="queued")
            insert(connection, "attempts", job_id=job["id"], epoch=1, worker_id="w")
        insert(connection, "checkpoints", job_id="ftjob-1", step=3, epoch=1)
        insert(connection, "usage", source_id="ftjob-1", project_id="p")
    engine.dispose()

    database = Database.at(path)
    database.migrate()
    with database.read() as session:
        jobs = session.query(JobRow).order_by(JobRow.seq).all()
        assert [(job.id, job.status, job.splits_turns) for job in jobs] == [
            ("ftjob-1", "queued", False),
            ("ftjob-2", "queued", False),
        ]
        assert [row.worker_id for row in session.query(AttemptRow)] == ["w", "w"]
        assert [row.step for row in session.query(CheckpointRow)] == [3]
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
        tables = inspect(session.connection())
        # The table of that name is another one now.
        assert "source_id" not in {column["name"] for column in tables.get_columns("usage")}
        assert "priority" not in {column["name"] for column in tables.get_columns("jobs")}
    database.close()


def test_jobs_and_models_of_revision_8_keep_the_day_that_their_templates_printed(tmp_path: Path):
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        run.upgrade(connection, "0008")
        insert(connection, "projects", id="p")
        insert(connection, "jobs", id="ftjob-1", project_id="p", status="succeeded")
        insert(connection, "tuned_models", name="ft:x", project_id="p", job_id="ftjob-1")
    engine.dispose()

    database = Database.at(path)
    database.migrate()
    with database.read() as session:
        (job,) = session.query(JobRow)
        (model,) = session.query(TunedModelRow)
        assert (job.id, job.status, job.template_date) == ("ftjob-1", "succeeded", "2025-01-01")
        assert (model.name, model.job_id, model.template_date) == ("ft:x", "ftjob-1", "2025-01-01")
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
    database.close()


def test_a_database_of_revision_9_keeps_its_models_and_takes_exports(tmp_path: Path):
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        run.upgrade(connection, "0009")
        insert(connection, "projects", id="p")
        insert(connection, "jobs", id="ftjob-1", project_id="p", template_date="2026-11-25")
        insert(
            connection,
            "tuned_models",
            name="ft:x",
            project_id="p",
            job_id="ftjob-1",
            template_date="2026-11-25",
        )
        run.upgrade(connection, "0010")
        export = {"id": "export-1", "project_id": "p", "model": "ft:x", "status": "queued"}
        insert(connection, "exports", **export)
    engine.dispose()

    database = Database.at(path)
    database.migrate()
    with database.read() as session:
        (model,) = session.query(TunedModelRow)
        (export,) = session.query(ExportRow)
        assert (model.name, model.template_date) == ("ft:x", "2026-11-25")
        assert [job.template_date for job in session.query(JobRow)] == ["2026-11-25"]
        assert (export.id, export.model, export.status) == ("export-1", "ft:x", "queued")
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
    database.close()


def test_jobs_of_revision_17_learn_from_no_teacher(tmp_path: Path):
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        run.upgrade(connection, "0017")
        insert(connection, "projects", id="p")
        insert(connection, "jobs", id="ftjob-1", project_id="p", status="running")
    engine.dispose()

    database = Database.at(path)
    database.migrate()
    with database.read() as session:
        (job,) = session.query(JobRow)
        assert (job.id, job.status, job.teaching) == ("ftjob-1", "running", None)
    database.close()


def test_evals_and_runs_of_revision_10_were_made_here_and_ask_each_row_once(tmp_path: Path):
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        run.upgrade(connection, "0010")
        insert(connection, "projects", id="p")
        insert(connection, "evals", id="eval_1", project_id="p")
        insert(connection, "eval_runs", id="evalrun_1", eval_id="eval_1", project_id="p")
        insert(connection, "eval_items", run_id="evalrun_1", id="outputitem_1", number=4)
    engine.dispose()

    database = Database.at(path)
    database.migrate()
    with database.read() as session:
        assert [(row.id, row.imported) for row in session.query(EvalRow)] == [("eval_1", None)]
        runs = session.query(EvalRunRow).all()
        assert [(row.id, row.imported, row.repeats) for row in runs] == [("evalrun_1", None, 1)]
        assert [item.number for item in session.query(EvalItemRow)] == [4]
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
    database.close()


def test_a_database_of_revision_16_keeps_its_models_and_takes_aliases(tmp_path: Path):
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        run.upgrade(connection, "0016")
        insert(connection, "projects", id="p")
        insert(connection, "jobs", id="ftjob-1", project_id="p", status="succeeded")
        insert(connection, "tuned_models", name="ft:x", project_id="p", job_id="ftjob-1")
    engine.dispose()

    database = Database.at(path)
    database.migrate()
    with database.write() as session:
        session.add(ModelAliasRow(project_id="p", name="ft:old", model="ft:x", created_at=1))
    with database.read() as session:
        found = find_model(session, "p", "ft:old")
        assert found is not None
        assert found.name == "ft:x"
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
    database.close()


def test_a_database_of_revision_17_keeps_its_aliases_and_lets_them_be_shadowed(tmp_path: Path):
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        run.upgrade(connection, "0017")
        insert(connection, "projects", id="p")
        insert(connection, "model_aliases", seq=7, project_id="p", name="ft:old", model="ft:x")
    engine.dispose()

    database = Database.at(path)
    database.migrate()
    with database.write() as session:
        alias = session.query(ModelAliasRow).one()
        assert (alias.name, alias.model, alias.calls, alias.last_called_at) == (
            "ft:old",
            "ft:x",
            0,
            None,
        )
        shadow = ShadowRow(alias_seq=7, old="remote", new="ft:x", share=1.0, per_minute=60)
        shadow.keeps_answers, shadow.days, shadow.created_at, shadow.answers_since = False, 1, 1, 1
        shadow.compared = shadow.failed = shadow.skipped = 0
        session.add(shadow)
    with database.write() as session:
        session.delete(session.query(ModelAliasRow).one())
        session.flush()
        assert session.query(ShadowRow).all() == []
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
    database.close()


def test_report_cards_of_revision_17_keep_what_they_measured(tmp_path: Path):
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        run.upgrade(connection, "0017")
        insert(connection, "projects", id="p")
        insert(connection, "jobs", id="ftjob-1", project_id="p", status="succeeded")
        insert(connection, "job_reports", job_id="ftjob-1", project_id="p", base_loss=2.5)
    engine.dispose()

    database = Database.at(path)
    database.migrate()
    with database.write() as session:
        (report,) = session.query(JobReportRow)
        assert (report.job_id, report.base_loss, report.grader) == ("ftjob-1", 2.5, None)
        report.base_loss = None
    with database.read() as session:
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
        indexes = {
            index["name"] for index in inspect(session.connection()).get_indexes("job_reports")
        }
        assert "ix_job_reports_status" in indexes
    database.close()


def test_a_job_of_revision_17_is_rewarded_for_nothing(tmp_path: Path):
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        run.upgrade(connection, "0017")
        insert(connection, "projects", id="p")
        insert(connection, "jobs", id="ftjob-1", project_id="p", status="succeeded")
    engine.dispose()

    database = Database.at(path)
    database.migrate()
    with database.read() as session:
        (job,) = session.query(JobRow).all()
        assert (job.id, job.reinforcement, job.eval_id) == ("ftjob-1", None, None)
    database.close()


def test_a_database_of_revision_22_keeps_its_jobs_and_takes_their_images(tmp_path: Path):
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        run.upgrade(connection, "0022")
        insert(connection, "projects", id="p")
        insert(connection, "jobs", id="ftjob-1", project_id="p", status="queued")
    engine.dispose()

    database = Database.at(path)
    database.migrate()
    with database.write() as session:
        session.add(JobImageRow(job_id="ftjob-1", source="s", sha256="a"))
        session.add(
            ImageRow(project_id="p", sha256="a", media_type="image/png", created_at=1, expires_at=2)
        )
    with database.read() as session:
        assert [row.sha256 for row in session.query(JobImageRow)] == ["a"]
        assert [row.media_type for row in session.query(ImageRow)] == ["image/png"]
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
    database.close()


def test_files_of_revision_22_become_inputs_of_batches(tmp_path: Path):
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        run.upgrade(connection, "0022")
        insert(connection, "projects", id="p")
        insert(connection, "files", id="file-1", project_id="p", purpose="batch", sha256="a" * 64)
    engine.dispose()

    database = Database.at(path)
    database.migrate()
    new = CreateBatch(
        input_file_id="file-1", endpoint="/v1/chat/completions", completion_window="24h"
    )
    mark = Repeatable(key="k", body_sha256="s", may_be_repetition=False)
    batch = create_batch(database, "p", new, mark=mark)
    with database.read() as session:
        assert batch.input_blob in blobs_in_use(session)
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
    database.close()


def test_models_of_revision_22_were_checked_by_nobody(tmp_path: Path):
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        run.upgrade(connection, "0022")
        insert(connection, "projects", id="p")
        insert(connection, "jobs", id="ftjob-1", project_id="p", status="succeeded")
        insert(connection, "tuned_models", project_id="p", name="ft:x", job_id="ftjob-1")
    engine.dispose()

    database = Database.at(path)
    database.migrate()
    with database.write() as session:
        (job,) = session.query(JobRow)
        assert (job.created_by, job.safety_mix) == (None, None)
        (model,) = unchecked_models(session, ["p"], limit=5)
        assert (model.name, model.system_prompt) == ("ft:x", None)
        assert check_state(session, "p", "ft:x") == NOT_CHECKED
        queue_check(session, model, now=1.0)
        assert check_state(session, "p", "ft:x").status is CheckStatus.QUEUED
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
    database.close()


def test_a_job_of_revision_22_has_no_screening_and_can_get_one(tmp_path: Path):
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        run.upgrade(connection, "0022")
        insert(connection, "projects", id="p")
        insert(connection, "jobs", id="ftjob-1", project_id="p", status="succeeded")
    engine.dispose()

    database = Database.at(path)
    database.migrate()
    with database.write() as session:
        assert find_screening(session, "ftjob-1") is None
        row = ScreeningRow(
            job_id="ftjob-1", project_id="p", file_sha256="a" * 64, status="screened", policy={}
        )
        row.lines_total = row.lines_wanted = row.lines_screened = row.lines_flagged = 1
        row.lines_unjudged, row.next_line, row.counts, row.not_evaluated = 0, 2, {"hate": 1}, []
        row.started_at = 1.0
        session.add(row)
        session.flush()
        session.add(ScreenedLineRow(job_id="ftjob-1", line=1, scores={"hate": 0.9}, excerpt="x"))
    with database.write() as session:
        kept = find_screening(session, "ftjob-1")
        assert kept is not None
        mark_lines(session, kept, [1], is_marked=True, now=5)
        assert marked_counts(session, kept, "other") == {"hate": 1}
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
    database.close()


def test_models_of_revision_30_answer_freely(tmp_path: Path):
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        run.upgrade(connection, "0030")
        insert(connection, "projects", id="p")
        insert(connection, "jobs", id="ftjob-1", project_id="p", status="succeeded")
        insert(connection, "tuned_models", project_id="p", name="ft:a", job_id="ftjob-1")
    engine.dispose()

    database = Database.at(path)
    database.migrate()
    with database.read() as session:
        model = find_model(session, "p", "ft:a")
        assert model is not None
        assert model.label_calibration is None
    database.close()


def test_models_of_revision_31_were_never_asked_and_can_be(tmp_path: Path):
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        run.upgrade(connection, "0031")
        insert(connection, "projects", id="p")
    engine.dispose()

    database = Database.at(path)
    database.migrate()
    uses = ModelUses()
    uses.note(database, "p", ["ft:a"])
    with database.read() as session:
        first = last_uses(session, "p")
    assert list(first) == ["ft:a"]
    with database.write() as session:
        note_uses(session, "p", ["ft:a"], now=5)
    # The same process notes it again after a minute, and fails no answer where it cannot.
    uses.note(database, "p", ["ft:a"])
    uses.note(database, "nobody", ["ft:a"])
    with database.read() as session:
        assert last_uses(session, "p") == {"ft:a": 5}
        assert last_uses(session, "nobody") == {}
    database.close()


def test_events_of_revision_32_are_shown_as_their_text(tmp_path: Path):
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        run.upgrade(connection, "0032")
        insert(connection, "projects", id="p")
        insert(connection, "jobs", id="ftjob-1", project_id="p", status="succeeded")
        insert(
            connection,
            "job_events",
            job_id="ftjob-1",
            seq=1,
            id="ftevent-1",
            message="Done",
            level="info",
            type="message",
        )
    engine.dispose()

    database = Database.at(path)
    database.migrate()
    with database.read() as session:
        event = session.get(JobEventRow, ("ftjob-1", 1))
        assert event is not None
        assert (event.message, event.wording) == ("Done", None)
        assert "wording" not in event_object(event).model_dump()
    database.close()


def test_files_of_revision_33_come_from_nowhere_known(tmp_path: Path):
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        run.upgrade(connection, "0033")
        insert(connection, "projects", id="p")
        insert(connection, "files", id="file-1", project_id="p", filename="a.jsonl")
    engine.dispose()

    database = Database.at(path)
    database.migrate()
    with database.read() as session:
        file = get_file(session, "p", "file-1")
        assert (file.filename, file.origin) == ("a.jsonl", None)
    database.close()
