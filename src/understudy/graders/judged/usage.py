"""How many tokens a judge read and wrote."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class TokenUsage:
    """Tokens of one model's calls."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int

    @property
    def total_tokens(self) -> int:
        """All of them."""
        return self.prompt_tokens + self.completion_tokens


def total_usage(parts: Iterable[Mapping[str, TokenUsage]]) -> dict[str, TokenUsage]:
    """Add up usages, model by model."""
    totals: dict[str, TokenUsage] = {}
    for part in parts:
        for model, usage in part.items():
            before = totals.get(
                model, TokenUsage(prompt_tokens=0, completion_tokens=0, cached_tokens=0)
            )
            totals[model] = TokenUsage(
                prompt_tokens=before.prompt_tokens + usage.prompt_tokens,
                completion_tokens=before.completion_tokens + usage.completion_tokens,
                cached_tokens=before.cached_tokens + usage.cached_tokens,
            )
    return totals
