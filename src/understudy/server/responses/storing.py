"""Stores responses, each once however often a request is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from understudy.answering.decoding import AnswerEnd
from understudy.answering.prompt import AnyPrompt
from understudy.answering.responses.background import LEASE_SECONDS
from understudy.answering.responses.plan import ResponsePlan
from understudy.answering.responses.stored import response_row, token_history
from understudy.data.examples import images_of
from understudy.schemas.responses.objects import ResponseObject
from understudy.schemas.responses.request import CreateResponse
from understudy.server.http.idempotency import repeatable
from understudy.server.services import Services
from understudy.storage.answers.events import WrittenEvent, append_events
from understudy.storage.answers.items import index_items
from understudy.storage.answers.responses import find_response
from understudy.storage.database import Database
from understudy.storage.files.images import keep_until
from understudy.storage.idempotency import Repeatable, find_made, remember
from understudy.storage.tables.answers import ResponseRow
from understudy.storage.tables.projects import ProjectRow


@dataclass(frozen=True, kw_only=True)
class ResponseStore:
    """Stores the response to one request, and finds what the same request stored before."""

    database: Database
    project_id: str
    mark: Repeatable
    days: int
    plan: ResponsePlan
    prompt: AnyPrompt

    async def add(self, response: ResponseObject, end: AnswerEnd) -> None:
        """Store a response that is whole, unless its client wants nothing to be stored."""
        if self.plan.is_stored:
            row = response_row(
                self.plan,
                response,
                project_id=self.project_id,
                days=self.days,
                tokens=token_history(self.prompt, end.ids),
                remote_model=end.remote_model,
            )
            await run_in_threadpool(self._insert, row, response, ())

    def add_begun(self, response: ResponseObject, events: Sequence[WrittenEvent]) -> None:
        """Store a response that is about to be made in the background; blocks."""
        with self.database.read() as session:
            now = self.database.now(session)
        row = response_row(
            self.plan,
            response,
            project_id=self.project_id,
            days=self.days,
            lease_until=now + LEASE_SECONDS,
        )
        self._insert(row, response, events if self.plan.answer.is_streamed else ())

    def find_earlier(self) -> dict[str, Any] | None:
        """Return the response to an earlier sending of the same request, if it was stored."""
        row = find_made(self.database, self.project_id, self.mark, find_response)
        return None if row is None else row.body

    def _insert(
        self, row: ResponseRow, response: ResponseObject, events: Sequence[WrittenEvent]
    ) -> None:
        with self.database.write() as session:
            session.add(row)
            keep_until(
                session, self.project_id, images_of(self.plan.answer.messages), row.expires_at
            )
            session.flush()
            index_items(
                session, row.id, (item.id for item in (*self.plan.new_items, *response.output))
            )
            append_events(session, row.id, events)
            remember(session, self.project_id, self.mark, row.id, now=row.created_at)


def response_store(
    request: Request,
    services: Services,
    project: ProjectRow,
    body: CreateResponse,
    plan: ResponsePlan,
    prompt: AnyPrompt,
) -> ResponseStore:
    """Return what stores the response to a request."""
    return ResponseStore(
        database=services.database,
        project_id=project.id,
        mark=repeatable(request, body.model_dump_json()),
        days=services.answers_of(project.name).days,
        plan=plan,
        prompt=prompt,
    )
