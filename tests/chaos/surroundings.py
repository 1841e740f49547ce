"""What befalls the network and the broker."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

from tests.chaos.answers import END_TXN, INIT_PRODUCER_ID, PRODUCE
from tests.chaos.run import Run

Scenario = Callable[[Run], Awaitable[None]]


def proxied(run: Run, name: str) -> None:
    assert run.proxy is not None
    run.fleet.start(name, SLAMON_BOOTSTRAP=run.broker.proxied)


def answer_lost(api: int, times: int = 2) -> Scenario:
    """The broker does what it was asked, and the worker never hears of it."""

    async def play(run: Run) -> None:
        assert run.proxy is not None
        proxied(run, "one")
        await run.at(0.2)
        for _ in range(times):
            run.proxy.swallow[api] += 1
            if api == INIT_PRODUCER_ID:
                run.fleet.kill("one")
            await asyncio.sleep(run.draw.uniform(0.5, 2))
        run.struck = await run.until(lambda: run.proxy.swallowed[api] > 0, 30)
        run.proxy.swallow.clear()

    return play


commit_answer_lost = answer_lost(END_TXN)
produce_answer_lost = answer_lost(PRODUCE)
fencing_answer_lost = answer_lost(INIT_PRODUCER_ID)


async def slow(run: Run) -> None:
    assert run.proxy is not None
    run.proxy.delay = run.draw.uniform(0.03, 0.12)
    proxied(run, "one")
    await run.at(1.0)
    await asyncio.sleep(5)
    run.proxy.delay = 0.0


def cut(seconds: float, *, hang_up: bool) -> Scenario:
    """Nothing passes for so long, between one worker and the broker alone; another one can take over."""

    async def play(run: Run) -> None:
        assert run.proxy is not None
        proxied(run, "one")
        await run.fleet.said("one", "partition_entered")
        if run.draw.random() < 0.5:
            run.fleet.start("two")
        await run.at(run.draw.uniform(0.2, 0.7))
        run.proxy.cut = True
        if hang_up:
            run.proxy.hang_up()
        await asyncio.sleep(seconds)
        run.proxy.cut = False

    return play


async def connections_reset(run: Run) -> None:
    assert run.proxy is not None
    proxied(run, "one")
    for share in sorted(run.draw.uniform(0.1, 1.0) for _ in range(4)):
        await run.at(share)
        run.proxy.hang_up()


def broker_ends(number: signal.Signals, away: float = 2.0) -> Scenario:
    """The only broker is gone for a while; what it had promised to hold, it holds."""

    async def play(run: Run) -> None:
        run.fleet.start("one")
        await run.fleet.said("one", "partition_entered")
        await run.at(run.draw.uniform(0.2, 0.7))
        await run.broker.end(number)
        await asyncio.sleep(away)
        await asyncio.to_thread(run.broker.start)

    return play


async def broker_frozen(run: Run) -> None:
    """Longer than a transaction may take; the coordinator answers nobody."""
    run.fleet.start("one")
    await run.fleet.said("one", "partition_entered")
    await run.at(run.draw.uniform(0.2, 0.7))
    run.broker.freeze()
    await asyncio.sleep(run.draw.uniform(4, 12))
    run.broker.thaw()
