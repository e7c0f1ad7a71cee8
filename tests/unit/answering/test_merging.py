"""Several streams as one."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from understudy.answering.merging import merge


class Sources:
    """Streams that tell how many of them are open."""

    def __init__(self) -> None:
        self.open = 0
        self.most_open = 0
        self.begun = 0

    async def count(self, name: str, length: int) -> AsyncGenerator[str, None]:
        self.open += 1
        self.begun += 1
        self.most_open = max(self.open, self.most_open)
        try:
            for number in range(length):
                await asyncio.sleep(0)
                yield f"{name}{number}"
        finally:
            self.open -= 1


def test_every_item_comes_once_and_in_the_order_of_its_source():
    sources = Sources()

    async def read() -> list[str]:
        return [i async for i in merge([sources.count(n, 3) for n in "abcd"], at_once=2)]

    items = asyncio.run(read())
    for name in "abcd":
        assert [i for i in items if i[0] == name] == [f"{name}{n}" for n in range(3)]
    assert (sources.most_open, sources.open) == (2, 0)


def test_leaving_early_closes_every_source():
    sources = Sources()

    async def read() -> None:
        async with aclosing(merge([sources.count(n, 9) for n in "abc"], at_once=3)) as items:
            async for _ in items:
                break
        assert sources.begun == 3
        assert sources.open == 0

    asyncio.run(read())


def test_one_failure_ends_everything():
    sources = Sources()

    async def fail() -> AsyncGenerator[str, None]:
        yield "one"
        raise ValueError("broken")

    async def read() -> None:
        with pytest.raises(ValueError, match="broken"):
            async for _ in merge([fail(), sources.count("a", 99)], at_once=2):
                pass
        assert sources.open == 0

    asyncio.run(read())


def test_a_reader_that_is_cancelled_repeatedly_still_closes_every_source():
    closed: list[str] = []

    async def slow_to_close(name: str) -> AsyncGenerator[str, None]:
        try:
            while True:
                await asyncio.sleep(0)
                yield name
        finally:
            await asyncio.sleep(0.01)
            closed.append(name)

    async def read() -> None:
        async for _ in merge([slow_to_close(name) for name in "abc"], at_once=3):
            pass

    async def cancel_reader() -> None:
        reader = asyncio.create_task(read())
        await asyncio.sleep(0.01)
        while not reader.done():
            reader.cancel()
            await asyncio.sleep(0)
        async with asyncio.timeout(10):
            while len(closed) < 3:
                await asyncio.sleep(0.01)

    asyncio.run(cancel_reader())
    assert sorted(closed) == ["a", "b", "c"]
