import shutil
from collections.abc import Callable
from math import isfinite
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from tests.unit.inference.support import (
    PEFT_WARNING,
    RAGGED_PROMPTS,
    admit,
    answer_all,
    expected_greedy,
    request_for,
)
from understudy.errors import InvalidRequestError
from understudy.inference.engine.bases import load_engine
from understudy.inference.engine.engine import Engine
from understudy.inference.engine.rows import BatchRow
from understudy.inference.forward.forwards import OwnCacheForward, SlotForward
from understudy.inference.limits import EngineLimits
from understudy.inference.protocol import FinishEvent, TokenEvent
from understudy.modeling.loading import load_base
from understudy.modeling.lora import add_lora, copy_adapter, save_adapter

pytestmark = pytest.mark.filterwarnings(PEFT_WARNING)

LIMITS = EngineLimits(rows=8, chunk_tokens=16)


@pytest.fixture(scope="module")
def engine(llama: Path) -> Engine:
    return load_engine(llama, LIMITS)


@pytest.mark.parametrize(
    "architecture",
    ["llama", "qwen2", "qwen3", "mistral", "windowed", "gemma3", "cohere2", "gpt_oss"],
)
def test_greedy_answers_of_a_ragged_batch_equal_those_of_transformers_alone(
    architecture: str, model_directory: Callable[[str], Path]
):
    base = model_directory(architecture)
    engine = load_engine(base, LIMITS)
    assert isinstance(engine._forward, SlotForward)
    answers = answer_all(engine, [request_for(base, prompt) for prompt in RAGGED_PROMPTS])
    for prompt, answer in zip(RAGGED_PROMPTS, answers, strict=True):
        expected = expected_greedy(base, prompt)
        assert answer.tokens == expected.tokens
        assert answer.logprobs == pytest.approx(expected.logprobs, abs=1e-3)


def test_frequencies_that_change_take_the_path_of_one_row_and_give_the_same_answer(
    model_directory: Callable[[str], Path],
):
    base = model_directory("dynamic")
    engine = load_engine(base, LIMITS)
    assert isinstance(engine._forward, OwnCacheForward)
    answers = answer_all(engine, [request_for(base, prompt) for prompt in RAGGED_PROMPTS])
    for prompt, answer in zip(RAGGED_PROMPTS, answers, strict=True):
        assert answer.tokens == expected_greedy(base, prompt).tokens


def test_each_row_of_a_mixed_batch_has_its_own_adapter(
    engine: Engine, llama: Path, adapters: list[Path]
):
    kinds = [None, *adapters, None, adapters[0], adapters[2]]
    prompts = [[3 + number, 20, 21] for number in range(len(kinds))]
    requests = [
        request_for(llama, prompt, adapter=adapter)
        for prompt, adapter in zip(prompts, kinds, strict=True)
    ]
    answers = answer_all(engine, requests)
    for prompt, adapter, answer in zip(prompts, kinds, answers, strict=True):
        expected = expected_greedy(llama, prompt, adapter=adapter)
        assert answer.tokens == expected.tokens
        assert answer.logprobs == pytest.approx(expected.logprobs, abs=1e-3)
    assert len({tuple(answer.tokens) for answer in answers}) > 4, "the adapters change nothing"


def test_log_probabilities_are_those_of_the_layers_that_were_trained(llama: Path, tmp_path: Path):
    model = load_base(llama, torch.float32).model
    layers = add_lora(model, rank=4, alpha=8, seed=1)
    with torch.no_grad():
        for layer in layers.values():
            layer.b_OR.normal_(std=0.1)
    save_adapter(tmp_path, copy_adapter(layers, rank=4, alpha=8), base="tiny")
    prompt = [5, 6, 7, 8]
    company = [request_for(llama, ids) for ids in RAGGED_PROMPTS]
    engine = load_engine(llama, LIMITS)
    *_, answer = answer_all(engine, [*company, request_for(llama, prompt, adapter=tmp_path)])
    with torch.inference_mode():
        logits_1TV = model(torch.tensor([[*prompt, *answer.tokens]])).logits
    logprobs_TV = logits_1TV[0, len(prompt) - 1 : -1].log_softmax(-1)
    expected_T = logprobs_TV.gather(1, torch.tensor(answer.tokens)[:, None])[:, 0]
    assert answer.logprobs == pytest.approx(expected_T.tolist(), abs=1e-3)


def test_a_drawn_row_does_not_depend_on_its_neighbours(engine: Engine, llama: Path):
    drawn = request_for(llama, [7, 8], temperature=1.0, top_p=0.9, seed=11, max_tokens=20)
    others = [
        request_for(llama, prompt, temperature=1.5, seed=number)
        for number, prompt in enumerate(RAGGED_PROMPTS)
    ]
    (alone,) = answer_all(engine, [drawn])
    *_, in_company = answer_all(engine, [*others, drawn])
    assert in_company.tokens == alone.tokens


def test_a_seed_reproduces_and_no_seed_does_not(engine: Engine, llama: Path):
    def draw(seed: int | None) -> list[int]:
        request = request_for(llama, [7, 8], temperature=2.0, seed=seed, max_tokens=20)
        return answer_all(engine, [request])[0].tokens

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)
    assert draw(None) != draw(None)


def test_a_stop_token_ends_the_answer_and_is_not_part_of_it(engine: Engine, llama: Path):
    free = answer_all(engine, [request_for(llama, [5, 6, 7])])[0].tokens
    stop = free[4]
    (answer,) = answer_all(engine, [request_for(llama, [5, 6, 7], stop_ids=(0, stop))])
    assert answer.tokens == free[: free.index(stop)]
    assert answer.finish == FinishEvent(
        reason="stop", prompt_tokens=3, completion_tokens=len(answer.tokens)
    )


def test_the_end_of_the_context_ends_the_answer(engine: Engine, llama: Path):
    (answer,) = answer_all(engine, [request_for(llama, [5] * 500, max_tokens=100)])
    assert len(answer.tokens) == 12
    assert answer.finish is not None
    assert answer.finish.reason == "length"


def test_an_adapter_that_overflows_ends_its_own_answer_and_no_other(
    llama: Path, adapters: list[Path], tmp_path: Path
):
    damaged = shutil.copytree(adapters[0], tmp_path / "damaged")
    weights = load_file(damaged / "adapter_model.safetensors")
    huge = {name: tensor.sign() * 1e36 for name, tensor in weights.items()}
    save_file(huge, damaged / "adapter_model.safetensors")
    engine = load_engine(llama, LIMITS)
    good = [admit(engine, request_for(llama, [3, 4], adapter=adapters[1])) for _ in range(2)]
    bad = admit(engine, request_for(llama, [9] * 10, adapter=damaged))
    events = dict(engine.step())
    assert isinstance(events[bad], InvalidRequestError)
    for ticket in good:
        event = events[ticket]
        assert isinstance(event, TokenEvent)
        assert isfinite(event.logprob)
        engine.remove(ticket)
    (after,) = answer_all(engine, [request_for(llama, [5, 6, 7])])
    assert after.tokens == expected_greedy(llama, [5, 6, 7]).tokens


def test_a_cancelled_row_frees_its_place_at_once(engine: Engine, llama: Path):
    tickets = [admit(engine, request_for(llama, [4, number])) for number in range(8)]
    engine.step()
    assert not engine.has_free_row
    engine.remove(tickets[3])
    assert engine.has_free_row
    admit(engine, request_for(llama, [4, 3]))
    for ticket in engine.tickets():
        engine.remove(ticket)
    assert engine.row_count == 0


def test_rows_go_on_unharmed_when_others_leave_in_any_order(engine: Engine, llama: Path):
    prompts = [[number + 2] * (3 + 7 * number) for number in range(8)]
    requests = [
        request_for(llama, prompt, max_tokens=4 + (number * 5) % 9)
        for number, prompt in enumerate(prompts)
    ]
    for request, answer in zip(requests, answer_all(engine, requests), strict=True):
        alone = expected_greedy(llama, request.prompt_ids, max_tokens=request.sampling.max_tokens)
        assert answer.tokens == alone.tokens


def test_when_memory_is_short_rows_wait_and_lose_nothing(llama: Path):
    # One position is 2 layers x 2 (keys, values) x 2 heads x 8 numbers x 4 bytes = 256 bytes:
    # there is room for one row of 512 positions, or two of 256.
    engine = load_engine(llama, EngineLimits(rows=8, chunk_tokens=64, cache_bytes=512 * 256))
    assert engine.position_limit == 512
    evicted: list[BatchRow] = []
    drop = engine._drop
    engine._drop = lambda row: (evicted.append(row) if row.generated < 30 else None, drop(row))[1]
    prompts = [[3] * 240, [4] * 250, [5] * 100, [6, 7]]
    requests = [
        request_for(llama, prompt, max_tokens=30, temperature=1.0, seed=5) for prompt in prompts
    ]
    together = answer_all(engine, requests)
    assert evicted, "the test does not make memory short"
    alone = [answer_all(engine, [request])[0] for request in requests]
    assert [answer.tokens for answer in together] == [answer.tokens for answer in alone]


def test_memory_for_less_than_the_context_bounds_a_row(llama: Path):
    engine = load_engine(llama, EngineLimits(cache_bytes=300 * 256))
    assert engine.position_limit == 256
    (answer,) = answer_all(engine, [request_for(llama, [5] * 250, max_tokens=100)])
    assert len(answer.tokens) == 6


def expected_shifted(base: Path, prompt: list[int], *, frequency: float, presence: float, bias):
    """Greedy choices with penalties and bias, one whole forward for every token."""
    model = AutoModelForCausalLM.from_pretrained(base)
    tokens: list[int] = []
    for _ in range(12):
        with torch.inference_mode():
            logits = model(torch.tensor([[*prompt, *tokens]])).logits[0, -1].tolist()
        for token, value in bias:
            logits[token] += value
        for token in set(tokens):
            logits[token] -= presence + frequency * tokens.count(token)
        tokens.append(max(range(len(logits)), key=logits.__getitem__))
    return tokens


def test_penalties_and_bias_equal_a_slow_reference_and_leave_neighbours_alone(
    engine: Engine, llama: Path
):
    bias = ((30, 4.0), (31, -100.0))
    kinds = [(0.0, 0.0, ()), (2.0, 0.0, ()), (0.0, 2.0, ()), (-2.0, 1.0, bias), (0.0, 0.0, bias)]
    requests = [
        request_for(
            llama,
            [5, 6, 7],
            frequency_penalty=frequency,
            presence_penalty=presence,
            logit_bias=bias,
        )
        for frequency, presence, bias in kinds
    ]
    answers = answer_all(engine, requests)
    for (frequency, presence, bias), answer in zip(kinds, answers, strict=True):
        assert answer.tokens == expected_shifted(
            llama, [5, 6, 7], frequency=frequency, presence=presence, bias=bias
        )
    assert len({tuple(answer.tokens) for answer in answers}) > 2, "nothing changes anything"


def test_likeliest_tokens_are_those_of_transformers_for_the_rows_that_ask(
    engine: Engine, llama: Path
):
    asked, other = answer_all(
        engine,
        [
            request_for(llama, [5, 6, 7], top_logprobs=4, logit_bias=((9, 50.0),)),
            request_for(llama, [8]),
        ],
    )
    with torch.inference_mode():
        ids = torch.tensor([[5, 6, 7, *asked.tokens]])
        whole = AutoModelForCausalLM.from_pretrained(llama)(ids).logits[0].log_softmax(-1)
    for place, likeliest in enumerate(asked.likeliest):
        values, tokens = whole[2 + place].topk(4)
        assert [token for token, _ in likeliest] == tokens.tolist()
        assert [value for _, value in likeliest] == pytest.approx(values.tolist(), abs=1e-3)
    assert set(other.likeliest) == {()}
    assert other.tokens == expected_greedy(llama, [8]).tokens
