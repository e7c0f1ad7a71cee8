"""All answers to the prompts of Completions: engine tokens in, text out, as it is made."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Literal

from understudy.answering.completions.plan import TextPlan
from understudy.answering.merging import merge
from understudy.answering.visible_tokens import VisibleTokens
from understudy.chat.parsing.deltas import Delta, TextDelta
from understudy.inference.client import EngineClient
from understudy.inference.protocol import (
    FinishEvent,
    GenerateRequest,
    PromptEvent,
    StartEvent,
    TokenEvent,
)

# One request must not fill the engine's queue with its answers.
_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class ScoredPrompt:
    """The probabilities of a prompt's tokens, all but the first."""

    answer: int
    tokens: tuple[TokenEvent, ...]


@dataclass(frozen=True, kw_only=True)
class TextPiece:
    """More of one answer."""

    answer: int
    """Counted over all prompts: the answers to one prompt stand together."""
    text: str
    tokens: tuple[TokenEvent, ...]
    """The tokens behind the text."""


@dataclass(frozen=True, kw_only=True)
class TextEnd:
    """The end of one answer."""

    answer: int
    finish_reason: Literal["stop", "length"]
    tokens: int
    cached_tokens: int
    """How many tokens of the prompt had been read before."""
    mean_logprob: float
    """Over the tokens that were made; 0 when there are none."""


TextPieces = AsyncGenerator[ScoredPrompt | TextPiece | TextEnd, None]


async def generate_text(engine: EngineClient, plan: TextPlan, request_id: str) -> TextPieces:
    """Yield the pieces of every answer as they are made, each answer ending with a `TextEnd`.

    Closing the generator cancels what is still being made.
    """
    answers = range(len(plan.prompts) * plan.candidates)
    sources = [_answer(engine, plan, request_id, answer) for answer in answers]
    async with aclosing(merge(sources, at_once=_AT_ONCE)) as pieces:
        async for piece in pieces:
            yield piece


async def _answer(engine: EngineClient, plan: TextPlan, request_id: str, answer: int) -> TextPieces:
    parser = plan.model.renderer.text_parser(stop=plan.stop)
    detokenizer = plan.model.renderer.detokenizer()
    visible = VisibleTokens()
    logprobs: list[float] = []
    prompt_tokens: list[TokenEvent] = []
    is_prompt_told, cached_tokens = False, 0
    reason: Literal["stop", "length"] = "stop"

    def pieces(deltas: list[Delta]) -> list[TextPiece]:
        return [
            TextPiece(answer=answer, text=delta.text, tokens=visible.behind(delta))
            for delta in deltas
            if isinstance(delta, TextDelta)
        ]

    async with aclosing(engine.generate(_request(plan, request_id, answer))) as events:
        async for event in events:
            if isinstance(event, StartEvent):
                cached_tokens = event.cached_tokens
                continue
            if isinstance(event, PromptEvent):
                prompt_tokens += event.tokens
                continue
            if plan.is_prompt_scored and not is_prompt_told:
                is_prompt_told = True
                yield ScoredPrompt(answer=answer, tokens=tuple(prompt_tokens))
            if isinstance(event, FinishEvent):
                reason = event.reason
                break
            logprobs.append(event.logprob)
            text = detokenizer.feed(event.token_id)
            visible.write(event, text)
            for piece in pieces(parser.feed_text(text)):
                yield piece
            if parser.is_stopped:
                break
    rest = detokenizer.finish()
    visible.write_rest(rest)
    for piece in pieces(parser.feed_text(rest) + parser.finish()):
        yield piece
    yield TextEnd(
        answer=answer,
        finish_reason=reason,
        tokens=len(logprobs),
        cached_tokens=cached_tokens,
        mean_logprob=sum(logprobs) / max(1, len(logprobs)),
    )


def _request(plan: TextPlan, request_id: str, answer: int) -> GenerateRequest:
    prompt, candidate = divmod(answer, plan.candidates)
    return GenerateRequest(
        request_id=f"{request_id}-{answer}",
        model=plan.model.weights,
        prompt_ids=plan.prompts[prompt].ids,
        sampling=replace(plan.sampling, seed=plan.seed_of(candidate)),
        # An answer of no tokens is made only where a prompt is scored.
        prompt_logprobs=plan.is_prompt_scored or plan.sampling.max_tokens == 0,
    )
