"""Who goes first in an engine that has more to do than places."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.inference.support import PEFT_WARNING, admit, expected_greedy, request_for
from understudy.inference.engine import waiting as waiting_module
from understudy.inference.engine.bases import load_engine
from understudy.inference.engine.engine import Engine
from understudy.inference.engine.tickets import Ticket
from understudy.inference.engine.waiting import MAX_PASSED_OVER_SECONDS, priority_after
from understudy.inference.limits import EngineLimits
from understudy.inference.protocol import FinishEvent, Priority, TokenEvent

pytestmark = pytest.mark.filterwarnings(PEFT_WARNING)

LIMITS = EngineLimits(rows=4, chunk_tokens=16)


def tokens(engine: Engine, steps: int) -> dict[Ticket, list[int]]:
    """What an engine makes in so many steps, or until nothing is left to do."""
    made: dict[Ticket, list[int]] = {}
    for _ in range(steps):
        if not engine.row_count:
            break
        for ticket, event in engine.step():
            if isinstance(event, TokenEvent):
                made.setdefault(ticket, []).append(event.token_id)
            assert not isinstance(event, FinishEvent) or event.completion_tokens == 20
    return made


@pytest.mark.parametrize("architecture", ["llama", "dynamic"])
def test_an_urgent_request_has_its_first_token_after_one_step_in_an_engine_full_of_batch(
    architecture: str, model_directory: Callable[[str], Path]
):
    base = model_directory(architecture)
    engine = load_engine(base, LIMITS)
    prompts = [[3, number] for number in range(4)]
    batch: list[Ticket] = []
    while engine.takes(Priority.BATCH):
        request = request_for(base, prompts[len(batch)], max_tokens=20, priority=Priority.BATCH)
        batch.append(admit(engine, request))
    before = tokens(engine, 5)

    assert engine.takes(Priority.INTERACTIVE)
    urgent = admit(engine, request_for(base, [9, 9], max_tokens=20))
    during = tokens(engine, 1)
    assert len(during[urgent]) == 1

    after = tokens(engine, 200)
    expected = expected_greedy(base, [9, 9], max_tokens=20).tokens
    assert after[urgent] == expected[1:]
    for ticket, prompt in zip(batch, prompts, strict=False):
        alone = expected_greedy(base, prompt, max_tokens=20).tokens
        made = [step.get(ticket, []) for step in (before, during, after)]
        assert [token for some in made for token in some] == alone


def test_the_long_prompt_of_a_batch_is_set_aside_while_an_urgent_one_is_read(llama: Path):
    engine = load_engine(llama, LIMITS)
    long = admit(engine, request_for(llama, [5] * 200, max_tokens=20, priority=Priority.BATCH))
    assert tokens(engine, 3) == {}
    urgent = admit(engine, request_for(llama, [9, 9], max_tokens=20))
    assert list(tokens(engine, 1)) == [urgent]
    made = tokens(engine, 100)
    assert made[long] == expected_greedy(llama, [5] * 200, max_tokens=20).tokens


def test_several_urgent_requests_get_their_places_in_the_same_step(llama: Path):
    engine = load_engine(llama, LIMITS)
    for number in range(4):
        request = request_for(llama, [3, number], max_tokens=20, priority=Priority.BATCH)
        admit(engine, request)
    tokens(engine, 3)
    urgent = {admit(engine, request_for(llama, [9, n], max_tokens=20)) for n in range(3)}
    assert urgent <= set(tokens(engine, 1))


def test_urgent_requests_do_not_make_way_for_each_other(llama: Path):
    engine = load_engine(llama, LIMITS)
    for number in range(4):
        admit(engine, request_for(llama, [3, number], max_tokens=20))
    assert not engine.takes(Priority.INTERACTIVE)
    assert not engine.takes(Priority.BATCH)


def test_what_waits_for_long_is_not_passed_over_any_more(
    llama: Path, monkeypatch: pytest.MonkeyPatch
):
    now = 0.0
    engine = load_engine(llama, LIMITS)
    monkeypatch.setattr(engine._pending, "_clock", lambda: now)
    batch = admit(engine, request_for(llama, [3, 3], max_tokens=20, priority=Priority.BATCH))
    tokens(engine, 2)
    for number in range(4):
        admit(engine, request_for(llama, [9, number], max_tokens=20))
    assert batch not in tokens(engine, 5)
    now = MAX_PASSED_OVER_SECONDS
    engine.step()
    # It has no place yet, but is the next to have one.
    assert not engine.takes(Priority.INTERACTIVE)
    assert engine._pending.first.ticket is batch
    assert len(tokens(engine, 40)[batch]) == 18
    assert waiting_module.priority_after(Priority.BATCH, 1.0) is Priority.BATCH
    assert priority_after(Priority.BATCH, MAX_PASSED_OVER_SECONDS) is Priority.INTERACTIVE
