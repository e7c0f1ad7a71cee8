"""How likely a model says each of some answers: exact sums over all of their tokens."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from understudy.answering.asking import Attempts, Patience
from understudy.answering.moderation.together import together
from understudy.answering.prompt import Prompt
from understudy.errors import OverloadedError, UnavailableError
from understudy.inference.client import EngineClient
from understudy.inference.protocol import GenerateRequest, PromptEvent, Sampling, StartEvent

_NOTHING = Sampling(
    temperature=0.0,
    top_p=1.0,
    max_tokens=0,
    seed=None,
    stop_ids=(),
    top_logprobs=0,
    frequency_penalty=0.0,
    presence_penalty=0.0,
    logit_bias=(),
)
# One request must not fill the engine's queue with its answers.
_AT_ONCE = 16


@dataclass(frozen=True, kw_only=True)
class ScoredAnswers:
    """How likely each answer is."""

    log_probabilities: tuple[float, ...]
    """In nats, each summed over the tokens of an answer and the one that ends it."""
    cached_tokens: int
    """How many tokens of the prompt had been read before."""


async def score_answers(
    engine: EngineClient,
    prompt: Prompt,
    answers: Sequence[tuple[int, ...]],
    *,
    request_id: str,
    patience: Patience,
) -> ScoredAnswers:
    """Return how likely each of some answers is; the prompt is read once for all of them.

    Raises what `EngineClient.generate` raises.
    """
    scored: list[_Scored] = []
    for start in range(0, len(answers), _AT_ONCE):
        some = answers[start : start + _AT_ONCE]
        scored += await together(
            _score(engine, prompt, answer, f"{request_id}-{start + at}", patience)
            for at, answer in enumerate(some)
        )
    return ScoredAnswers(
        log_probabilities=tuple(one.log_probability for one in scored),
        cached_tokens=min(one.cached_tokens for one in scored),
    )


@dataclass(frozen=True, kw_only=True)
class _Scored:
    log_probability: float
    cached_tokens: int


async def _score(
    engine: EngineClient,
    prompt: Prompt,
    answer: tuple[int, ...],
    request_id: str,
    patience: Patience,
) -> _Scored:
    request = GenerateRequest(
        request_id=request_id,
        model=prompt.model.weights,
        prompt_ids=(*prompt.ids, *answer),
        sampling=_NOTHING,
        prompt_logprobs=True,
        scored_from=len(prompt.ids),
        images=prompt.images,
    )
    attempts = Attempts(patience)
    while True:
        try:
            return await _read(engine, request, len(prompt.ids))
        except (OverloadedError, UnavailableError) as error:
            await attempts.wait_after(error)


async def _read(engine: EngineClient, request: GenerateRequest, prompt_tokens: int) -> _Scored:
    log_probability, cached = 0.0, 0
    async with aclosing(engine.generate(request)) as events:
        async for event in events:
            if isinstance(event, StartEvent):
                cached = min(event.cached_tokens, prompt_tokens)
            elif isinstance(event, PromptEvent):
                log_probability += sum(token.logprob for token in event.tokens)
    return _Scored(log_probability=log_probability, cached_tokens=cached)
