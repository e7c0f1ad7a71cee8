"""How many tokens an answer cost."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class AnswerUsage:
    """Tokens read and written, over all choices; the prompt counts once."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    """Tokens of the prompt that had been read before."""
    reasoning_tokens: int
    """Tokens of the completion that were spent on reasoning."""

    @property
    def total_tokens(self) -> int:
        """Those of the prompt and those of the completion."""
        return self.prompt_tokens + self.completion_tokens
