"""Workers of the runtime as processes, killed and frozen: what was in Kafka is decided once, whoever decides it."""

import asyncio
import shutil
import signal
from pathlib import Path

import pytest

from tests.broker import Broker
from tests.runtime.cluster import create_topics, feed, read
from tests.runtime.fixtures import Start, start

__all__ = ["start"]

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]
N = 4


async def outcomes(kafka: Broker, prefix: str, count: int) -> list[int]:
    seen = await read(
        kafka.bootstrap, prefix + "outcomes", N, lambda lines: len({line["id"] for line in lines}) >= count
    )
    return sorted(line["id"] for line in seen)


async def test_a_worker_that_is_killed_and_started_again_loses_nothing_and_repeats_nothing(
    kafka: Broker, kafka_prefix: str, start: Start
) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, N)
    worker = start()
    feeding = asyncio.create_task(feed(kafka.bootstrap, kafka_prefix, range(3000), N))
    for _ in range(2):
        assert await asyncio.to_thread(worker.said, "partition_entered", N), worker.log
        worker.kill()
        worker = start()
        worker.said("worker_started", 1)
    await feeding
    await feed(kafka.bootstrap, kafka_prefix, range(3000, 4000), N)
    assert await outcomes(kafka, kafka_prefix, 4000) == list(range(4000))


async def test_counts_go_on_where_they_stood_after_the_directory_was_lost(
    kafka: Broker, kafka_prefix: str, start: Start, tmp_path: Path
) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, N)
    worker = start()
    await feed(kafka.bootstrap, kafka_prefix, range(400), N)
    assert len(await outcomes(kafka, kafka_prefix, 400)) == 400
    worker.send(signal.SIGTERM)
    assert worker.ended() == 0
    shutil.rmtree(tmp_path / "one")
    start()
    await feed(kafka.bootstrap, kafka_prefix, range(400, 440), N)
    seen = await read(kafka.bootstrap, kafka_prefix + "outcomes", N, lambda lines: len(lines) >= 440)
    assert sorted(line["id"] for line in seen) == list(range(440))
    assert {line["n"] for line in seen if line["id"] >= 400} == {11}  # ten records per key before


async def test_timers_set_before_a_crash_fire_once_after_it(kafka: Broker, kafka_prefix: str, start: Start) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, N)
    worker = start()
    await feed(kafka.bootstrap, kafka_prefix, range(40), N, due_in_ms=6000)
    assert len(await outcomes(kafka, kafka_prefix, 40)) == 40
    worker.kill()
    start()
    seen = await read(kafka.bootstrap, kafka_prefix + "breaches", N, lambda lines: len(lines) >= 40)
    assert sorted(line["key"] for line in seen) == sorted(f"T-{n}" for n in range(40))
    assert all(line["seen"] >= line["due"] for line in seen)


async def test_two_workers_share_the_partitions_and_one_takes_over_when_the_other_dies(
    kafka: Broker, kafka_prefix: str, start: Start
) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, N)
    one, two = start("one"), start("two")
    assert await asyncio.to_thread(one.said, "partition_entered", 2), one.log
    assert await asyncio.to_thread(two.said, "partition_entered", 2), two.log
    await feed(kafka.bootstrap, kafka_prefix, range(1000), N)
    assert await outcomes(kafka, kafka_prefix, 1000) == list(range(1000))
    two.kill()
    await feed(kafka.bootstrap, kafka_prefix, range(1000, 2000), N)
    assert await outcomes(kafka, kafka_prefix, 2000) == list(range(2000))


async def test_a_worker_that_was_frozen_while_another_took_over_is_refused_and_says_so(
    kafka: Broker, kafka_prefix: str, start: Start
) -> None:
    """It stops in the middle of a unit, so that committing is the first thing it does when it wakes."""
    await create_topics(kafka.bootstrap, kafka_prefix, N)
    one = start("one", freeze_at=700)
    assert await asyncio.to_thread(one.said, "partition_entered", N), one.log
    await feed(kafka.bootstrap, kafka_prefix, range(700), N)
    assert await outcomes(kafka, kafka_prefix, 700) == list(range(700))
    await feed(kafka.bootstrap, kafka_prefix, range(700, 1400), N)
    two = start("two")
    assert await asyncio.to_thread(two.said, "partition_entered", N, 40), two.log
    one.send(signal.SIGCONT)
    assert await asyncio.to_thread(one.ended) == 1, one.log
    assert "another worker has taken" in one.log
    assert await outcomes(kafka, kafka_prefix, 1400) == list(range(1400))


async def test_a_worker_asked_to_end_gives_its_partitions_away_at_once(
    kafka: Broker, kafka_prefix: str, start: Start
) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, N)
    one, two = start("one", session_timeout=40.0), start("two", session_timeout=40.0)
    assert await asyncio.to_thread(two.said, "partition_entered", 2), two.log
    assert await asyncio.to_thread(one.said, "partition_entered", 2), one.log
    one.send(signal.SIGTERM)
    assert one.ended(12) == 0
    before = two.log.count("partition_entered")
    assert await asyncio.to_thread(two.said, "partition_entered", before + N, 15), two.log
    await feed(kafka.bootstrap, kafka_prefix, range(100), N)
    assert await outcomes(kafka, kafka_prefix, 100) == list(range(100))


async def test_a_worker_asked_to_end_while_it_starts_leaves_no_ghost_in_the_group(
    kafka: Broker, kafka_prefix: str, start: Start
) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, N)
    two = start("two", session_timeout=40.0)
    assert await asyncio.to_thread(two.said, "partition_entered", N), two.log
    one = start("one", session_timeout=40.0)
    assert await asyncio.to_thread(two.said, "Heartbeat failed"), two.log  # `one` is joining
    one.send(signal.SIGTERM)
    assert one.ended(18) == 0, one.log
    await feed(kafka.bootstrap, kafka_prefix, range(100), N)
    assert await outcomes(kafka, kafka_prefix, 100) == list(range(100))


async def test_a_member_with_a_name_comes_back_to_its_partitions_without_disturbing_the_others(
    kafka: Broker, kafka_prefix: str, start: Start
) -> None:
    """Static membership, as a StatefulSet has it: a pod that is replaced within the session time-out."""
    await create_topics(kafka.bootstrap, kafka_prefix, N)
    one, two = (
        start("one", instance_id="one", session_timeout=30.0),
        start("two", instance_id="two", session_timeout=30.0),
    )
    assert await asyncio.to_thread(one.said, "partition_entered", 2), one.log
    assert await asyncio.to_thread(two.said, "partition_entered", 2), two.log
    await asyncio.sleep(2)
    before = two.log.count("partition_entered")
    one.kill()
    again = start("again", instance_id="one", session_timeout=30.0)
    assert await asyncio.to_thread(again.said, "partition_entered", 2, 15), again.log
    assert two.log.count("partition_entered") == before
    await feed(kafka.bootstrap, kafka_prefix, range(400), N)
    assert await outcomes(kafka, kafka_prefix, 400) == list(range(400))


async def test_workers_that_come_and_go_under_load_decide_every_record_once(
    kafka: Broker, kafka_prefix: str, start: Start
) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, N)

    async def load() -> None:
        for first in range(0, 20_000, 500):
            await feed(kafka.bootstrap, kafka_prefix, range(first, first + 500), N, due_in_ms=300)

    loading = asyncio.create_task(load())
    one = start("one")
    assert await asyncio.to_thread(one.said, "partition_entered", N), one.log
    two = start("two")
    assert await asyncio.to_thread(two.said, "partition_entered", 2), two.log
    one.send(signal.SIGTERM)
    assert await asyncio.to_thread(one.ended) == 0
    three = start("three")
    assert await asyncio.to_thread(three.said, "partition_entered", 2), three.log
    two.kill()
    await loading
    assert await outcomes(kafka, kafka_prefix, 20_000) == list(range(20_000))
    fired = await read(kafka.bootstrap, kafka_prefix + "breaches", N, lambda lines: len(lines) >= 40)
    assert len({(line["key"], line["due"]) for line in fired}) == len(fired)
    assert {line["key"] for line in fired} == {f"T-{n}" for n in range(40)}
