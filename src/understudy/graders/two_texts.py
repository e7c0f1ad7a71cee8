"""What the graders that compare two texts share: where the texts come from, and the finding."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from understudy.graders.grade import Finding, quoted
from understudy.graders.sample import Item, Sample
from understudy.graders.template import Template


@dataclass(frozen=True, kw_only=True)
class TwoTexts(ABC):
    """Fills two templates and scores what they make, from 0 to 1."""

    name: str
    input: Template
    reference: Template
    pass_threshold: float
    range: tuple[float, float] = (0.0, 1.0)

    @property
    def templates(self) -> Mapping[str, Template]:
        """Its templates by their places."""
        return {"input": self.input, "reference": self.reference}

    async def find(self, sample: Sample, item: Item) -> Finding:
        """Compare; raises GradingError for a variable without a value, or when it cannot."""
        text, reference = self.input.fill(sample, item), self.reference.fill(sample, item)
        score = await self._compare(text, reference)
        return Finding(
            score=score,
            has_passed=score >= self.pass_threshold,
            evidence={
                "input": quoted(text),
                "reference": quoted(reference),
                **self._how(),
            },
        )

    @abstractmethod
    async def _compare(self, text: str, reference: str) -> float:
        """Return the score; raises GradingError."""

    @abstractmethod
    def _how(self) -> dict[str, str]:
        """Return how the texts are compared, as the evidence shows it."""
