"""Requests, an engine driven by hand, and slow obvious answers to compare with."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import peft
import torch
from transformers import AutoModelForCausalLM

from understudy.chat.images.placing import PlacedImage
from understudy.inference.engine.engine import Engine
from understudy.inference.engine.rows import BatchRow
from understudy.inference.engine.tickets import Ticket, ticket_for
from understudy.inference.protocol import (
    FinishEvent,
    GenerateRequest,
    LikelyToken,
    ModelRef,
    Priority,
    PromptEvent,
    Sampling,
    StartEvent,
    TokenEvent,
)
from understudy.modeling.loading import ONE_LOAD_AT_A_TIME

# peft still asks for a property that transformers has renamed.
PEFT_WARNING = "ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"

RAGGED_PROMPTS = [[5, 6, 7], [8], [9, 10, 11, 12, 13, 14, 15, 16, 17], [5, 6, 7, 30], [40] * 90]


def request_for(
    base: Path,
    prompt: Sequence[int],
    *,
    adapter: Path | None = None,
    temperature: float = 0.0,
    top_p: float = 1.0,
    max_tokens: int = 12,
    seed: int | None = None,
    stop_ids: tuple[int, ...] = (),
    top_logprobs: int = 0,
    frequency_penalty: float = 0.0,
    presence_penalty: float = 0.0,
    logit_bias: tuple[tuple[int, float], ...] = (),
    prompt_logprobs: bool = False,
    scored_from: int = 1,
    grammar: str | None = None,
    images: tuple[PlacedImage, ...] = (),
    priority: Priority = Priority.INTERACTIVE,
) -> GenerateRequest:
    return GenerateRequest(
        request_id="req_test",
        model=ModelRef(
            base=base.name,
            base_directory=str(base),
            adapter=adapter and adapter.name,
            adapter_directory=adapter and str(adapter),
        ),
        prompt_ids=tuple(prompt),
        sampling=Sampling(
            temperature=temperature,
            top_p=top_p,
            max_tokens=max_tokens,
            seed=seed,
            stop_ids=stop_ids,
            top_logprobs=top_logprobs,
            frequency_penalty=frequency_penalty,
            presence_penalty=presence_penalty,
            logit_bias=logit_bias,
        ),
        prompt_logprobs=prompt_logprobs,
        scored_from=scored_from,
        grammar=grammar,
        images=images,
        priority=priority,
    )


@dataclass
class Answer:
    tokens: list[int]
    logprobs: list[float]
    finish: FinishEvent | None
    likeliest: list[tuple[LikelyToken, ...]] = field(default_factory=list)
    prompt: list[TokenEvent] = field(default_factory=list)
    """The prompt's tokens, of a request that had them scored."""
    cached: int | None = None
    """How many of the prompt's tokens were known before."""


def admit(engine: Engine, request: GenerateRequest) -> Ticket:
    ticket = ticket_for(request)
    adapter = ticket.adapter and engine.bank.get(ticket.adapter)
    engine.admit(BatchRow(ticket, adapter, images=engine.look(request)))
    return ticket


def answer_all(engine: Engine, requests: Sequence[GenerateRequest]) -> list[Answer]:
    """Run requests together; one more is admitted at each step, while the others decode."""
    answers: dict[Ticket, Answer] = defaultdict(lambda: Answer([], [], None))
    tickets: list[Ticket] = []
    waiting = list(requests)
    while waiting or engine.row_count:
        if waiting and engine.has_free_row:
            tickets.append(admit(engine, waiting.pop(0)))
        for ticket, event in engine.step():
            if isinstance(event, TokenEvent):
                answers[ticket].tokens.append(event.token_id)
                answers[ticket].logprobs.append(event.logprob)
                answers[ticket].likeliest.append(event.likeliest)
            elif isinstance(event, StartEvent):
                assert answers[ticket].cached is None
                answers[ticket].cached = event.cached_tokens
            elif isinstance(event, PromptEvent):
                assert not answers[ticket].tokens
                answers[ticket].prompt += event.tokens
            else:
                assert isinstance(event, FinishEvent), event
                answers[ticket].finish = event
    return [answers[ticket] for ticket in tickets]


def expected_greedy(
    base: Path, prompt: Sequence[int], *, adapter: Path | None = None, max_tokens: int = 12
) -> Answer:
    """What transformers generates alone, with the log-probabilities of one whole forward."""
    # A scheduler may be loading the same model in its own thread.
    with ONE_LOAD_AT_A_TIME:
        model = AutoModelForCausalLM.from_pretrained(base)
    if adapter is not None:
        model = peft.PeftModel.from_pretrained(model, adapter)
    ids = torch.tensor([prompt])
    with torch.inference_mode():
        whole = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            do_sample=False,
            max_new_tokens=max_tokens,
            eos_token_id=None,
            pad_token_id=0,
        )
        logprobs = model(whole).logits[0].log_softmax(-1)
    tokens = whole[0, len(prompt) :].tolist()
    places = range(len(prompt) - 1, len(prompt) - 1 + len(tokens))
    values = [float(logprobs[place, token]) for place, token in zip(places, tokens, strict=True)]
    return Answer(tokens, values, None)
