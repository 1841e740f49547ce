"""Copies of partitions on other workers: taken over with a short tail of the changelog, in both directions."""

import asyncio
import re
import signal
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from slamon.runtime.offsets import Offsets
from slamon.runtime.settings import RuntimeSettings
from tests.broker import Broker
from tests.runtime.cluster import WorkerProcess, create_topics, feed, read
from tests.runtime.fixtures import Start, start

__all__ = ["start"]

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]
N = 4
ROUND = 200


def recovered(log: str) -> list[tuple[int, int]]:
    """(partition, records replayed) of every recovery, in the order of the log."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", log)
    found = re.findall(r"partition_recovered .*", plain)
    return [
        (int(re.search(r"\bpartition=(\d+)", line)[1]), int(re.search(r"\brecords=(\d+)", line)[1])) for line in found
    ]


async def says(worker: WorkerProcess, words: str, times: int = 1, seconds: float = 40) -> None:
    assert await asyncio.to_thread(worker.said, words, times, seconds), worker.log


async def fed(kafka: Broker, prefix: str, rounds: range) -> None:
    """In small units, so that the changelog becomes long; returns when every record is decided."""
    for number in rounds:
        await feed(kafka.bootstrap, prefix, range(number * ROUND, (number + 1) * ROUND), N)
    total = rounds.stop * ROUND
    seen = await read(
        kafka.bootstrap, prefix + "outcomes", N, lambda lines: len({line["id"] for line in lines}) >= total
    )
    assert sorted(line["id"] for line in seen) == list(range(total))
    assert max(line["n"] for line in seen) == total // 40  # of each of the 40 keys one record of 40


async def changelog_length(kafka: Broker, prefix: str, tmp_path: Path) -> int:
    """Offsets of the shortest partition of the changelog."""
    settings = RuntimeSettings(kafka.bootstrap, tmp_path, N, prefix=prefix)
    offsets = Offsets(settings)
    await offsets.start()
    try:
        return min((await offsets.ends([TopicPartition(settings.changelog, n) for n in range(N)])).values())
    finally:
        await offsets.stop()


async def two_level_workers(start: Start) -> tuple[WorkerProcess, WorkerProcess]:
    one = start("one", standby_replicas=1)
    await says(one, "partition_entered", N)
    two = start("two", standby_replicas=1)
    await says(two, "partition_entered", N // 2)
    await says(one, "standby_level", N // 2)
    await says(two, "standby_level", N // 2)
    return one, two


async def test_a_worker_alone_keeps_no_copy(kafka: Broker, kafka_prefix: str, start: Start) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, N)
    one = start("one", standby_replicas=1)
    await says(one, "partition_entered", N)
    await fed(kafka, kafka_prefix, range(1))
    assert "standby" not in one.log


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "asked to end"])
async def test_a_copy_is_promoted_with_the_tail_of_the_changelog_alone(
    kafka: Broker, kafka_prefix: str, start: Start, tmp_path: Path, how: signal.Signals
) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, N)
    one, two = await two_level_workers(start)
    await fed(kafka, kafka_prefix, range(10))
    await feed(kafka.bootstrap, kafka_prefix, range(10 * ROUND, 10 * ROUND + 40), N, due_in_ms=12_000)
    await asyncio.sleep(3)  # a copy asks once a second
    before = recovered(one.log)
    two.send(how)
    two.ended()
    await says(one, "partition_recovered", len(before) + N)
    length = await changelog_length(kafka, kafka_prefix, tmp_path)
    assert length > 60
    assert sorted(number for number, _ in recovered(one.log)[len(before) :]) == list(range(N))
    assert all(records * 4 < length for _, records in recovered(one.log)[len(before) :]), one.log
    # Deadlines that the copy learned from the changelog fire once, at their owner.
    fired = await read(kafka.bootstrap, kafka_prefix + "breaches", N, lambda lines: len(lines) >= 40)
    assert sorted(line["key"] for line in fired) == sorted(f"T-{n}" for n in range(40))
    assert all(line["seen"] >= line["due"] for line in fired)
    seen = await read(kafka.bootstrap, kafka_prefix + "outcomes", N, lambda lines: len(lines) >= 10 * ROUND + 40)
    assert sorted(line["id"] for line in seen) == list(range(10 * ROUND + 40))


async def test_owner_and_copy_change_places_as_often_as_workers_come_and_go(
    kafka: Broker, kafka_prefix: str, start: Start, tmp_path: Path
) -> None:
    await create_topics(kafka.bootstrap, kafka_prefix, N)
    one, two = await two_level_workers(start)
    await fed(kafka, kafka_prefix, range(6))
    for turn in range(2):
        await asyncio.sleep(3)
        two.kill()
        await says(one, "partition_recovered", len(recovered(one.log)) + N)
        entered = two.log.count("partition_entered")
        levels = one.log.count("standby_level")
        two = start("two", standby_replicas=1)  # owns two again, and `one` goes back to copies of them
        await says(two, "partition_entered", entered + N // 2)
        await says(one, "standby_level", levels + N // 2)
        await fed(kafka, kafka_prefix, range(6 + turn, 7 + turn))
    length = await changelog_length(kafka, kafka_prefix, tmp_path)
    for worker in (one, two):
        assert all(records * 4 < length for _, records in recovered(worker.log)[N:]), worker.log
        assert "standby_failed" not in worker.log
        assert "local_state_rebuilt" not in worker.log
    assert one.running
