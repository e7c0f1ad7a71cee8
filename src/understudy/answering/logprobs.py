"""How likely the tokens of an answer were, as it is sent."""

from collections.abc import Sequence

from understudy.chat.rendering.renderer import ChatRenderer
from understudy.inference.protocol import TokenEvent
from understudy.schemas.chat.answer import TokenLogprob, TopLogprob

# Stands at OpenAI for the logarithm of zero, which JSON cannot write.
_IMPOSSIBLE = -9999.0


def written_logprob(logprob: float) -> float:
    """Return a logarithm as JSON can write it."""
    return max(logprob, _IMPOSSIBLE)


def token_logprobs(renderer: ChatRenderer, tokens: Sequence[TokenEvent]) -> list[TokenLogprob]:
    """Return how likely each token was, and which others were the likeliest."""

    def likely(token_id: int, logprob: float) -> TopLogprob:
        written = renderer.bytes_of(token_id)
        return TopLogprob(
            # Half a character is written as the codes of its bytes.
            token=written.decode("utf-8", errors="backslashreplace"),
            logprob=written_logprob(logprob),
            bytes=list(written),
        )

    return [
        TokenLogprob(
            **dict(likely(token.token_id, token.logprob)),
            top_logprobs=[likely(*other) for other in token.likeliest],
        )
        for token in tokens
    ]
