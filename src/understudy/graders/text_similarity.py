"""`text_similarity`: how alike two texts are, by one of ten measures."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from understudy.graders.grade import GradeErrors, GradingError
from understudy.graders.metrics.fuzzy import TooLongError
from understudy.graders.metrics.measures import Measure
from understudy.graders.two_texts import TwoTexts
from understudy.wording import worded

# In characters of both texts: from here on a comparison takes milliseconds, or seconds.
_LONG, _TOO_LONG = 2000, 500_000


@dataclass(frozen=True, kw_only=True)
class TextSimilarity(TwoTexts):
    """Scores from 0 to 1, where 1 is equal as far as the measure can tell."""

    type: ClassVar[str] = "text_similarity"
    metric: str
    measure: Measure

    async def _compare(self, text: str, reference: str) -> float:
        length = len(text) + len(reference)
        try:
            if length < _LONG:
                return self.measure(text, reference)
            if length < _TOO_LONG:
                return await asyncio.to_thread(self.measure, text, reference)
        except TooLongError as error:
            raise GradingError(f"{error}.", GradeErrors(other_error=True)) from None
        raise GradingError(
            worded(
                "graders.texts_characters_together_which",
                "The texts have {length} characters together, of which {too_long} can be compared.",
                length=length,
                too_long=_TOO_LONG,
            ),
            GradeErrors(other_error=True),
        )

    def _how(self) -> dict[str, str]:
        return {"metric": self.metric}
