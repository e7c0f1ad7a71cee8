"""Moderation models whose answers a test chooses: one here, and one of another server."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.remote import Reply, Request
from understudy.chat.messages import Message
from understudy.errors import UnderstudyError
from understudy.safety.categories import MODERATION_CATEGORIES
from understudy.safety.judgement import CategoryJudgement, ModerationJudgement

MODEL = "omni-moderation-latest"
Scores = Mapping[str, float]
"""Category → score; from 0.5 on it is flagged."""


@dataclass(kw_only=True)
class ScriptedModerator:
    """Flags texts by the words in them, and fails where it is told to."""

    words: Mapping[str, Scores] = field(default_factory=dict)
    """A word → what a text is judged that holds it."""
    fails: Callable[[str], UnderstudyError | None] = lambda _: None
    """From a text to the error that comes instead of a judgement."""
    judged_categories: frozenset[str] = frozenset(MODERATION_CATEGORIES)
    name: str = "scripted"
    asked: list[Sequence[Message]] = field(default_factory=list)

    async def reads_images(self) -> bool:
        return False

    async def check(self) -> None:
        error = self.fails("")
        if error is not None:
            raise error

    async def judge(self, conversation: Sequence[Message]) -> ModerationJudgement:
        self.asked.append(conversation)
        text = conversation[-1].content or ""
        error = self.fails(text)
        if error is not None:
            raise error
        scores = scores_of(text, self.words)
        return ModerationJudgement(
            moderator=self.name,
            categories={
                category: CategoryJudgement(
                    score=scores.get(category, 0.01), is_flagged=scores.get(category, 0.0) >= 0.5
                )
                for category in self.judged_categories
            },
            is_flagged=any(score >= 0.5 for score in scores.values()),
        )


def scores_of(text: str, words: Mapping[str, Scores]) -> Scores:
    found: dict[str, float] = {}
    for word, scores in words.items():
        if word in text:
            found |= scores
    return found


def moderation(scores: Scores, *, model: str = MODEL) -> Reply:
    """An answer of `/moderations` in OpenAI's shape, for `FakeRemote`."""
    return Reply(body={"id": "modr-1", "model": model, "results": [_result(scores)]})


def moderating(words: Mapping[str, Scores]) -> Callable[[Request], Reply]:
    """What `FakeRemote.says(by=...)` takes: each text is judged by the words in it."""
    return lambda request: moderation(scores_of(request.body["input"], words))


def _result(scores: Scores) -> dict[str, Any]:
    return {
        "flagged": any(score >= 0.5 for score in scores.values()),
        "categories": {name: scores.get(name, 0.0) >= 0.5 for name in MODERATION_CATEGORIES},
        "category_scores": {name: scores.get(name, 0.01) for name in MODERATION_CATEGORIES},
        "category_applied_input_types": {name: ["text"] for name in MODERATION_CATEGORIES},
    }
