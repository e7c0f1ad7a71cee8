"""Probabilities of the prompt's own tokens."""

from collections.abc import Callable, Sequence
from pathlib import Path

import peft
import pytest
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM

from tests.unit.inference.support import (
    PEFT_WARNING,
    RAGGED_PROMPTS,
    Answer,
    answer_all,
    request_for,
)
from understudy.inference.engine.bases import load_engine
from understudy.inference.limits import EngineLimits
from understudy.inference.protocol import FinishEvent

pytestmark = pytest.mark.filterwarnings(PEFT_WARNING)

LIMITS = EngineLimits(rows=8, chunk_tokens=16)


def whole_logprobs(base: Path, prompt: Sequence[int], adapter: Path | None) -> Tensor:
    model = AutoModelForCausalLM.from_pretrained(base)
    if adapter is not None:
        model = peft.PeftModel.from_pretrained(model, adapter)
    with torch.inference_mode():
        return model(torch.tensor([prompt])).logits[0].log_softmax(-1)


def assert_scored(answer: Answer, base: Path, prompt: Sequence[int], adapter: Path | None = None):
    logprobs_TV = whole_logprobs(base, prompt, adapter)
    assert [token.token_id for token in answer.prompt] == list(prompt[1:])
    expected = [float(logprobs_TV[place, token]) for place, token in enumerate(prompt[1:])]
    assert [token.logprob for token in answer.prompt] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("architecture", ["llama", "windowed", "gpt_oss"])
def test_a_prompt_is_scored_as_by_one_whole_forward_in_company_and_chunk_by_chunk(
    architecture: str, model_directory: Callable[[str], Path]
):
    base = model_directory(architecture)
    engine = load_engine(base, LIMITS)
    plain = [request_for(base, prompt) for prompt in RAGGED_PROMPTS]
    scored = [request_for(base, prompt, prompt_logprobs=True) for prompt in RAGGED_PROMPTS]
    *unscored, _ = answers = answer_all(engine, [*plain, *scored])
    for prompt, answer in zip(RAGGED_PROMPTS, answers[len(plain) :], strict=True):
        assert_scored(answer, base, prompt)
    for answer, expected in zip(answers[len(plain) :], answers, strict=False):
        assert answer.tokens == expected.tokens
    assert not any(answer.prompt for answer in unscored[: len(plain)])


def test_a_prompt_is_scored_with_its_adapter(llama: Path, adapters: list[Path]):
    engine = load_engine(llama, LIMITS)
    prompt = [5, 6, 7, 8, 9]
    requests = [
        request_for(llama, prompt, adapter=adapter, prompt_logprobs=True)
        for adapter in (None, *adapters)
    ]
    for adapter, answer in zip((None, *adapters), answer_all(engine, requests), strict=True):
        assert_scored(answer, llama, prompt, adapter)


def test_scoring_alone_generates_nothing_and_may_fill_the_context(llama: Path):
    prompt = [number % 90 + 3 for number in range(512)]
    request = request_for(llama, prompt, prompt_logprobs=True, max_tokens=0)
    (answer,) = answer_all(load_engine(llama, LIMITS), [request])
    assert_scored(answer, llama, prompt)
    assert answer.tokens == []
    assert answer.finish == FinishEvent(reason="length", prompt_tokens=512, completion_tokens=0)


def test_the_likeliest_tokens_of_a_prompt_are_told(llama: Path):
    prompt = [5, 6, 7, 8]
    request = request_for(llama, prompt, prompt_logprobs=True, top_logprobs=3)
    (answer,) = answer_all(load_engine(llama, LIMITS), [request])
    for place, token in enumerate(answer.prompt):
        values, tokens = whole_logprobs(llama, prompt, None)[place].topk(3)
        assert [likely.token_id for likely in token.likeliest] == tokens.tolist()
        told = [likely.logprob for likely in token.likeliest]
        assert told == pytest.approx(values.tolist(), abs=1e-3)


def test_a_row_sent_back_to_wait_tells_nothing_twice(llama: Path):
    engine = load_engine(llama, EngineLimits(rows=8, chunk_tokens=64, cache_bytes=512 * 256))
    prompts = [[3] * 240, [4] * 250, [5] * 100]
    requests = [request_for(llama, p, max_tokens=30, prompt_logprobs=True) for p in prompts]
    for prompt, answer in zip(prompts, answer_all(engine, requests), strict=True):
        assert_scored(answer, llama, prompt)


def test_the_end_of_a_prompt_is_scored_after_what_others_have_read_of_its_beginning(llama: Path):
    engine = load_engine(llama, LIMITS)
    prompt = [number % 90 + 3 for number in range(40)]
    ends = ([7, 8], [7, 9, 10], [11])
    requests = [
        request_for(
            llama, [*prompt, *end], prompt_logprobs=True, scored_from=len(prompt), max_tokens=0
        )
        for end in ends
    ]
    for _ in range(2):
        for end, answer in zip(ends, answer_all(engine, requests), strict=True):
            logprobs_TV = whole_logprobs(llama, [*prompt, *end], None)[len(prompt) - 1 :]
            expected = [float(logprobs_TV[place, token]) for place, token in enumerate(end)]
            assert [token.token_id for token in answer.prompt] == end
            assert [token.logprob for token in answer.prompt] == pytest.approx(expected, abs=1e-3)
    assert answer.cached == len(prompt) - 1
