"""Each watchdog tripped in a worker process on a Kafka: the sentence it logs and the code it ends with (docs/architecture.md)."""

import asyncio
import signal
from itertools import count
from typing import Any

import pytest

from tests.broker import Broker
from tests.runtime.cluster import create_topics, feed
from tests.runtime.fixtures import Start, start

__all__ = ["start"]

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]
N = 2
CRASHED, STALLED = 1, 70


async def ended(worker: Any, code: int, sentence: str, seconds: float = 45) -> None:
    assert await asyncio.to_thread(worker.ended, seconds) == code, worker.log
    assert sentence in worker.log, worker.log


@pytest.mark.parametrize(
    ("breaks", "code", "sentence"),
    [
        ("loop_stalls", STALLED, "event_loop_stalled"),
        ("partition_task_is_cancelled", CRASHED, "task partition-0: expected it to live as long as the worker, it was cancelled"),
        ("partition_task_returns", CRASHED, "expected it to live as long as the worker, it returned"),
        ("sampler_is_cancelled", CRASHED, "task Sampler.run: expected it to live as long as the worker, it was cancelled"),
        ("fencing_hangs", CRASHED, "expected progress within 6 s, got none (fencing)"),
        ("fetch_raises", CRASHED, "RuntimeError: a fetch of the tests"),
        ("thread_ends", CRASHED, "expected the thread of the Kafka consumer to live as long as the worker, it is over"),
        ("group_routine_ends", CRASHED, "KafkaError: Unexpected error during coordination RuntimeError('an answer of the tests')"),
        ("group_is_refused", CRASHED, "GroupAuthorizationFailedError"),
    ],
)  # fmt: skip
async def test_a_worker_with_nothing_to_do_ends(
    kafka: Broker, kafka_prefix: str, start: Start, breaks: str, code: int, sentence: str
) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, N)
    await ended(start(partitions=N, breaks=breaks, no_progress=3.0, loop_stall=2.0), code, sentence)


@pytest.mark.parametrize(
    ("breaks", "sentence"),
    [
        ("agent_raises", "RuntimeError: an agent of the tests"),
        ("actor_hangs", "expected progress within 3 s, got none (deciding) with "),
        ("tick_hangs", "expected progress within 3 s, got none (deciding) with 0 records before it (state active)"),
        ("commit_hangs", "expected the group offset to follow what is dealt with within 3 s"),
        ("thread_hangs", "within 3 s, got no"),  # fetches, or commits: whichever is missed first
        ("one_source_is_not_fetched", "tickets) with "),
        ("a_fetch_is_lost", "the worker ends so that no record is skipped"),
    ],
)
async def test_a_worker_with_records_before_it_ends(
    kafka: Broker, kafka_prefix: str, start: Start, breaks: str, sentence: str
) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, N)
    worker = start(partitions=N, breaks=breaks, no_progress=3.0)
    assert await asyncio.to_thread(worker.said, "worker_started"), worker.log

    async def load() -> None:
        # Without end: what is broken a while after the start must have records before it, if it is not time that stands.
        for first in range(0, 10_000, 100) if breaks == "tick_hangs" else count(step=100):
            await feed(kafka.bootstrap, kafka_prefix, range(first, first + 100), N, due_in_ms=500)

    loading = asyncio.create_task(load())
    await ended(worker, CRASHED, sentence)
    loading.cancel()


async def test_a_recovery_that_stands_still_ends_the_worker(kafka: Broker, kafka_prefix: str, start: Start) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, N)
    await feed(kafka.bootstrap, kafka_prefix, range(100), N)
    first = start(partitions=N)
    assert await asyncio.to_thread(first.said, "partition_entered", N), first.log
    await asyncio.sleep(2)
    first.kill()
    second = start("two", partitions=N, breaks="recovery_stands_still", no_progress=2.0)
    await ended(second, CRASHED, "expected progress within 4 s, got none (recovering) with ")


async def test_a_worker_that_needs_too_much_memory_ends_before_it_is_killed(
    kafka: Broker, kafka_prefix: str, start: Start
) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, N)
    await ended(start(partitions=N, memory_limit=10 << 20), CRASHED, "expected at most 10 MiB of memory, got ")


async def test_a_stop_that_hangs_is_ended_hard(kafka: Broker, kafka_prefix: str, start: Start) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, N)
    worker = start(partitions=N, breaks="stop_hangs")
    assert await asyncio.to_thread(worker.said, "worker_started"), worker.log
    worker.send(signal.SIGTERM)
    await ended(worker, CRASHED, "stop_took_too_long")
