import queue
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from transformers import LlamaConfig

from tests.unit.inference.conftest import SMALL, save_model
from tests.unit.inference.support import expected_greedy, request_for
from understudy.errors import (
    InvalidRequestError,
    NotFoundError,
    OverloadedError,
    UnavailableError,
    UnderstudyError,
)
from understudy.inference.engine.bases import load_engine
from understudy.inference.engine.engine import Engine, Output
from understudy.inference.engine.scheduler import Scheduler
from understudy.inference.engine.tickets import Ticket
from understudy.inference.limits import EngineLimits
from understudy.inference.protocol import FinishEvent, Priority, TokenEvent


class Inbox:
    """Collects what a scheduler delivers."""

    def __init__(self) -> None:
        self._outputs: queue.Queue[Output] = queue.Queue()
        self._kept: dict[Ticket, list[object]] = {}
        self.is_broken = threading.Event()

    def put(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            self._outputs.put(output)

    def events_of(self, ticket: Ticket) -> list[object]:
        """Everything about one request, once it has ended."""
        while not self._has_ended(ticket):
            output = self._outputs.get(timeout=20)
            self._kept.setdefault(output.ticket, []).append(output.event)
        return self._kept[ticket]

    def tokens_of(self, ticket: Ticket) -> list[int]:
        return [event.token_id for event in self.events_of(ticket) if isinstance(event, TokenEvent)]

    def _has_ended(self, ticket: Ticket) -> bool:
        events = self._kept.get(ticket, [])
        return bool(events) and isinstance(events[-1], FinishEvent | UnderstudyError)


def scheduler_for(limits: EngineLimits, inbox: Inbox) -> Scheduler:
    return Scheduler(
        limits,
        threads=1,
        process_id=1,
        deliver=inbox.put,
        when_broken=inbox.is_broken.set,
    )


@contextmanager
def running(limits: EngineLimits | None = None) -> Iterator[tuple[Scheduler, Inbox]]:
    inbox = Inbox()
    scheduler = scheduler_for(limits or EngineLimits(rows=4), inbox)
    scheduler.start()
    try:
        yield scheduler, inbox
    finally:
        scheduler.stop()


def eventually(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_more_requests_than_rows_are_all_answered(llama: Path):
    with running() as (scheduler, inbox):
        tickets = [scheduler.submit(request_for(llama, [3, number])) for number in range(11)]
        for number, ticket in enumerate(tickets):
            expected = expected_greedy(llama, [3, number]).tokens
            assert inbox.tokens_of(ticket) == expected
        eventually(lambda: scheduler.stats().running == 0)
        assert scheduler.stats().generated_tokens == 11 * 12


def test_a_full_queue_refuses_the_next_request(llama: Path):
    inbox = Inbox()
    scheduler = scheduler_for(EngineLimits(waiting=2), inbox)
    scheduler.submit(request_for(llama, [3]))
    scheduler.submit(request_for(llama, [4]))
    with pytest.raises(OverloadedError) as refused:
        scheduler.submit(request_for(llama, [5]))
    assert 0.5 <= refused.value.retry_after_seconds <= 30


def test_cancelling_frees_rows_and_queue(llama: Path):
    with running(EngineLimits(rows=2)) as (scheduler, inbox):
        endless = [
            scheduler.submit(request_for(llama, [3, number], max_tokens=500)) for number in range(5)
        ]
        eventually(lambda: scheduler.stats().running == 2)
        for ticket in endless:
            scheduler.cancel(ticket)
        after = scheduler.submit(request_for(llama, [9]))
        assert len(inbox.tokens_of(after)) == 12
        eventually(lambda: scheduler.stats().running == scheduler.stats().waiting == 0)


@pytest.mark.parametrize(
    ("prompt", "max_tokens", "code"),
    [([5] * 600, 5, "context_length_exceeded"), ([], 5, None), ([97], 5, None), ([5], 0, None)],
)
def test_a_request_that_cannot_be_served_is_refused_and_harms_nobody(
    prompt: list[int], max_tokens: int, code: str | None, llama: Path
):
    with running() as (scheduler, inbox):
        good = scheduler.submit(request_for(llama, [3]))
        bad = scheduler.submit(request_for(llama, prompt, max_tokens=max_tokens))
        (error,) = inbox.events_of(bad)
        assert isinstance(error, InvalidRequestError)
        assert error.code == code
        assert len(inbox.tokens_of(good)) == 12


def test_files_that_are_gone_are_told_at_once(llama: Path, tmp_path: Path):
    with running() as (scheduler, _):
        with pytest.raises(NotFoundError):
            scheduler.submit(request_for(tmp_path / "gone", [3]))
        with pytest.raises(NotFoundError):
            scheduler.submit(request_for(llama, [3], adapter=tmp_path / "gone"))


def test_a_base_that_cannot_be_loaded_fails_all_who_wait_for_it(llama: Path, tmp_path: Path):
    broken = shutil.copytree(llama, tmp_path / "broken")
    (broken / "model.safetensors").write_bytes(b"no weights")
    with running() as (scheduler, inbox):
        tickets = [scheduler.submit(request_for(broken, [3])) for _ in range(3)]
        good = scheduler.submit(request_for(llama, [3]))
        for ticket in tickets:
            (error,) = inbox.events_of(ticket)
            assert isinstance(error, InvalidRequestError)
            assert "broken cannot be loaded" in error.message
        assert len(inbox.tokens_of(good)) == 12


def test_several_bases_answer_at_the_same_time_and_the_idle_one_leaves(tmp_path: Path):
    bases = [save_model(LlamaConfig(**SMALL), tmp_path / f"base{number}") for number in range(3)]
    size = load_engine(bases[0], EngineLimits()).weight_bytes
    with running(EngineLimits(base_bytes=int(2.5 * size))) as (scheduler, inbox):
        tickets = [scheduler.submit(request_for(base, [3], max_tokens=100)) for base in bases]
        for ticket in tickets:
            assert len(inbox.tokens_of(ticket)) == 100
        eventually(lambda: scheduler.stats().running == 0)
        assert len(scheduler.stats().bases) == 2
        assert str(bases[2]) in scheduler.stats().bases


def test_a_step_that_fails_ends_its_answers_and_the_base_is_loaded_again(
    llama: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(_: Engine) -> list[Output]:
        raise RuntimeError("out of memory")

    with running() as (scheduler, inbox):
        with monkeypatch.context() as patched:
            patched.setattr(Engine, "step", fail)
            (error,) = inbox.events_of(scheduler.submit(request_for(llama, [3])))
        assert isinstance(error, UnavailableError)
        after = inbox.events_of(scheduler.submit(request_for(llama, [3])))
        assert isinstance(after[-1], FinishEvent)


def test_a_failure_of_the_scheduler_itself_is_told_to_its_owner(
    llama: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(_: Scheduler) -> list[Output]:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(Scheduler, "_take_in", fail)
    with running() as (scheduler, inbox):
        scheduler.submit(request_for(llama, [3]))
        assert inbox.is_broken.wait(timeout=20)


def test_a_warmed_base_is_in_memory_before_anybody_asks(llama: Path):
    with running() as (scheduler, _):
        scheduler.warm(str(llama))
        eventually(lambda: scheduler.stats().bases == (str(llama),))


def test_a_bias_for_a_token_that_the_model_does_not_have_is_refused_and_named(llama: Path):
    with running() as (scheduler, inbox):
        (error,) = inbox.events_of(
            scheduler.submit(request_for(llama, [3], logit_bias=((96, 1.0), (97, 1.0))))
        )
        assert isinstance(error, InvalidRequestError)
        assert error.param == "logit_bias"
        assert "97 is not a token" in error.message


def test_a_request_waits_for_its_row_no_longer_than_the_limit(llama: Path):
    with running(EngineLimits(rows=1, wait_seconds=0.02)) as (scheduler, inbox):
        first = scheduler.submit(request_for(llama, [3], max_tokens=500))
        eventually(lambda: scheduler.stats().running == 1)
        second = scheduler.submit(request_for(llama, [4]))
        (error,) = inbox.events_of(second)
        assert isinstance(error, OverloadedError)
        assert "within 0.02 seconds" in error.message
        assert error.retry_after_seconds >= 0.5
        assert len(inbox.tokens_of(first)) == 500


def test_bases_of_equal_size_take_turns_in_memory_for_one(tmp_path: Path):
    bases = [save_model(LlamaConfig(**SMALL), tmp_path / f"base{number}") for number in range(2)]
    size = (bases[0] / "model.safetensors").stat().st_size
    with running(EngineLimits(base_bytes=size)) as (scheduler, inbox):
        tickets = [scheduler.submit(request_for(bases[number % 2], [3])) for number in range(6)]
        for ticket in tickets:
            assert len(inbox.tokens_of(ticket)) == 12
        eventually(lambda: scheduler.stats().running == 0)
        assert len(scheduler.stats().bases) == 1


def test_who_waits_for_an_answer_is_admitted_before_a_batch(llama: Path):
    with running(EngineLimits(rows=2)) as (scheduler, inbox):
        batch = [
            scheduler.submit(
                request_for(llama, [3, number], max_tokens=400, priority=Priority.BATCH)
            )
            for number in range(6)
        ]
        eventually(lambda: scheduler.stats().running == 2)
        urgent = scheduler.submit(request_for(llama, [9, 9]))
        assert inbox.tokens_of(urgent) == expected_greedy(llama, [9, 9]).tokens
        assert scheduler.stats().waiting >= 2, "the batch is not done when the urgent one is"
        for number, ticket in enumerate(batch):
            expected = expected_greedy(llama, [3, number], max_tokens=400).tokens
            assert inbox.tokens_of(ticket) == expected
