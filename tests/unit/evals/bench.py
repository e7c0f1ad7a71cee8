"""A small real database with an eval, and runs of it as they are wanted."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.databases import new_database
from understudy.evals.recording import ModelUsage, NewItem
from understudy.evals.status import ItemStatus
from understudy.ids import new_id
from understudy.storage.database import Database
from understudy.storage.evals.evals import next_touch
from understudy.storage.evals.items import outcome_columns
from understudy.storage.evals.runs import get_run
from understudy.storage.projects import create_project
from understudy.storage.tables.evals import EvalRow, EvalRunRow


@dataclass(frozen=True)
class Bench:
    db: Database
    project: str
    eval_id: str

    def add_run(self, total: int = 3) -> str:
        with self.db.write() as session:
            new = EvalRunRow(
                id=new_id("evalrun_"),
                eval_id=self.eval_id,
                project_id=self.project,
                name="run",
                model="m",
                status="queued",
                created_at=int(self.db.now(session)),
                pairs={},
                data_source={"type": "jsonl"},
                rows_blob="a" * 64,
                report_url="http://here",
                total=total,
                passed=0,
                failed=0,
                errored=0,
                criteria={"c-1": {"passed": 0, "failed": 0}},
                usage={},
            )
            session.add(new)
            return new.id

    def run(self, run_id: str) -> EvalRunRow:
        with self.db.read() as session:
            return get_run(session, self.project, self.eval_id, run_id)

    def numbers(self, run_id: str) -> list[int]:
        with self.db.read() as session:
            return [number for number, *_ in outcome_columns(session, run_id)]


def open_bench(path: Path, clock: Callable[[], float] | None) -> Bench:
    return new_bench(new_database(path, clock))


def new_bench(db: Database) -> Bench:
    with db.write() as session:
        project = create_project(session, "default", created_at=1).id
        new = EvalRow(
            id="eval_1",
            project_id=project,
            name="eval",
            pairs={},
            updated_at=1,
            touched=next_touch(session),
            data_source_config={"type": "custom", "schema": {}},
            testing_criteria=[{"id": "c-1", "type": "string_check", "name": "c"}],
            created_at=1,
        )
        session.add(new)
    return Bench(db, project, new.id)


def item(number: int, status: ItemStatus = ItemStatus.PASS) -> NewItem:
    is_errored = status is ItemStatus.ERRORED
    return NewItem(
        number=number,
        status=status,
        item_key=f"{number:032x}",
        item={"n": number},
        results=[],
        judged={} if is_errored else {"c-1": status is ItemStatus.PASS},
        sample={},
        usage={
            "m": ModelUsage(invocations=1, prompt_tokens=10, completion_tokens=2, cached_tokens=0)
        },
    )
