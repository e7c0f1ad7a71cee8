"""All choices of one answer to a conversation, as they are made."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from understudy.answering.decoding import (
    AnswerEnd,
    AnswerPiece,
    AnswerRequest,
    ScoredPrompt,
    decode,
)
from understudy.answering.plan import AnswerPlan, seed_of_choice
from understudy.answering.prompt import AnyPrompt, Prompt
from understudy.answering.remote.generation import generate_remotely
from understudy.answering.remote.prompt import RemotePrompt
from understudy.inference.client import EngineClient
from understudy.inference.protocol import GenerateRequest, Sampling

Pieces = AsyncGenerator[AnswerPiece | AnswerEnd, None]


async def generate(
    engine: EngineClient, plan: AnswerPlan, prompt: AnyPrompt, request_id: str
) -> Pieces:
    """Yield the pieces of every choice as they are made, each choice ending with an `AnswerEnd`.

    Closing the generator cancels what is still being made.
    """
    if isinstance(prompt, RemotePrompt):
        async with aclosing(generate_remotely(plan, prompt)) as remote_pieces:
            async for piece in remote_pieces:
                yield piece
        return
    requests = [_answer_request(plan, prompt, request_id, i) for i in range(plan.choices)]
    async with aclosing(decode(engine, requests)) as pieces:
        async for piece in pieces:
            assert not isinstance(piece, ScoredPrompt), "no prompt is scored here"
            yield piece


def _answer_request(
    plan: AnswerPlan, prompt: Prompt, request_id: str, choice: int
) -> AnswerRequest:
    renderer = prompt.model.renderer
    return AnswerRequest(
        request=_engine_request(plan, prompt, request_id, choice),
        parser=renderer.answer_parser(
            prompt=prompt.ids, stop=plan.stop, parse_tools=bool(plan.tools), tools=plan.tools
        ),
        detokenizer=renderer.detokenizer(),
        call_finish_reason=plan.call_finish_reason,
        is_single_call=not plan.tool_choice.is_parallel,
        has_visible_tokens=plan.top_logprobs is not None,
    )


def _engine_request(
    plan: AnswerPlan, prompt: Prompt, request_id: str, choice: int
) -> GenerateRequest:
    return GenerateRequest(
        request_id=f"{request_id}-{choice}",
        model=prompt.model.weights,
        prompt_ids=prompt.ids,
        images=prompt.images,
        sampling=Sampling(
            temperature=plan.temperature,
            top_p=plan.top_p,
            max_tokens=prompt.room,
            seed=seed_of_choice(plan.seed, choice),
            stop_ids=prompt.model.renderer.stop_ids,
            top_logprobs=plan.top_logprobs or 0,
            frequency_penalty=plan.frequency_penalty,
            presence_penalty=plan.presence_penalty,
            logit_bias=plan.logit_bias,
        ),
        grammar=None if prompt.grammar is None else prompt.grammar.text,
        reluctant_ids=() if prompt.grammar is None else prompt.grammar.reluctant_ids,
    )
