"""`score_model`: a model gives the score, after its reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from understudy.graders.grade import Finding
from understudy.graders.judged.asking import Inquiry, ask
from understudy.graders.judged.judge import Judge
from understudy.graders.judged.reasoning import reasoning_schema
from understudy.graders.sample import Item, Sample
from understudy.graders.template import Template


@dataclass(frozen=True, kw_only=True)
class ScoreModel:
    """Scores what the judge says, held within the range."""

    type: ClassVar[str] = "score_model"
    name: str
    inquiry: Inquiry
    least: float
    most: float
    pass_threshold: float
    judge: Judge

    @property
    def templates(self) -> Mapping[str, Template]:
        """Its templates by their places."""
        return self.inquiry.templates

    @property
    def range(self) -> tuple[float, float]:
        """What the judge's scores are held within."""
        return self.least, self.most

    async def find(self, sample: Sample, item: Item) -> Finding:
        """Ask the judge; raises GradingError when it gives no score."""
        reply = await ask(self.judge, self.inquiry, sample, item)
        result = reply.content.get("result")
        if isinstance(result, bool) or not isinstance(result, int | float):
            raise reply.unreadable("has no number as its 'result'")
        score = float(min(max(result, self.least), self.most))
        return replace(
            reply.finding,
            score=score,
            has_passed=score >= self.pass_threshold,
            evidence={**reply.finding.evidence, "result": result},
        )


def score_schema(least: float, most: float) -> Mapping[str, Any]:
    """Return what a judge's answer looks like."""
    return reasoning_schema({"type": "number", "minimum": least, "maximum": most})


def score_instruction(least: float, most: float) -> str:
    """Return the instruction to a judge about its answer."""
    return (
        f"Judge step by step, then give a score from {least:g} to {most:g}. Answer with a JSON "
        'object and nothing else: {"steps": [{"description": "what you looked at", '
        '"conclusion": "what you found"}], "result": your score}'
    )
