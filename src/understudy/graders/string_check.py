"""`string_check`: one text is, is not, or holds another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from understudy.graders.grade import Finding, quoted
from understudy.graders.sample import Item, Sample
from understudy.graders.template import Template

Operation = Literal["eq", "ne", "like", "ilike"]

_HOLDS: Mapping[Operation, Callable[[str, str], bool]] = {
    "eq": lambda text, reference: text == reference,
    "ne": lambda text, reference: text != reference,
    "like": lambda text, reference: reference in text,
    "ilike": lambda text, reference: reference.casefold() in text.casefold(),
}


@dataclass(frozen=True, kw_only=True)
class StringCheck:
    """Scores 1 when the operation holds, else 0."""

    type: ClassVar[str] = "string_check"
    name: str
    input: Template
    reference: Template
    operation: Operation
    pass_threshold: float
    range: tuple[float, float] = (0.0, 1.0)

    @property
    def templates(self) -> Mapping[str, Template]:
        """Its templates by their places."""
        return {"input": self.input, "reference": self.reference}

    async def find(self, sample: Sample, item: Item) -> Finding:
        """Compare; raises GradingError for a variable without a value."""
        text, reference = self.input.fill(sample, item), self.reference.fill(sample, item)
        score = float(_HOLDS[self.operation](text, reference))
        return Finding(
            score=score,
            has_passed=score >= self.pass_threshold,
            evidence={
                "input": quoted(text),
                "reference": quoted(reference),
                "operation": self.operation,
            },
        )
