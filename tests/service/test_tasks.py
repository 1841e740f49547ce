"""What the service keeps running beside the runtime: whichever of it is over ends the worker."""

import asyncio
from types import SimpleNamespace

from slamon.service.worker import Service


async def ended(*, stopping: bool) -> list[str]:
    """What the worker is told when a task of the service is cancelled."""
    told: list[BaseException] = []
    service = Service.__new__(Service)
    service.worker = SimpleNamespace(fail=told.append)
    service._tasks, service._stopping = [], stopping
    service._watch(asyncio.sleep(60))
    await asyncio.sleep(0)
    service._tasks[0].cancel()
    await asyncio.wait(service._tasks)
    await asyncio.sleep(0)
    return [str(error) for error in told]


async def test_a_task_that_is_cancelled_ends_the_worker_and_says_so() -> None:
    (sentence,) = await ended(stopping=False)
    assert "expected it to live as long as the worker, it was cancelled" in sentence


async def test_a_task_that_is_cancelled_because_the_worker_stops_is_no_reason() -> None:
    assert await ended(stopping=True) == []
