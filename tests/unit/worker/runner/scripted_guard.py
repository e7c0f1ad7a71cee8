"""A moderation model that judges by a word, or not at all, as a test wants it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from understudy.chat.messages import Message
from understudy.errors import UnderstudyError
from understudy.safety.categories import RELEASE_CATEGORIES
from understudy.safety.judgement import CategoryJudgement, ModerationJudgement


@dataclass
class ScriptedGuard:
    name: str = "guard"
    categories: frozenset[str] = frozenset(RELEASE_CATEGORIES)
    flags: str = "never said"
    """Answers that hold this are flagged; every answer holds nothing."""
    error: UnderstudyError | None = None
    """Raised instead of a judgement."""
    fails_first: int | None = None
    """Only so many judgements fail; None lets all fail."""
    seconds: float = 0.0
    judged: int = 0

    @property
    def judged_categories(self) -> frozenset[str]:
        return self.categories

    async def reads_images(self) -> bool:
        return False

    async def check(self) -> None:
        return None

    async def judge(self, conversation: Sequence[Message]) -> ModerationJudgement:
        await asyncio.sleep(self.seconds)
        self.judged += 1
        is_to_fail = self.fails_first is None or self.judged <= self.fails_first
        if self.error is not None and is_to_fail:
            raise self.error
        is_flagged = self.flags in (conversation[-1].content or "")
        return ModerationJudgement(
            moderator=self.name,
            categories={
                category: CategoryJudgement(score=float(is_flagged), is_flagged=is_flagged)
                for category in self.categories
            },
            is_flagged=is_flagged,
        )
