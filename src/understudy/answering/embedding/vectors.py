"""What a model that makes vectors is given, and what it gives."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class EmbeddingInputs:
    """What to make vectors of: texts, or tokens that the caller made with the model's tokenizer."""

    texts: tuple[str, ...] = ()
    tokens: tuple[tuple[int, ...], ...] = ()
    """Empty where there are texts."""
    dimensions: int | None = None
    """Numbers that each vector has; None leaves that to the model."""

    @property
    def count(self) -> int:
        """How many vectors are wanted."""
        return len(self.texts) or len(self.tokens)


@dataclass(frozen=True, kw_only=True)
class Vectors:
    """The vectors of some inputs, in their order."""

    vectors: Sequence[Sequence[float]]
    tokens: int | None
    """Tokens that were read; None where a remote server did not say."""
