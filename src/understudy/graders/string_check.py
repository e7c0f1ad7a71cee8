"""`string_check`: one text is, is not, or holds another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from understudy.graders.two_texts import TwoTexts

Operation = Literal["eq", "ne", "like", "ilike"]

_HOLDS: Mapping[Operation, Callable[[str, str], bool]] = {
    "eq": lambda text, reference: text == reference,
    "ne": lambda text, reference: text != reference,
    "like": lambda text, reference: reference in text,
    "ilike": lambda text, reference: reference.casefold() in text.casefold(),
}


@dataclass(frozen=True, kw_only=True)
class StringCheck(TwoTexts):
    """Scores 1 when the operation holds, else 0."""

    type: ClassVar[str] = "string_check"
    operation: Operation

    async def _compare(self, text: str, reference: str) -> float:
        return float(_HOLDS[self.operation](text, reference))

    def _how(self) -> dict[str, str]:
        return {"operation": self.operation}
