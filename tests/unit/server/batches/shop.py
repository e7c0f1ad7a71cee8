"""Batches with a real database and real files, and an application that answers as it is told."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from starlette.types import Receive, Scope, Send

from tests.databases import new_database
from understudy.schemas.batches import CreateBatch
from understudy.server.batches import service
from understudy.server.batches.asking import LinePatience
from understudy.server.batches.record import BATCHES
from understudy.server.batches.running import BatchContext, work_on_batch
from understudy.server.services import Services
from understudy.storage.blobs import BlobStore
from understudy.storage.files.files import NewFile, get_file, insert_file
from understudy.storage.idempotency import Repeatable
from understudy.storage.projects import create_project
from understudy.storage.tables.batches import BatchRow
from understudy.work.lease import claim

PATH = "/v1/moderations"
MARK = Repeatable(key="k", body_sha256="s", may_be_repetition=False)
Answer = tuple[int, dict[str, str], Any]


class Shop:
    def __init__(self, directory: Path) -> None:
        self.db = new_database(directory / "understudy.db")
        self.blobs = BlobStore(directory / "blobs")
        self.asked: Counter[str] = Counter()
        self.answers: Callable[[str], Answer] = lambda text: (200, {}, {"echo": text})
        with self.db.write() as session:
            self.project = create_project(session, "p", created_at=1).id

    def close(self) -> None:
        self.db.close()

    def begin(self, texts: Iterable[str]) -> BatchRow:
        lines = (
            json.dumps(
                {"custom_id": f"c{n}", "method": "POST", "url": PATH, "body": {"input": text}}
            ).encode()
            + b"\n"
            for n, text in enumerate(texts)
        )
        blob = self.blobs.write(lines)
        with self.db.write() as session:
            new = NewFile(
                project_id=self.project, purpose="batch", filename="f", blob=blob, created_at=1
            )
            file = insert_file(session, new)
        wanted = CreateBatch(input_file_id=file.id, endpoint=PATH, completion_window="24h")
        return service.create(self.db, self.project, wanted, mark=MARK)

    def work(self, patience: LinePatience | None = None, stop_after: int | None = None) -> BatchRow:
        """Work on the batch that waits; the application fails for good after so many requests."""
        return asyncio.run(
            self._work(patience or LinePatience(first_pause_seconds=0.0), stop_after)
        )

    def rows(self, file_id: str | None) -> list[dict[str, Any]]:
        if file_id is None:
            return []
        with self.db.read() as session:
            path = self.blobs.path(get_file(session, self.project, file_id).sha256)
        return [json.loads(line) for line in path.read_text().split("\n") if line]

    async def _work(self, patience: LinePatience, stop_after: int | None) -> BatchRow:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            text = json.loads((await receive())["body"])["input"]
            if stop_after is not None and self.asked.total() >= stop_after:
                # So that what was answered is recorded by now, some of it at least.
                await asyncio.sleep(0.5)
                raise KilledError
            self.asked[text[:40]] += 1
            status, headers, body = self.answers(text)
            pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
            await send({"type": "http.response.start", "status": status, "headers": pairs})
            await send({"type": "http.response.body", "body": json.dumps(body).encode()})

        services = cast(Services, SimpleNamespace(database=self.db, blobs=self.blobs))
        context = BatchContext(app=app, services=services, patience=patience)
        hold = claim(self.db, BATCHES, "w")
        assert hold is not None
        await work_on_batch(context, hold)
        with self.db.read() as session:
            return session.query(BatchRow).filter_by(id=hold.id).one()


class KilledError(Exception):
    """The process is at its end."""
