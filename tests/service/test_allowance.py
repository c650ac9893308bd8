"""An allowance of bytes: how much is worked on at a time, and who waits."""

from __future__ import annotations

import asyncio

import pytest

from service.http.allowance import Allowance
from store.errors import NotReadyError


def test_what_is_lent_never_exceeds_the_limit_and_everybody_gets_a_turn() -> None:
    async def run() -> tuple[int, list[int]]:
        allowance, used, most, order = Allowance(10, patience_s=30), 0, 0, []

        async def work(number: int, size: int) -> None:
            nonlocal used, most
            async with allowance.lend(size):
                used += min(size, 10)
                most = max(most, used)
                order.append(number)
                for _ in range(3):
                    await asyncio.sleep(0)
                used -= min(size, 10)

        sizes = [4, 4, 4, 10, 1, 99, 1, 5, 5, 0]
        await asyncio.gather(*(work(number, size) for number, size in enumerate(sizes)))
        return most, order

    most, order = asyncio.run(run())

    assert most == 10
    assert order == list(range(10))  # a large one is not passed by small ones for ever


def test_who_waits_too_long_is_told_to_come_again_and_leaves_nothing_behind() -> None:
    async def run() -> None:
        allowance = Allowance(10, patience_s=0.05)
        async with allowance.lend(8):
            with pytest.raises(NotReadyError) as caught:
                async with allowance.lend(5):
                    pass
            assert (caught.value.status, caught.value.code, caught.value.final) == (503, "busy", False)
            async with allowance.lend(2):  # the one that left is not in the way
                pass
        async with allowance.lend(10):
            pass

    asyncio.run(run())


def test_one_that_is_cancelled_or_fails_gives_back_what_it_had() -> None:
    async def run() -> None:
        allowance = Allowance(10, patience_s=30)

        async def work() -> None:
            async with allowance.lend(10):
                await asyncio.Event().wait()

        tasks = [asyncio.create_task(work()) for _ in range(3)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with pytest.raises(ValueError, match="bad"):
            async with allowance.lend(10):
                raise ValueError("bad")
        async with asyncio.timeout(1), allowance.lend(10):
            pass

    asyncio.run(run())
