"""All answers to the prompts of Completions, as they are made."""

from dataclasses import replace

from understudy.answering.completions.plan import TextPlan
from understudy.answering.decoding import AnswerRequest, Decoded, decode
from understudy.answering.plan import seed_of_choice
from understudy.inference.client import EngineClient
from understudy.inference.protocol import GenerateRequest


def generate_text(engine: EngineClient, plan: TextPlan, request_id: str) -> Decoded:
    """Yield the pieces of every answer as they are made; those to one prompt stand together.

    Closing the generator cancels what is still being made.
    """
    answers = range(len(plan.prompts) * plan.candidates)
    return decode(engine, [_answer_request(plan, request_id, answer) for answer in answers])


def _answer_request(plan: TextPlan, request_id: str, answer: int) -> AnswerRequest:
    return AnswerRequest(
        request=_engine_request(plan, request_id, answer),
        parser=plan.model.renderer.text_parser(stop=plan.stop),
        detokenizer=plan.model.renderer.detokenizer(),
        has_visible_tokens=plan.top_logprobs is not None,
    )


def _engine_request(plan: TextPlan, request_id: str, answer: int) -> GenerateRequest:
    prompt, candidate = divmod(answer, plan.candidates)
    return GenerateRequest(
        request_id=f"{request_id}-{answer}",
        model=plan.model.weights,
        prompt_ids=plan.prompts[prompt].ids,
        sampling=replace(plan.sampling, seed=seed_of_choice(plan.sampling.seed, candidate)),
        # An answer of no tokens is made only where a prompt is scored.
        prompt_logprobs=plan.is_prompt_scored or plan.sampling.max_tokens == 0,
    )
