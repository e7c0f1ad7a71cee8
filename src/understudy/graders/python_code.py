"""`python`: the score is what the owner's own `grade(sample, item)` returns, run in a sandbox."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from understudy.chat.messages import JsonObject
from understudy.graders.grade import Finding
from understudy.graders.sample import Item, Sample
from understudy.graders.template import Template


@dataclass(frozen=True, kw_only=True)
class Code:
    """Somebody's code."""

    owner: str
    """Whose it is: the same text of two owners never runs in one process."""
    source: str


@dataclass(frozen=True, kw_only=True)
class CodeResult:
    """What the code did with one sample."""

    score: float
    """Finite."""
    printed: str
    """The beginning of what it wrote to its standard output."""


class Sandbox(Protocol):
    """Runs code of users where it can do no harm."""

    async def check(self, code: Code, *, param: str) -> None:
        """Load the code without grading anything.

        Raises InvalidRequestError at `param`: the code does not load or has no `grade`, or there
        is no sandbox here (`python_grader_unavailable`).
        """
        ...

    async def grade(self, code: Code, sample: JsonObject, item: JsonObject) -> CodeResult:
        """Call the code's `grade`; raises GradingError for whatever keeps it from a score."""
        ...

    async def close(self) -> None:
        """End the processes that it holds."""
        ...


@dataclass(frozen=True, kw_only=True)
class PythonCode:
    """Scores what the code returns."""

    type: ClassVar[str] = "python"
    name: str
    code: Code
    pass_threshold: float
    sandbox: Sandbox
    range: tuple[float, float] = (0.0, 1.0)

    @property
    def templates(self) -> Mapping[str, Template]:
        """The code has none: it reads sample and item itself."""
        return {}

    async def find(self, sample: Sample, item: Item) -> Finding:
        """Run the code; raises GradingError when it gives no score."""
        fields = {"output_json": None, **sample.fields}
        result = await self.sandbox.grade(self.code, fields, item)
        return Finding(
            score=result.score,
            has_passed=result.score >= self.pass_threshold,
            evidence={"returned": result.score, "printed": result.printed},
        )
