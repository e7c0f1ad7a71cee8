"""A remote model that answers `/moderations`, as OpenAI's does."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from understudy.answering.models import ServedModels
from understudy.answering.moderation.finding import find_moderator
from understudy.answering.remote.faults import invalid_answer, other_model
from understudy.answering.remote.generation import why_invalid
from understudy.answering.remote.model import RemoteModel
from understudy.answering.remote.wire import ReadModeration, ReadModerations
from understudy.chat.messages import Message
from understudy.errors import NotFoundError
from understudy.registry.remote_models import RemoteTask
from understudy.safety.categories import MODERATION_CATEGORIES
from understudy.safety.guards.guard import text_of
from understudy.safety.judgement import CategoryJudgement, ModerationJudgement

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

    async def check(self) -> None:
        """Raise an UnderstudyError when it is not configured any more or has no key."""
        (await self._find()).connection.key()

    async def judge(self, conversation: Sequence[Message]) -> ModerationJudgement:
        """Return the judgement of the last message alone. Raises an UnderstudyError of `faults`."""
        model = await self._find()
        endpoint = model.endpoint
        body = {"model": endpoint.model, "input": text_of(conversation[-1])}
        whole = await model.connection.whole(_PATH, body, answer_tokens=0)
        try:
            answer = ReadModerations.model_validate_json(whole.content)
        except ValidationError as error:
            raise invalid_answer(endpoint, why_invalid(error)) from None
        if answer.model and not endpoint.is_answered_by(answer.model):
            raise other_model(endpoint, answer.model)
        if len(answer.results) != 1:
            raise invalid_answer(endpoint, f"it has {len(answer.results)} results for one text")
        return _judgement(self.name, answer.results[0])

    async def _find(self) -> RemoteModel:
        def find() -> RemoteModel:
            endpoint = self.served.catalogue().remotes.get(self.model)
            if endpoint is None or endpoint.task is not RemoteTask.MODERATION:
                raise NotFoundError(
                    f'[remote_models."{self.model}"] with task = "moderation" is not there.'
                )
            return self.served.remotes.get(endpoint)

        return await find_moderator(self.name, find)


def _judgement(name: str, result: ReadModeration) -> ModerationJudgement:
    applied = result.category_applied_input_types
    judged: dict[str, CategoryJudgement] = {}
    for category in MODERATION_CATEGORIES:
        flagged, score = result.categories.get(category), result.category_scores.get(category)
        is_applied = applied is None or bool(applied.get(category))
        if flagged is not None and score is not None and is_applied:
            judged[category] = CategoryJudgement(score=score, is_flagged=flagged)
    return ModerationJudgement(moderator=name, categories=judged, is_flagged=result.flagged)
