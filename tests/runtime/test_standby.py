"""A copy of another worker's partition: level, stamped, never in the way, and never a reason to end."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from slamon.runtime import standby as module
from slamon.runtime.recovery import DAY_MS
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.standbys import Standbys
from slamon.runtime.stores import Stores
from tests.runtime.counting import head, head_due

NOW = 1_700_000_000_000
CHANGELOG = TopicPartition("t.changelog", 0)


class Broker:
    """What a copy asks: the ends, and then pieces for as long as there are any."""

    def __init__(self) -> None:
        self.pieces: list[tuple[list[Any], int]] = []
        self.failures = 0
        self.asked = 0
        self.end = 0

    async def ends(self, _partitions: Any) -> dict[TopicPartition, int]:
        self.asked += 1
        if self.failures:
            self.failures -= 1
            raise KafkaError("no leader")
        return {CHANGELOG: self.end}

    async def beginnings(self, _partitions: Any) -> dict[TopicPartition, int]:
        return {CHANGELOG: 0}

    def reader(self, *_: Any) -> Any:
        broker = self

        class Reader:
            end = 0

            async def start(self) -> None: ...
            async def stop(self) -> None: ...

            async def pieces(self, _start: int) -> AsyncIterator[tuple[list[Any], int]]:
                while True:
                    Reader.end = broker.end
                    if broker.pieces:
                        yield broker.pieces.pop(0)
                    else:
                        await asyncio.sleep(0.01)

        return Reader()


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    asked = Broker()
    monkeypatch.setattr(module, "ChangelogReader", asked.reader)
    monkeypatch.setattr(module, "AGAIN_SECONDS", 0.01)
    return asked


def ground_of(broker: Broker, folder: Path) -> Any:
    settings = RuntimeSettings("nowhere:1", folder, 1, prefix="t.")
    return SimpleNamespace(
        settings=settings,
        offsets=broker,
        clock=SimpleNamespace(now=lambda: NOW),
        stores=Stores(settings),
        turn=asyncio.Lock(),
        hooks=SimpleNamespace(head_due=head_due),
        delete_retention_ms=DAY_MS,
    )


async def until(true: Any) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def test_it_takes_over_what_is_committed_and_knows_when_it_is_level(broker: Broker, tmp_path: Path) -> None:
    broker.end, broker.pieces = 5, [([(b"h1", head(500, 1)), (b"h2", head(600, 1))], 3)]
    ground, standbys = ground_of(broker, tmp_path), Standbys(lambda: True)
    standbys.begin(ground, [0])
    copy = standbys.kept[0]
    assert (copy.lag, copy.level) == (None, False)
    await until(lambda: copy.lag == 2)
    assert not copy.level
    broker.pieces = [([(b"h1", head(700, 2))], 4), ([], 5)]
    await until(lambda: copy.level)
    await standbys.end()
    store = ground.stores.open(0)  # as the owner does after a promotion: it is the same one
    assert store is copy.store
    assert (store.offset, store.timers_stand) == (4, False)  # they are derived as it is promoted
    assert [*store.derive_timers(head_due)][-1] == 2
    assert store.due(10_000, 9) == [(600, b"2"), (700, b"1")]
    assert store.stamp is not None
    ground.stores.close_all_but(set())


async def test_what_goes_wrong_with_a_copy_is_begun_again(broker: Broker, tmp_path: Path) -> None:
    broker.end, broker.failures = 2, 2
    broker.pieces = [([(b"h1", head(500, 1))], 1), ("no pairs", 2)]  # type: ignore[list-item]  # a defect of ours
    ground, standbys = ground_of(broker, tmp_path), Standbys(lambda: True)
    standbys.begin(ground, [0])
    await until(lambda: broker.asked == 4)
    broker.pieces = [([(b"h2", head(600, 1))], 2)]
    await until(lambda: standbys.kept[0].level)
    assert [key for key, _ in ground.stores.open(0).scan(b"h")] == [b"h1", b"h2"]
    await standbys.end()
    ground.stores.close_all_but(set())


async def test_it_waits_while_partitions_of_the_worker_itself_recover(broker: Broker, tmp_path: Path) -> None:
    broker.end, broker.pieces = 1, [([(b"h1", head(500, 1))], 1)]
    calm = False
    ground, standbys = ground_of(broker, tmp_path), Standbys(lambda: calm)
    standbys.begin(ground, [0])
    await asyncio.sleep(0.1)
    assert (broker.asked, standbys.kept[0].store) == (0, None)
    calm = True
    await until(lambda: standbys.kept[0].level)
    await standbys.end()
    ground.stores.close_all_but(set())


async def test_a_slice_of_a_copy_waits_for_its_turn(broker: Broker, tmp_path: Path) -> None:
    broker.end, broker.pieces = 1, [([(b"h1", head(500, 1))], 1)]
    ground, standbys = ground_of(broker, tmp_path), Standbys(lambda: True)
    async with ground.turn:
        standbys.begin(ground, [0])
        await asyncio.sleep(0.1)
        assert standbys.kept[0].lag == 1
    await until(lambda: standbys.kept[0].level)
    await standbys.end()
    ground.stores.close_all_but(set())
