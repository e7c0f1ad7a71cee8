"""Requests to a remote model wait for the limits of a minute."""

import asyncio
from types import SimpleNamespace

import pytest

from understudy.answering.remote import rate_limit
from understudy.answering.remote.rate_limit import RateLimit


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    # In this module alone: other threads sleep too.
    patched = SimpleNamespace(sleep=clock.sleep, Lock=asyncio.Lock)
    monkeypatch.setattr(rate_limit, "asyncio", patched)
    return clock


def entered_at(limit: RateLimit, clock: Clock, *tokens: int) -> list[float]:
    async def enter() -> list[float]:
        times: list[float] = []
        for count in tokens:
            await limit.enter(count)
            times.append(clock.now - 1000)
            clock.now += 1
        return times

    return asyncio.run(enter())


def test_without_limits_nobody_waits(clock: Clock):
    limit = RateLimit(requests_per_minute=None, tokens_per_minute=None, clock=clock)
    assert entered_at(limit, clock, 10, 10**9, 10) == [0, 1, 2]


def test_one_request_too_many_waits_until_the_oldest_is_a_minute_old(clock: Clock):
    limit = RateLimit(requests_per_minute=2, tokens_per_minute=None, clock=clock)
    assert entered_at(limit, clock, 1, 1, 1, 1, 1) == [0, 1, 60, 61, 120]


def test_tokens_are_counted_as_well(clock: Clock):
    limit = RateLimit(requests_per_minute=None, tokens_per_minute=100, clock=clock)
    assert entered_at(limit, clock, 60, 40, 10, 50) == [0, 1, 60, 61]


def test_more_tokens_than_a_minute_has_are_sent_alone(clock: Clock):
    limit = RateLimit(requests_per_minute=None, tokens_per_minute=100, clock=clock)
    assert entered_at(limit, clock, 500, 1) == [0, 60]


def test_what_an_answer_cost_replaces_what_was_estimated(clock: Clock):
    limit = RateLimit(requests_per_minute=None, tokens_per_minute=100, clock=clock)

    async def ask() -> None:
        spent = await limit.enter(100)
        assert limit.pause_seconds(50) == 60
        spent.tokens = 20

    asyncio.run(ask())
    assert limit.pause_seconds(50) == 0
