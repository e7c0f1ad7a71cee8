"""`text_similarity`: how alike two texts are, by one of ten measures."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from understudy.graders.grade import Finding, GradeErrors, GradingError, quoted
from understudy.graders.metrics.fuzzy import TooLongError
from understudy.graders.metrics.measures import Measure
from understudy.graders.sample import Item, Sample
from understudy.graders.template import Template

# In characters of both texts: from here on a comparison takes milliseconds, or seconds.
_LONG, _TOO_LONG = 2000, 500_000


@dataclass(frozen=True, kw_only=True)
class TextSimilarity:
    """Scores from 0 to 1, where 1 is equal as far as the measure can tell."""

    type: ClassVar[str] = "text_similarity"
    name: str
    input: Template
    reference: Template
    metric: str
    measure: Measure
    pass_threshold: float
    range: tuple[float, float] = (0.0, 1.0)

    @property
    def templates(self) -> Mapping[str, Template]:
        """Its templates by their places."""
        return {"input": self.input, "reference": self.reference}

    async def find(self, sample: Sample, item: Item) -> Finding:
        """Compare; raises GradingError for a variable without a value."""
        text, reference = self.input.fill(sample, item), self.reference.fill(sample, item)
        score = await self._compare(text, reference)
        return Finding(
            score=score,
            has_passed=score >= self.pass_threshold,
            evidence={
                "input": quoted(text),
                "reference": quoted(reference),
                "metric": self.metric,
            },
        )

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
            f"The texts have {length} characters together, of which {_TOO_LONG} can be compared.",
            GradeErrors(other_error=True),
        )
