"""`text_similarity`: how alike two texts are, by one of ten measures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from understudy.graders.grade import Finding
from understudy.graders.metrics import Measure
from understudy.graders.sample import Item, Sample
from understudy.graders.template import Template


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

    @property
    def templates(self) -> Mapping[str, Template]:
        """Its templates by their places."""
        return {"input": self.input, "reference": self.reference}

    async def find(self, sample: Sample, item: Item) -> Finding:
        """Compare; raises GradingError for a variable without a value."""
        text, reference = self.input.fill(sample, item), self.reference.fill(sample, item)
        score = self.measure(text, reference)
        return Finding(
            score=score,
            has_passed=score >= self.pass_threshold,
            evidence={"input": text, "reference": reference, "metric": self.metric},
        )
