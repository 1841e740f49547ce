"""Recovery from a real changelog: architecture.md 3 (everything read_committed, the end is a position, old directories)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from slamon.engine.unit import Outgoing
from slamon.runtime.errors import Fenced, WorkerMustEnd
from slamon.runtime.offsets import Offsets
from slamon.runtime.recovery import DAY_MS, Recovery
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.store import SlaStore
from slamon.runtime.transaction import PartitionWriter
from slamon.runtime.wall import wall_ms
from tests.broker import Broker
from tests.runtime.cluster import create_topics, read
from tests.runtime.counting import head, head_due

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]


async def ours() -> None:
    return None


@dataclass
class Changelog:
    settings: RuntimeSettings
    offsets: Offsets
    writer: PartitionWriter
    path: Path

    async def recover(self, store: SlaStore, delete_retention_ms: int = DAY_MS) -> Recovery:
        """After fencing, as an owner does: a commit is answered before its marker stands, InitProducerId waits for it."""
        await self.writer.fence()
        recovery = Recovery(
            self.settings, self.offsets, store, 0, head_due=head_due, delete_retention_ms=delete_retention_ms
        )
        await recovery.run()
        return recovery


@pytest.fixture
async def changelog(kafka: Broker, kafka_prefix: str, tmp_path: Path) -> AsyncIterator[Changelog]:
    await create_topics(kafka.bootstrap, kafka_prefix, 1)
    settings = RuntimeSettings(kafka.bootstrap, tmp_path, 1, prefix=kafka_prefix)
    offsets, writer = Offsets(settings), PartitionWriter(settings, 0, ours)
    await offsets.start()
    await writer.fence()
    yield Changelog(settings, offsets, writer, tmp_path / "0")
    await writer.close()
    await offsets.stop()


async def test_a_store_built_anew_holds_what_was_committed_and_its_timers(changelog: Changelog) -> None:
    await changelog.writer.commit({b"h1": head(500, 1), b"h2": head(600, 1), b"x": b"y"}, [])
    await changelog.writer.commit({b"h1": head(700, 2), b"h2": None}, [])
    store = SlaStore(changelog.path)
    await changelog.recover(store)
    assert (store.get(b"h1"), store.get(b"h2"), store.get(b"x")) == (head(700, 2), None, b"y")
    assert store.due(10_000, 10) == [(700, b"1")]
    store.close()


async def test_only_what_is_new_is_read_by_a_store_that_stands_further(changelog: Changelog) -> None:
    offset = await changelog.writer.commit({b"h1": head(500, 1)}, [])
    store = SlaStore(changelog.path)
    assert (await changelog.recover(store)).progress.records == 1
    assert offset == 1
    await changelog.writer.commit({b"h1": head(800, 2), b"h2": head(900, 1)}, [])
    assert (await changelog.recover(store)).progress.records == 2
    assert store.due(10_000, 10) == [(800, b"1"), (900, b"2")]
    store.close()


async def test_what_an_old_owner_left_open_is_aborted_and_read_by_nobody(changelog: Changelog) -> None:
    await changelog.writer.commit({b"h1": head(500, 1)}, [])
    old = AIOKafkaProducer(
        bootstrap_servers=changelog.settings.bootstrap, transactional_id=changelog.writer.transactional_id
    )
    await old.start()
    await old.begin_transaction()
    await (await old.send(changelog.settings.changelog, key=b"h1", value=head(1, 9), partition=0))
    new = PartitionWriter(changelog.settings, 0, ours)
    await new.fence()
    store = SlaStore(changelog.path)
    await changelog.recover(store)
    assert store.get(b"h1") == head(500, 1)
    store.close()
    await new.close()
    await asyncio.wait([asyncio.ensure_future(old.stop())], timeout=3)


async def test_the_old_owner_is_refused_from_the_moment_the_new_one_has_fenced(changelog: Changelog) -> None:
    await changelog.writer.commit({b"h1": head(500, 1)}, [])
    new = PartitionWriter(changelog.settings, 0, ours)
    await new.fence()
    with pytest.raises(Fenced, match="another worker has taken"):
        await changelog.writer.commit({b"h1": head(1, 9)}, [])
    assert await new.commit({b"h1": head(600, 2)}, []) is not None
    await new.close()


async def test_facts_and_state_stand_in_their_partition_or_not_at_all(changelog: Changelog) -> None:
    await changelog.writer.commit(
        {b"h1": b"x" * 400_000}, [Outgoing("breaches", b"T", b'{"n": 1}', [("live", b"true")])]
    )
    seen = await read(changelog.settings.bootstrap, changelog.settings.topic("breaches"), 1, bool)
    assert seen == [{"n": 1}]


async def test_a_unit_larger_than_one_request_is_one_transaction(changelog: Changelog) -> None:
    writes = {b"h%03d" % n: head(n, 1) + b"x" * 50_000 for n in range(100)}
    assert await changelog.writer.commit(writes, []) == 100
    store = SlaStore(changelog.path)
    await changelog.recover(store)
    assert len(store.due(10_000, 1000)) == 100
    store.close()


async def test_a_directory_that_was_away_longer_than_deletions_are_kept_is_rebuilt(changelog: Changelog) -> None:
    await changelog.writer.commit({b"h1": head(500, 1)}, [])
    store = SlaStore(changelog.path)
    store.apply(
        {b"h1": head(500, 1), b"ghost": b"deleted while we were away"}, {b"1": (None, 500)}, 1, wall_ms() - 60_000
    )
    await changelog.recover(store, delete_retention_ms=30_000)
    assert (store.get(b"ghost"), store.get(b"h1"), store.due(9999, 9)) == (None, head(500, 1), [(500, b"1")])
    store.close()


async def test_a_changelog_that_ends_before_the_directory_stops_the_worker(changelog: Changelog) -> None:
    store = SlaStore(changelog.path)
    store.apply({b"h1": head(500, 1)}, {}, 50, wall_ms())
    with pytest.raises(WorkerMustEnd, match="the changelog lost records or was made again"):
        await changelog.recover(store)
    store.close()


async def test_an_id_that_stood_idle_is_renewed_and_goes_on(changelog: Changelog) -> None:
    asked = []

    async def still_ours() -> None:
        asked.append(True)

    writer = PartitionWriter(replace(changelog.settings, renew_id_after=0.0), 0, still_ours)
    await writer.fence()
    assert await writer.commit({b"h1": head(500, 1)}, []) == 1
    assert await writer.commit({b"h1": head(600, 2)}, []) is not None
    assert len(asked) == 3
    await writer.close()
