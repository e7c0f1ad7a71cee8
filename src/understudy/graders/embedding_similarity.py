"""`text_similarity` with `cosine`: how alike the embeddings of two texts are."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import ClassVar, Protocol

from understudy.errors import UnderstudyError
from understudy.graders.grade import GradeErrors, GradingError
from understudy.graders.two_texts import TwoTexts
from understudy.wording import worded


class Embedder(Protocol):
    """The model whose vectors are compared."""

    async def check(self) -> None:
        """Raise an UnderstudyError when there is none."""
        ...

    async def embed(self, texts: tuple[str, ...]) -> Sequence[Sequence[float]]:
        """Return a vector for each text; raises an UnderstudyError when there can be none."""
        ...


@dataclass(frozen=True, kw_only=True)
class EmbeddingSimilarity(TwoTexts):
    """Scores from 0 to 1, where 1 is the same direction and 0 a right angle or more."""

    type: ClassVar[str] = "text_similarity"
    embedder: Embedder

    async def _compare(self, text: str, reference: str) -> float:
        if text == reference:
            return 1.0
        if not text.strip() or not reference.strip():
            # Nothing has no meaning that could be alike, and models refuse it.
            return 0.0
        try:
            left, right = await self.embedder.embed((text, reference))
        except UnderstudyError as error:
            raise GradingError(
                worded(
                    "graders.texts_could_not_embedded",
                    "The texts could not be embedded: {message}",
                    message=error.message,
                ),
                GradeErrors(other_error=True),
            ) from error
        return min(max(cosine(left, right), 0.0), 1.0)

    def _how(self) -> dict[str, str]:
        return {"metric": "cosine"}


def cosine(left: Sequence[float], right: Sequence[float]) -> float:
    """Return the cosine of the angle between two vectors; 0 where one of them is all zeros."""
    lengths = sqrt(sum(x * x for x in left)) * sqrt(sum(x * x for x in right))
    if lengths == 0:
        return 0.0
    return sum(x * y for x, y in zip(left, right, strict=True)) / lengths
