"""What has been read once is not read again, and the answer stays the same."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.unit.inference.support import (
    PEFT_WARNING,
    Answer,
    admit,
    answer_all,
    expected_greedy,
    request_for,
)
from understudy.inference.engine.bases import load_engine
from understudy.inference.engine.engine import Engine
from understudy.inference.engine.prefixes import Prefix, Prefixes, shared_length
from understudy.inference.forward.forwards import OwnCacheForward, SlotForward
from understudy.inference.limits import EngineLimits

pytestmark = pytest.mark.filterwarnings(PEFT_WARNING)

LIMITS = EngineLimits(rows=8, chunk_tokens=64)
PROMPT = [number * 7 % 90 + 3 for number in range(100)]
# One position of the tiny Llama: 2 layers x 2 (keys, values) x 2 heads x 8 numbers x 4 bytes.
POSITION_BYTES = 256


@pytest.fixture
def engine(llama: Path) -> Engine:
    return load_engine(llama, LIMITS)


def tokens_read(engine: Engine) -> list[int]:
    """Let the engine note how many tokens each of its forwards runs."""
    counts: list[int] = []
    run = engine._forward.run

    def noted(spans):
        counts.append(sum(len(span.tokens) for span in spans))
        return run(spans)

    engine._forward.run = noted
    return counts


def assert_expected(answer: Answer, base: Path, prompt: Sequence[int], adapter: Path | None = None):
    expected = expected_greedy(base, prompt, adapter=adapter)
    assert answer.tokens == expected.tokens
    assert answer.logprobs == pytest.approx(expected.logprobs, abs=1e-3)


@pytest.mark.parametrize(
    ("left", "right", "shared"),
    [([], [1], 0), ([1, 2], [1, 2, 3], 2), ([1, 2, 3], [1, 5, 3], 1), ([4], [5], 0)],
)
def test_shared_beginnings_are_counted(left: list[int], right: list[int], shared: int):
    long = list(range(1000))
    assert shared_length(left, right) == shared
    assert shared_length([*long, *left, -1], [*long, *right, -2]) == 1000 + shared


def test_a_prompt_that_was_answered_before_is_not_read_again(engine: Engine, llama: Path):
    (first,) = answer_all(engine, [request_for(llama, PROMPT)])
    counts = tokens_read(engine)
    (again,) = answer_all(engine, [request_for(llama, PROMPT)])
    assert (first.cached, again.cached) == (0, 99)
    assert counts[0] == 1
    assert_expected(again, llama, PROMPT)


def test_a_conversation_goes_on_where_it_was(engine: Engine, llama: Path):
    (first,) = answer_all(engine, [request_for(llama, PROMPT)])
    longer = [*PROMPT, *first.tokens, 50, 51, 52]
    (second,) = answer_all(engine, [request_for(llama, longer)])
    # The last token of an answer is never read.
    assert second.cached == 100 + 12 - 1
    assert_expected(second, llama, longer)


def test_choices_of_one_prompt_read_it_once(engine: Engine, llama: Path):
    counts = tokens_read(engine)
    requests = [request_for(llama, PROMPT, temperature=1.0, seed=seed) for seed in range(6)]
    tickets = [admit(engine, request) for request in requests]
    for _ in range(3):
        engine.step()
    assert counts == [64, 36, 6]
    for ticket in tickets:
        engine.remove(ticket)
    alone = [answer_all(load_engine(llama, LIMITS), [request])[0] for request in requests]
    together = answer_all(engine, requests)
    assert [answer.tokens for answer in together] == [answer.tokens for answer in alone]


def test_what_is_shared_with_running_rows_is_copied_from_them(engine: Engine, llama: Path):
    endings = [[1], [2, 3], [4] * 30, [5] * 70]
    prompts = [[*PROMPT[:80], *ending] for ending in endings]
    answers = answer_all(engine, [request_for(llama, prompt) for prompt in prompts])
    assert [answer.cached for answer in answers] == [0, 80, 80, 80]
    for prompt, answer in zip(prompts, answers, strict=True):
        assert_expected(answer, llama, prompt)


def test_a_row_waits_for_its_whole_prompt_however_short_but_not_for_a_short_beginning(
    engine: Engine, llama: Path
):
    engine._worth_waiting = 64
    counts = tokens_read(engine)
    prompts = [[*PROMPT[:28], number, 0] for number in (1, 2, 1)]
    for prompt in prompts:
        admit(engine, request_for(llama, prompt))
    engine.step()
    engine.step()
    assert counts == [30 + 30, 1 + 1 + 1]


def test_adapters_share_nothing_with_each_other_or_the_base(
    engine: Engine, llama: Path, adapters: list[Path]
):
    kinds = [None, adapters[0], adapters[1]]
    requests = [request_for(llama, PROMPT, adapter=adapter) for adapter in kinds]
    for cached in (0, 99):
        answers = answer_all(engine, requests)
        assert [answer.cached for answer in answers] == [cached] * 3
        for adapter, answer in zip(kinds, answers, strict=True):
            assert_expected(answer, llama, PROMPT, adapter)


def test_another_adapter_in_the_same_place_reads_anew(
    engine: Engine, llama: Path, adapters: list[Path], tmp_path: Path
):
    place = tmp_path / "adapter"
    shutil.copytree(adapters[0], place)
    answer_all(engine, [request_for(llama, PROMPT, adapter=place)])
    shutil.rmtree(place)
    shutil.copytree(adapters[1], place, copy_function=shutil.copyfile)
    (answer,) = answer_all(engine, [request_for(llama, PROMPT, adapter=place)])
    assert answer.cached == 0
    assert_expected(answer, llama, PROMPT, adapters[1])


def test_what_a_damaged_adapter_has_read_is_not_kept(
    engine: Engine, llama: Path, adapters: list[Path], tmp_path: Path
):
    damaged = shutil.copytree(adapters[0], tmp_path / "damaged")
    weights = load_file(damaged / "adapter_model.safetensors")
    huge = {name: tensor.sign() * 1e36 for name, tensor in weights.items()}
    save_file(huge, damaged / "adapter_model.safetensors")
    for _ in range(2):
        admit(engine, request_for(llama, PROMPT, adapter=damaged))
        while engine.row_count:
            engine.step()
    assert engine._forward._prefixes._kept == []


def test_a_cancelled_request_leaves_what_it_has_read(engine: Engine, llama: Path):
    ticket = admit(engine, request_for(llama, PROMPT))
    engine.step()
    engine.remove(ticket)
    (answer,) = answer_all(engine, [request_for(llama, PROMPT)])
    assert answer.cached == 64
    assert_expected(answer, llama, PROMPT)


def test_a_prompt_that_is_scored_is_read_as_a_whole(engine: Engine, llama: Path):
    plain, scored = [
        answer_all(engine, [request_for(llama, PROMPT, prompt_logprobs=is_scored)])[0]
        for is_scored in (False, True)
    ]
    assert scored.cached == 0
    assert len(scored.prompt) == 99
    assert scored.tokens == plain.tokens


def test_a_few_tokens_are_read_again(engine: Engine, llama: Path):
    prompts = [[*PROMPT[:10], 1], [*PROMPT[:10], 2]]
    answers = [answer_all(engine, [request_for(llama, prompt)])[0] for prompt in prompts]
    assert [answer.cached for answer in answers] == [0, 0]


def test_rows_and_prefixes_together_stay_within_the_memory(llama: Path):
    limit = 1024 * POSITION_BYTES
    engine = load_engine(llama, EngineLimits(rows=8, chunk_tokens=64, cache_bytes=limit))
    forward = engine._forward
    assert isinstance(forward, SlotForward)
    prompts = [[*PROMPT, *([10 + number] * (number * 13 % 90))] for number in range(24)]
    requests = [request_for(llama, prompt) for prompt in prompts]
    held: list[int] = []
    run = forward.run

    def measured(spans):
        kept = [state for prefix in forward._prefixes._kept for state in prefix.states]
        storages = forward._cache._storages()
        held.append(sum(tensor.untyped_storage().nbytes() for tensor in (*kept, *storages)))
        return run(spans)

    forward.run = measured
    answers = answer_all(engine, requests)
    assert 0 < max(held) <= limit
    assert any(answer.cached for answer in answers)
    for prompt, answer in zip(prompts, answers, strict=True):
        assert_expected(answer, llama, prompt)
    kept = sum(prefix.bytes for prefix in forward._prefixes._kept)
    assert 0 < kept <= limit // 4


def test_the_prefix_used_least_recently_is_forgotten():
    prefixes = Prefixes()
    for number in range(3):
        states = [torch.zeros(1, 20, 1)]
        prefixes.add(
            Prefix(reader=None, tokens=[number] * 20, states=states, bytes=states[0].nbytes)
        )
    assert prefixes.longest(None, [0] * 30)[1] == 20
    prefixes.shrink(2 * 80)
    assert [prefixes.longest(None, [number] * 20)[1] for number in range(3)] == [20, 0, 20]
    prefixes.shrink(-1)
    assert prefixes.longest(None, [0] * 20) == (None, 0)


def test_a_row_in_a_cache_of_its_own_goes_on_with_what_it_has(
    model_directory: Callable[[str], Path],
):
    base = model_directory("dynamic")
    engine = load_engine(base, LIMITS)
    assert isinstance(engine._forward, OwnCacheForward)
    (first,) = answer_all(engine, [request_for(base, PROMPT)])
    longer = [*PROMPT, *first.tokens, 50, 51, 52]
    (second,) = answer_all(engine, [request_for(base, longer)])
    assert second.cached == 111
    assert second.tokens == expected_greedy(base, longer).tokens
    # A cache cannot be cut, so a prompt that leaves its path begins anew.
    (third,) = answer_all(engine, [request_for(base, longer[:-2])])
    assert third.cached == 0
    assert third.tokens == expected_greedy(base, longer[:-2]).tokens


def test_draws_with_a_seed_do_not_depend_on_what_is_known_or_who_is_beside(
    engine: Engine, llama: Path
):
    drawn = request_for(llama, PROMPT, temperature=1.0, top_p=0.95, seed=11, max_tokens=30)
    (alone,) = answer_all(engine, [drawn])
    (again,) = answer_all(engine, [drawn])
    others = [
        request_for(llama, [*PROMPT[:50], number], temperature=1.5, seed=number)
        for number in range(5)
    ]
    *_, in_company = answer_all(engine, [*others, drawn])
    assert (alone.cached, again.cached) == (0, 99)
    assert alone.tokens == again.tokens == in_company.tokens
