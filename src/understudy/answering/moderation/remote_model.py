"""A remote model that answers `/moderations`, as OpenAI's does."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from understudy.answering.models import ServedModels
from understudy.answering.moderation.finding import find_moderator
from understudy.answering.remote.faults import invalid_answer, other_model
from understudy.answering.remote.generation import why_invalid
from understudy.answering.remote.model import RemoteModel
from understudy.answering.remote.prompt import image_part
from understudy.answering.remote.wire import ReadModeration, ReadModerations
from understudy.chat.messages import Message
from understudy.data.examples import images_of
from understudy.errors import ModerationFaultError, NotFoundError
from understudy.registry.remote_models import RemoteTask
from understudy.safety.categories import MODERATION_CATEGORIES
from understudy.safety.guards.guard import text_of
from understudy.safety.judgement import (
    INPUT_TYPES,
    CategoryJudgement,
    InputType,
    ModerationJudgement,
)
from understudy.storage.blobs import BlobStore
from understudy.wording import worded

_PATH = "/moderations"


@dataclass(frozen=True, kw_only=True)
class RemoteModeration:
    """A moderation model of another server."""

    name: str
    model: str
    served: ServedModels

    @property
    def judged_categories(self) -> frozenset[str]:
        """Return all that its API has; a judgement holds those that were judged."""
        return frozenset(MODERATION_CATEGORIES)

    async def reads_images(self) -> bool:
        """Say yes: its server decides, and an answer says what of a message was judged."""
        return True

    async def check(self) -> None:
        """Raise an UnderstudyError when it is not configured any more or has no key."""
        (await self._find()).connection.key()

    async def judge(self, conversation: Sequence[Message]) -> ModerationJudgement:
        """Return the judgement of the last message alone. Raises an UnderstudyError of `faults`."""
        model = await self._find()
        endpoint = model.endpoint
        given = await asyncio.to_thread(_input_of, conversation[-1], model.blobs)
        body = {"model": endpoint.model, "input": given}
        whole = await model.connection.whole(_PATH, body, answer_tokens=0)
        try:
            answer = ReadModerations.model_validate_json(whole.content)
        except ValidationError as error:
            raise invalid_answer(endpoint, why_invalid(error)) from None
        if answer.model and not endpoint.is_answered_by(answer.model):
            raise other_model(endpoint, answer.model)
        if len(answer.results) != 1:
            raise invalid_answer(endpoint, f"it has {len(answer.results)} results for one text")
        judgement = _judgement(self.name, answer.results[0])
        if images_of(conversation[-1:]) and not any(
            "image" in found.applied_to for found in judgement.categories.values()
        ):
            raise ModerationFaultError(
                worded(
                    "chat.did_not_say_looked",
                    "{words} did not say that it looked at the image, so nothing was judged.",
                    words=endpoint.words,
                ),
                code="moderation_unreadable",
            )
        return judgement

    async def _find(self) -> RemoteModel:
        def find() -> RemoteModel:
            endpoint = self.served.catalogue().remotes.get(self.model)
            if endpoint is None or endpoint.task is not RemoteTask.MODERATION:
                raise NotFoundError(
                    worded(
                        "chat.remote_models_task_moderation",
                        '[remote_models."{model}"] with task = "moderation" is not there.',
                        model=self.model,
                    )
                )
            return self.served.remotes.get(endpoint)

        return await find_moderator(self.name, find)


def _input_of(message: Message, blobs: BlobStore) -> str | list[dict[str, Any]]:
    """Return what is judged of a message as `/moderations` takes it; reads its images' bytes."""
    images = images_of([message])
    if not images:
        return text_of(message)
    text = text_of(replace(message, parts=()))
    texts: list[dict[str, Any]] = [{"type": "text", "text": text}] if text.strip() else []
    return [*texts, *(image_part(image, blobs) for image in images)]


def _applied_to(
    applied: Mapping[str, Sequence[str] | None] | None, category: str
) -> tuple[InputType, ...]:
    if applied is None:
        return ("text",)
    said = applied.get(category) or ()
    return tuple(kind for kind in INPUT_TYPES if kind in said)


def _judgement(name: str, result: ReadModeration) -> ModerationJudgement:
    applied = result.category_applied_input_types
    judged: dict[str, CategoryJudgement] = {}
    for category in MODERATION_CATEGORIES:
        flagged, score = result.categories.get(category), result.category_scores.get(category)
        is_applied = applied is None or bool(applied.get(category))
        if flagged is not None and score is not None and is_applied:
            judged[category] = CategoryJudgement(
                score=score, is_flagged=flagged, applied_to=_applied_to(applied, category)
            )
    return ModerationJudgement(moderator=name, categories=judged, is_flagged=result.flagged)
