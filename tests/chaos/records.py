"""What befalls records, topics and settings."""

import asyncio
import time

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from slamon.engine.partitioner import partition_of
from slamon.runtime.topics import admin_client
from tests.chaos.fleet import PARTITIONS
from tests.chaos.run import Run
from tests.chaos.verdict import STRANGE, Verdict
from tests.runtime.cluster import make_again


async def duplicates(run: Run) -> None:
    """A third of everything is delivered again, in any order, by whichever door."""
    run.fleet.start("one")
    await run.at(1.0)
    again = run.draw.sample(list(run.load.sendings), len(run.load.sendings) // 3)
    again = [one for one in again if one.what != "broken"]
    run.draw.shuffle(again)
    run.extra += again
    await run.send(again)
    run.fleet.kill("one")


async def _raw(run: Run, key: bytes | None, value: bytes | None, partition: int) -> None:
    assert run._producer is not None
    await run._producer.send(
        f"{run.prefix}{run.draw.choice(('tickets', 'uptime'))}", value, key=key, partition=partition
    )
    run.extra_letters += 1


async def poison(run: Run) -> None:
    """Nothing of it can be understood; each record has its dead letter, once, and the worker is killed among them."""
    run.fleet.start("one", fault=f"after_commit:kill:{run.draw.randint(2, 6)}")
    await _poisoned(run, 0.1, 0.3, 0.5, 0.7)
    run.struck = await run.until(run.fleet.struck, 30)


async def poison_behind(run: Run) -> None:
    """The same, and the worker is killed when the first of it lies behind it: each letter again would be one too many."""
    run.fleet.start("one")
    await _poisoned(run, 0.1, 0.3)
    await run.at(0.7)
    run.struck = await run.fleet.said("one", "partition_entered", PARTITIONS)
    await asyncio.sleep(2)
    run.fleet.kill("one")


async def _poisoned(run: Run, *shares: float) -> None:
    for share in shares:
        await run.at(share)
        for value in (b"", b"\x00\xff\xfe", b"[]", b'{"ticket":', b'"' * 40, b"9" * 600_000, b'{"a":' * 5_000):
            await _raw(run, b"poison", value, run.draw.randrange(PARTITIONS))
        key = f"C{run.seed}-elsewhere"
        record = {"ticket": key, "id": "x", "at": 1_767_603_600_000, "event": "created", "n": share}
        await _raw(run, key.encode(), orjson.dumps(record), (partition_of(key.encode(), PARTITIONS) + 1) % PARTITIONS)


async def strange_instants(run: Run) -> None:
    """The future, 1970, seconds and microseconds for milliseconds: refused or old, and never in anybody's way."""
    run.fleet.start("one")
    # An hour ahead, seconds, microseconds, 1970, the year 2100: refused. 1971 is an instant like others, only old.
    hour_ahead = int(time.time() * 1000) + 3_600_000
    instants = {
        hour_ahead: 1,
        1_767_603_600: 1,
        1_767_603_600_000_000: 1,
        0: 1,
        4_102_444_800_000: 1,
        40_000_000_000: 0,
    }
    for share in (0.2, 0.6):
        await run.at(share)
        for n, (instant, letters) in enumerate(instants.items()):
            key = f"{STRANGE}{share}-{n}"
            record = {
                "ticket": key,
                "id": "x",
                "at": instant,
                "event": "created",
                "fields": {"status": "open", "priority": "P1"},
            }
            assert run._producer is not None
            await run._producer.send(
                f"{run.prefix}tickets",
                orjson.dumps(record),
                key=key.encode(),
                partition=partition_of(key.encode(), PARTITIONS),
            )
            run.extra_letters += letters


async def upstream_transactions(run: Run) -> None:
    """A producer of tickets aborts one transaction, leaves another open until the broker ends it, and commits a third."""
    run.fleet.start("one")
    await run.at(0.3)
    for end in ("abort", "open", "commit"):
        producer = AIOKafkaProducer(
            bootstrap_servers=run.broker.bootstrap,
            transactional_id=f"{run.prefix}up-{end}",
            transaction_timeout_ms=4_000,
        )
        await producer.start()
        await producer.begin_transaction()
        ours = [one for one in run.load.sendings if one.role == "tickets" and one.what == "good"][:5]
        for one in ours:
            value = one.value if end == "commit" else one.value.replace(b'"id":"C', b'"id":"GHOST')
            await producer.send(f"{run.prefix}tickets", value, key=one.key, partition=partition_of(one.key, PARTITIONS))
        await producer.flush()
        if end == "commit":
            await producer.commit_transaction()
            run.extra += ours
        elif end == "abort":
            await producer.abort_transaction()
        await asyncio.wait([asyncio.ensure_future(producer.stop())], timeout=1)


async def offsets_reset(run: Run) -> None:
    """Somebody sets the group to the beginning, or to the end, while nobody runs."""
    run.fleet.start("one")
    await run.at(run.draw.uniform(0.3, 0.7))
    await run.fleet.said("one", "partition_entered", 3)
    await run.fleet.leave("one")
    await asyncio.sleep(8)  # a member with a name does not leave, it expires
    consumer = AIOKafkaConsumer(
        bootstrap_servers=run.broker.bootstrap, group_id=run.prefix.rstrip("."), enable_auto_commit=False
    )
    await consumer.start()
    consumer.assign(
        [TopicPartition(run.prefix + role, number) for role in ("tickets", "uptime") for number in range(PARTITIONS)]
    )
    ends = await consumer.end_offsets(list(consumer.assignment()))
    to_end = run.draw.random() < 0.5
    await consumer.commit({tp: OffsetAndMetadata(end if to_end else 0, "") for tp, end in ends.items()})
    await consumer.stop()
    run.fleet.start("one")


async def policies_reloaded(run: Run) -> None:
    """New promises, broken files and the old ones again, while records come: clocks that run keep theirs."""
    run.fleet.start("one")
    run.fleet.start("two")
    for share in (0.2, 0.4, 0.6, 0.8):
        await run.at(share)
        text = run.load.policies
        run.policies.write_text(run.draw.choice([text.replace("30s", "7s"), "kind: nonsense", text, text + "\n# new"]))
        if run.draw.random() < 0.4:
            run.fleet.kill(run.draw.choice(["one", "two"]))
    await asyncio.sleep(2)
    run.policies.write_text(run.load.policies)


# -- afterwards: what must stop a worker, and with which words


async def refuses(run: Run, verdict: Verdict, words: str) -> None:
    """The worker of that name, started again, must end with these words."""
    run.fleet.slots["one"].wanted = False
    slot = run.fleet.start("one")
    slot.wanted = False
    code = await slot.worker.ended(60)
    said = slot.worker.log.read_text()
    if code == 0 or words not in said:
        verdict.other.append(f"expected an end that tells {words!r}, got {code}: {said[-600:]}")
    verdict.notes.append(f"the next start ends with {code}: '{words}'")


async def partitions_added(run: Run, verdict: Verdict) -> None:
    from aiokafka.admin import NewPartitions

    admin = admin_client(run.broker.bootstrap)
    await admin.start()
    await admin.create_partitions({f"{run.prefix}tickets": NewPartitions(PARTITIONS + 1)})
    await admin.close()
    await asyncio.sleep(1)
    await refuses(run, verdict, f"with {PARTITIONS} partitions each")


async def tickets_made_again(run: Run, verdict: Verdict) -> None:
    await make_again(run.broker.bootstrap, f"{run.prefix}tickets", PARTITIONS)
    await refuses(run, verdict, "the topic was deleted and made again")


async def changelog_made_again(run: Run, verdict: Verdict) -> None:
    await make_again(run.broker.bootstrap, f"{run.prefix}changelog", PARTITIONS)
    await refuses(run, verdict, "changelog")
