"""Stores the answers of chat requests that want it, each once however often a request is sent."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from understudy.answering.chat.stored import completion_row
from understudy.answering.chat.writer import ChatDraft
from understudy.chat.messages import Image
from understudy.data.examples import images_of
from understudy.schemas.chat.answer import ChatCompletion
from understudy.schemas.chat.request import CreateChatCompletion
from understudy.server.http.idempotency import repeatable
from understudy.server.services import Services
from understudy.storage.answers.chat import find_completion
from understudy.storage.database import Database
from understudy.storage.files.images import keep_until
from understudy.storage.idempotency import Repeatable, find_made, remember
from understudy.storage.tables.projects import ProjectRow


@dataclass(frozen=True, kw_only=True)
class CompletionStore:
    """Stores the answer to one request, and finds what the same request stored before."""

    database: Database
    project_id: str
    body: CreateChatCompletion
    request_id: str
    mark: Repeatable
    days: int
    began: float
    """When its answer began to be made, by the monotonic clock."""

    async def add(self, draft: ChatDraft, answer: ChatCompletion) -> None:
        """Store an answer that is whole."""
        images = images_of(draft.plan.messages)
        await run_in_threadpool(self._insert, answer, draft.remote_model, images)

    def find_earlier(self) -> dict[str, Any] | None:
        """Return the answer to an earlier sending of the same request, if it was stored."""
        row = find_made(self.database, self.project_id, self.mark, find_completion)
        return None if row is None else row.answer

    def _insert(
        self, answer: ChatCompletion, remote_model: str | None, images: Sequence[Image]
    ) -> None:
        row = completion_row(
            self.body,
            answer,
            project_id=self.project_id,
            request_id=self.request_id,
            days=self.days,
            remote_model=remote_model,
            images=images,
            seconds=time.monotonic() - self.began,
        )
        with self.database.write() as session:
            session.add(row)
            keep_until(session, self.project_id, images, row.expires_at)
            remember(session, self.project_id, self.mark, row.id, now=row.created_at)


def completion_store(
    request: Request, services: Services, project: ProjectRow, body: CreateChatCompletion
) -> CompletionStore | None:
    """Return what stores the answer, or None when it is not to be stored."""
    keeping = services.answers_of(project.name)
    is_wanted = random.random() < keeping.share if body.store is None else body.store
    if not is_wanted:
        return None
    return CompletionStore(
        database=services.database,
        project_id=project.id,
        body=body,
        request_id=request.state.request_id,
        mark=repeatable(request, body.model_dump_json()),
        days=keeping.days,
        began=time.monotonic(),
    )
