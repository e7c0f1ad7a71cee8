"""`label_model`: a model chooses a label, after its reasons; some labels pass."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from understudy.graders.grade import Finding
from understudy.graders.judged.asking import Inquiry, ask
from understudy.graders.judged.judge import Judge
from understudy.graders.judged.reasoning import reasoning_schema
from understudy.graders.sample import Item, Sample
from understudy.graders.template import Template


@dataclass(frozen=True, kw_only=True)
class LabelModel:
    """Scores 1 for a label that passes, else 0."""

    type: ClassVar[str] = "label_model"
    name: str
    inquiry: Inquiry
    labels: tuple[str, ...]
    passing_labels: frozenset[str]
    judge: Judge
    range: tuple[float, float] = (0.0, 1.0)

    @property
    def templates(self) -> Mapping[str, Template]:
        """Its templates by their places."""
        return self.inquiry.templates

    async def find(self, sample: Sample, item: Item) -> Finding:
        """Ask the judge; raises GradingError when it chooses none of the labels."""
        reply = await ask(self.judge, self.inquiry, sample, item)
        label = reply.content.get("result")
        if label not in self.labels:
            raise reply.unreadable(f"has none of the labels {', '.join(self.labels)} as 'result'")
        has_passed = label in self.passing_labels
        return replace(
            reply.finding,
            score=float(has_passed),
            has_passed=has_passed,
            evidence={**reply.finding.evidence, "label": label},
        )


def label_schema(labels: Sequence[str]) -> Mapping[str, Any]:
    """Return what a judge's answer looks like."""
    return reasoning_schema({"type": "string", "enum": list(labels)})


def label_instruction(labels: Sequence[str]) -> str:
    """Return the instruction to a judge about its answer."""
    return (
        f"Judge step by step, then choose one label of {json.dumps(labels, ensure_ascii=False)}. "
        'Answer with a JSON object and nothing else: {"steps": [{"description": '
        '"what you looked at", "conclusion": "what you found"}], "result": "the label"}'
    )
