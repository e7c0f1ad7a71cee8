"""All choices of one answer: engine tokens in, text and tool calls out, as they are made."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from understudy.answering.merging import merge
from understudy.answering.models import ServedModel
from understudy.answering.plan import ChatPlan
from understudy.answering.visible_tokens import VisibleTokens
from understudy.chat.grammar.answer_grammar import Grammar
from understudy.chat.parsing.deltas import Delta, ReasoningDelta, ToolCallDelta
from understudy.errors import InvalidRequestError
from understudy.inference.client import EngineClient
from understudy.inference.protocol import (
    FinishEvent,
    GenerateRequest,
    Sampling,
    StartEvent,
    TokenEvent,
)
from understudy.schemas.chat.answer import FinishReason

# One request must not fill the engine's queue with its choices.
_CHOICES_AT_ONCE = 8
SEEDS = 2**63
# Far from what real text needs, so that nothing is refused wrongly.
_LEAST_TOKENS_PER_MESSAGE = 2
MOST_CHARACTERS_PER_TOKEN = 128


@dataclass(frozen=True, kw_only=True)
class Piece:
    """More of one choice."""

    choice: int
    delta: Delta
    tokens: tuple[TokenEvent, ...] | None
    """The tokens behind the delta's text, when probabilities were asked for."""


@dataclass(frozen=True, kw_only=True)
class End:
    """The end of one choice."""

    choice: int
    finish_reason: FinishReason
    ids: tuple[int, ...]
    """What the model wrote, without the token that ended it."""
    reasoning_tokens: int
    """How many of them the model spent on thinking before it answered."""
    cached_tokens: int
    """How many tokens of the prompt had been read before."""


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """What a model is asked, in its own tokens."""

    model: ServedModel
    ids: tuple[int, ...]
    room: int
    """Tokens that an answer may have."""
    grammar: Grammar | None
    """What the answer has to be; None for any text."""


@dataclass(frozen=True, kw_only=True)
class ReadTokens:
    """A prompt and its answer as a model read and wrote them."""

    renderer_hash: str
    """Tokenizer and template that the tokens belong to."""
    ids: tuple[int, ...]


def make_prompt(
    plan: ChatPlan, model: ServedModel, *, read: ReadTokens | None = None, param: str = "messages"
) -> Prompt:
    """Render the conversation, in the tokens that were `read` of it before where they still fit.

    Blocks. Raises InvalidRequestError about `param` when it is too long.
    """
    model = replace(model, renderer=model.renderer.thinking(plan.effort))
    longest = model.renderer.context_length
    # Rendering takes seconds for conversations that no context could hold: refuse these unread.
    least = max(
        _LEAST_TOKENS_PER_MESSAGE * len(plan.messages),
        sum(len(message.content or "") for message in plan.messages) // MOST_CHARACTERS_PER_TOKEN,
    )
    if least >= longest:
        raise _does_not_fit(longest, f"at least {least}", param)
    is_same_renderer = read is not None and read.renderer_hash == model.renderer.hash
    kept = read.ids if read is not None and is_same_renderer else ()
    ids = tuple(model.renderer.prompt_ids(plan.messages, plan.tools, read=kept))
    if len(ids) >= longest:
        raise _does_not_fit(longest, str(len(ids)), param)
    room = longest - len(ids)
    return Prompt(
        model=model,
        ids=ids,
        room=min(room, plan.most_tokens or room),
        grammar=model.renderer.grammar(plan.tools, plan.tool_choice, plan.text_form, prompt=ids),
    )


def _does_not_fit(longest: int, resulted_in: str, param: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"This model's maximum context length is {longest} tokens. However, your {param} "
        f"resulted in {resulted_in} tokens. Please reduce the length of the {param}.",
        code="context_length_exceeded",
        param=param,
    )


async def generate(
    engine: EngineClient, plan: ChatPlan, prompt: Prompt, request_id: str
) -> AsyncGenerator[Piece | End, None]:
    """Yield the pieces of every choice as they are made, each choice ending with an `End`.

    Closing the generator cancels what is still being made.
    """
    sources = [_choice(engine, plan, prompt, request_id, i) for i in range(plan.choices)]
    async with aclosing(merge(sources, at_once=_CHOICES_AT_ONCE)) as pieces:
        async for piece in pieces:
            yield piece


async def _choice(
    engine: EngineClient, plan: ChatPlan, prompt: Prompt, request_id: str, index: int
) -> AsyncGenerator[Piece | End, None]:
    parser = prompt.model.renderer.answer_parser(
        prompt=prompt.ids, stop=plan.stop, parse_tools=bool(plan.tools), tools=plan.tools
    )
    detokenizer = prompt.model.renderer.detokenizer()
    visible_tokens = None if plan.top_logprobs is None else VisibleTokens()
    thinking = _Thinking()
    ids: list[int] = []
    has_calls, cached_tokens, reason = False, 0, "stop"
    async with aclosing(engine.generate(_request(plan, prompt, request_id, index))) as events:
        async for event in events:
            if isinstance(event, StartEvent):
                cached_tokens = event.cached_tokens
                continue
            if isinstance(event, FinishEvent):
                reason = event.reason
                break
            assert isinstance(event, TokenEvent), "no prompt is scored here"
            ids.append(event.token_id)
            text = detokenizer.feed(event.token_id)
            if visible_tokens is not None:
                visible_tokens.write(event, text)
            deltas = parser.feed_text(text)
            thinking.add(deltas)
            for piece in _pieces(index, deltas, visible_tokens):
                has_calls = has_calls or isinstance(piece.delta, ToolCallDelta)
                yield piece
            is_last_call = not plan.tool_choice.is_parallel and parser.finished_calls > 0
            if parser.is_stopped or is_last_call:
                break
    rest = detokenizer.finish()
    if visible_tokens is not None:
        visible_tokens.write_rest(rest)
    for piece in _pieces(index, parser.feed_text(rest) + parser.finish(), visible_tokens):
        yield piece
    finish_reason: FinishReason = "length" if reason == "length" else "stop"
    if has_calls and finish_reason == "stop":
        finish_reason = plan.call_finish_reason
    yield End(
        choice=index,
        finish_reason=finish_reason,
        ids=tuple(ids),
        reasoning_tokens=thinking.tokens,
        cached_tokens=cached_tokens,
    )


def _pieces(
    index: int, deltas: Sequence[Delta], visible_tokens: VisibleTokens | None
) -> list[Piece]:
    return [
        Piece(
            choice=index,
            delta=delta,
            tokens=visible_tokens.behind(delta) if visible_tokens is not None else None,
        )
        for delta in deltas
    ]


class _Thinking:
    """Counts the tokens of reasoning: those up to its last piece that is told."""

    def __init__(self) -> None:
        self.tokens = 0
        self._untold = 0

    def add(self, deltas: Sequence[Delta]) -> None:
        """Count a token and what it completed."""
        self._untold += 1
        if deltas and all(isinstance(delta, ReasoningDelta) for delta in deltas):
            self.tokens += self._untold
        if deltas:
            self._untold = 0


def _request(plan: ChatPlan, prompt: Prompt, request_id: str, index: int) -> GenerateRequest:
    return GenerateRequest(
        request_id=f"{request_id}-{index}",
        model=prompt.model.weights,
        prompt_ids=prompt.ids,
        sampling=Sampling(
            temperature=plan.temperature,
            top_p=plan.top_p,
            max_tokens=prompt.room,
            seed=None if plan.seed is None else (plan.seed + index) % SEEDS,
            stop_ids=prompt.model.renderer.stop_ids,
            top_logprobs=plan.top_logprobs or 0,
            frequency_penalty=plan.frequency_penalty,
            presence_penalty=plan.presence_penalty,
            logit_bias=plan.logit_bias,
        ),
        grammar=None if prompt.grammar is None else prompt.grammar.text,
        reluctant_ids=() if prompt.grammar is None else prompt.grammar.reluctant_ids,
    )
