"""What befalls the changelog: compacted under a load, its deletions gone, cut by somebody."""

import asyncio
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

from aiokafka import AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from slamon.engine.keys import SERVICE, TICKET
from slamon.runtime.store import SlaStore
from slamon.runtime.topic_specs import SPECS
from slamon.runtime.topics import admin_client
from tests.chaos.fleet import PARTITIONS
from tests.chaos.reading import Outputs
from tests.chaos.records import refuses
from tests.chaos.run import Run
from tests.chaos.verdict import Verdict
from tests.integration.reading import everything

# Segments of half a second, cleaned as soon as they are closed.
AT_ONCE = {"segment.ms": "500", "min.cleanable.dirty.ratio": "0.01"}
CLEANED_WITHIN = 90.0


async def _configure(run: Run, configs: Mapping[str, str]) -> None:
    """The changelog as slamon makes it, but for these."""
    (usual,) = (spec.all_configs() for spec in SPECS if spec.role == "changelog")
    admin = admin_client(run.broker.bootstrap)
    await admin.start()
    try:
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, _topic(run), usual | configs)])
    finally:
        await admin.close()


def _topic(run: Run) -> str:
    return f"{run.prefix}changelog"


async def _log(run: Run) -> list[ConsumerRecord]:
    return await everything(run.cluster, _topic(run))


async def _time_passes(run: Run) -> None:
    """A little more is written, so that segments end: the present instant is told again."""
    await run.tell_time(run.load.sendings[max(0, run.sent - 1)].at)
    await asyncio.sleep(2.5)


def _directory(run: Run) -> Path:
    return run.fleet.folder / "one"


# -- compacted


async def compacted(run: Run) -> None:
    """Records that were there are gone, and behind the last one lie markers and what was taken back; then the disk is lost."""
    await _configure(run, AT_ONCE)
    with run.halted():
        run.fleet.start("one")
        await run.fleet.said("one", "partition_entered", PARTITIONS)
    await run.at(0.3)
    before = {(record.partition, record.offset) for record in await _log(run)}
    await run.at(0.8)
    gone = await _gone(run, before)
    await run.fleet.down("one")
    await _tail(run)
    shutil.rmtree(_directory(run))
    run.fleet.start("one")
    recovered = await run.fleet.said("one", "partition_recovered", PARTITIONS)
    run.struck = {number for number, _ in gone} == set(range(PARTITIONS)) and recovered
    run.notes.append("rebuilt from a changelog with holes and a tail that was taken back")


async def _gone(run: Run, before: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Which of these places hold no record any more; waits until there are some in each partition."""
    end = time.monotonic() + CLEANED_WITHIN
    gone: set[tuple[int, int]] = set()
    while len({number for number, _ in gone}) < PARTITIONS and time.monotonic() < end:
        await _time_passes(run)
        gone = before - {(record.partition, record.offset) for record in await _log(run)}
    return gone


async def _tail(run: Run) -> None:
    """An aborted transaction at the end of each partition: nobody may read what is in it."""
    producer = AIOKafkaProducer(bootstrap_servers=run.broker.bootstrap, transactional_id=f"{run.prefix}tail")
    await producer.start()
    for _ in range(3):
        await producer.begin_transaction()
        for number in range(PARTITIONS):
            await producer.send(_topic(run), b"nonsense", key=b"hGHOST", partition=number)
        await producer.flush()
        await producer.abort_transaction()
    await producer.stop()


# -- older than the deletions


async def tombstones_gone(run: Run) -> None:
    """A directory comes back that holds facts whose deletion the changelog has forgotten: told, it would tell them again."""
    await _configure(run, AT_ONCE | {"delete.retention.ms": "1000"})
    with run.halted():
        run.fleet.start("one")
        await run.fleet.said("one", "partition_entered", PARTITIONS)
    await run.at(0.3)
    ghosts = await _with_waiting_facts(run)
    await run.at(0.8)
    forgotten = await _forgotten(run, ghosts)
    await run.fleet.down("one")
    shutil.rmtree(_directory(run))
    shutil.move(run.fleet.folder / "backup", _directory(run))
    run.fleet.start("one")
    run.struck = forgotten and await run.fleet.said("one", "local_state_rebuilt")
    run.notes.append("rebuilt, for it was away for longer than the changelog keeps deletions")


async def _with_waiting_facts(run: Run) -> set[bytes]:
    """Keys of facts that wait in a copy of the directory, taken while the worker stood still."""
    backup = run.fleet.folder / "backup"
    for _ in range(60):
        await asyncio.sleep(0.2)
        run.fleet.stop("one")
        shutil.rmtree(backup, ignore_errors=True)
        shutil.copytree(_directory(run), backup, ignore=shutil.ignore_patterns("LOCK", "faust"))
        run.fleet.go_on("one")
        if found := _waiting(backup):
            return found
    return set()


def _waiting(folder: Path) -> set[bytes]:
    found: set[bytes] = set()
    for path in sorted(folder.glob("[0-9]*")):
        store = SlaStore(path)
        found |= {key for letter in (TICKET.fact, SERVICE.fact) for key, _ in store.scan(letter)}
        store.close()
    return found


async def _forgotten(run: Run, keys: set[bytes]) -> bool:
    """Whether the changelog came to hold neither such a fact nor its deletion, for one of them at least."""
    end = time.monotonic() + CLEANED_WITHIN
    while keys and time.monotonic() < end:
        if keys - {record.key for record in await _log(run)}:
            return True
        await _time_passes(run)
    return False


# -- cut


async def truncated(run: Run) -> None:
    """What the directory holds already is deleted from the changelog: nobody needs it as long as the directory is there."""
    run.fleet.start("one")
    await run.at(run.draw.uniform(0.3, 0.7))
    await run.fleet.said("one", "partition_entered", PARTITIONS)
    await asyncio.sleep(1)
    await run.fleet.leave("one")
    shutil.copytree(_directory(run), run.fleet.folder / "backup")
    offsets = _offsets(_directory(run))
    await _delete(run, offsets)
    run.rows = _local_rows
    run.fleet.start("one")
    run.struck = any(offsets.values()) and await run.fleet.said("one", "changelog_cut")
    run.notes.append("cut below the directory: goes on, and warns of it")


async def truncated_beyond(run: Run, verdict: Verdict) -> None:
    """Now the directory is lost, or an older one is put back: what is gone can not be known, so nobody may go on."""
    ends = _offsets(_directory(run))
    await _delete(run, ends)
    shutil.rmtree(_directory(run))
    if run.draw.random() < 0.5:
        shutil.move(run.fleet.folder / "backup", _directory(run))
    await refuses(run, verdict, "records before it were deleted")


def _offsets(folder: Path) -> dict[int, int]:
    """Up to where each partition's directory holds the changelog."""
    found = {}
    for path in sorted(folder.glob("[0-9]*")):
        store = SlaStore(path)
        found[int(path.name)] = store.offset
        store.close()
    return found


async def _delete(run: Run, offsets: dict[int, int]) -> None:
    """By the admin's own command, which Kafka allows for topics that may be deleted from."""
    await _configure(run, {"cleanup.policy": "compact,delete"})
    admin = admin_client(run.broker.bootstrap)
    await admin.start()
    try:
        await admin.delete_records(
            {
                TopicPartition(_topic(run), number): RecordsToDelete(before_offset=offset)
                for number, offset in offsets.items()
                if offset
            }
        )
    finally:
        await admin.close()
    await _configure(run, {})


def _local_rows(run: Run, _outputs: Outputs) -> dict[bytes, bytes]:
    """The state as the directories hold it: of the changelog the beginning is gone."""
    rows: dict[bytes, bytes] = {}
    for path in sorted(_directory(run).glob("[0-9]*")):
        store = SlaStore(path)
        for letter in range(ord("A"), ord("z") + 1):
            rows |= dict(store.scan(bytes([letter])))
        store.close()
    return rows
