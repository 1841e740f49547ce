"""A dead letter that is sent again after a fix leads to what it would have led to from the start (semantics 4.7).

The judge is the engine alone over the records as they should have been; facts are compared by their ids.
"""

import asyncio
import signal
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import pytest

from slamon.engine.codec import WATERMARK_HEADER, encode_time
from slamon.engine.limits import Limits
from slamon.engine.partitioner import partition_of
from slamon.engine.subjects import SERVICES, TICKETS
from slamon.offline.machine import Delivered, Machine
from slamon.policy_file import load
from slamon.runtime.deadletter import list_letters
from slamon.runtime.letter import Letter
from slamon.sla.policy import Activation, PolicyBook
from tests.integration.reading import write
from tests.service_live.live import PARTITIONS, Live, ticket, word
from tests.service_live.test_operators import slamon
from tests.service_live.test_services_history import standing

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
NINE = 1_704_704_400_000  # Monday, 2024-01-08
POLICIES = """
apiVersion: slamon/v1
kind: TicketSLA
metadata: {name: desk, valid_from: 2024-01-01T00:00:00Z}
spec:
  statuses: {resolved: [resolved], closed: [closed], known: [open, pending]}
  pause: {status: pending}
  objectives:
    first_response: {target: 1h}
    resolution: {target: 4h, warn: [50%]}
---
apiVersion: slamon/v1
kind: UptimeSLA
metadata: {name: shop, valid_from: 2024-01-01T00:00:00Z}
spec:
  period: week
  objectives:
    availability: {target: 99.9%, warn: [50%]}
"""
Written = tuple[str, bytes, bytes | None, int]  # role of the topic, key, value, Kafka's timestamp


@pytest.fixture
def live(live: Live) -> Live:
    live.policies, live.environment = POLICIES, {"SLAMON_CLOCK": "records", "SLAMON_LIMITS__MAX_RECORD": "16KiB"}
    return live


def judged(live: Live, records: Iterable[Written], until: int) -> set[tuple[str, str]]:
    """(id, what) of every fact that stands when all of the records were good from the start."""
    policies = load([live.folder / "policies.yaml"], until).policies
    machine = Machine(PolicyBook((Activation(0, policies),)), Limits())
    for number, (role, key, value, timestamp) in enumerate(records):
        kind = SERVICES if role == "uptime" else TICKETS
        machine.take_batch([Delivered(number, timestamp, key, value)], kind)
    machine.tick(until)
    assert not machine.world.refused
    return {(told.id, told.what) for told in machine.world.standing()}


async def tell_time(live: Live, until: int) -> None:
    for role in ("tickets", "uptime"):
        told = [
            {"value": encode_time("test", until), "partition": n, "headers": [WATERMARK_HEADER]}
            for n in range(PARTITIONS)
        ]
        await write(live.cluster, live.prefix + role, told)


def canonical(record: dict[str, Any]) -> Written:
    role, name = ("tickets", record["ticket"]) if "ticket" in record else ("uptime", record["service"])
    return role, name.encode(), orjson.dumps(record), record["at"]


async def misplace(live: Live, *records: dict[str, Any], **key: bytes | None) -> None:
    """Written where their key does not belong, under `key` if one is given."""
    for record in records:
        role, home, value, _ = canonical(record)
        elsewhere = (partition_of(home, PARTITIONS) + 1) % PARTITIONS
        await write(live.cluster, live.prefix + role, [{"key": home, "value": value, "partition": elsewhere, **key}])


async def letters(live: Live, count: int) -> list[Letter]:
    """The newest dead letters, once there are so many."""
    for _ in range(60):
        found = (await list_letters(live.cluster, limit=100)).letters
        if len(found) >= count:
            assert len(found) == count, [(each.reason, each.message) for each in found]
            return found
        await asyncio.sleep(0.5)
    raise AssertionError(f"{len(found)} letters, expected {count}")


async def replay(live: Live, *words: str) -> tuple[int, list[str], str]:
    """Exit code, stdout by line, stderr."""
    where = ("--bootstrap", live.bootstrap, "--prefix", live.prefix)
    done = await asyncio.to_thread(slamon, "deadletter", "replay", *where, *words)
    return done.returncode, done.stdout.splitlines(), done.stderr


async def fix_and_start(live: Live, **environment: str) -> None:
    """End the worker and start one with what the operator has changed."""
    live.workers[-1].send(signal.SIGTERM)
    await live.workers[-1].ended()
    await live.ready(live.start(**environment))


def spoiled() -> dict[str, list[dict[str, Any]]]:
    """Records of 2024-01-08 that are good, and those that each come to grief in their own way."""

    def of(name: str, kind: str, after: int, **fields: str) -> dict[str, Any]:
        return ticket(name, kind, NINE + after, f"{name}-{kind}-{after}", fields=fields)

    opened = [of(f"T-{n}", "created", 0, status="open") for n in (1, 2, 3, 5)]
    good = [
        *opened,
        of("T-3", "updated", 3 * HOUR, status="open"),
        of("T-3", "resolved", 5 * HOUR, status="resolved"),
        of("T-4", "resolved", 2 * HOUR, status="resolved"),
        of("T-5", "updated", 40 * DAY, status="open"),
        word("checkout", "up", NINE),
        word("checkout", "down", NINE + HOUR),
        word("checkout", "up", NINE + 3 * HOUR),
    ]
    return {
        "good": good,
        "wrong_partition": [
            of("T-1", "resolved", HOUR, status="resolved"),
            of("T-3", "updated", HOUR, status="pending"),  # two hours on hold: five less two is in time
            word("checkout", "up", NINE + HOUR + 5 * MINUTE),  # of a budget of 10 m 4.8 s
        ],
        "no_key": [of("T-4", "created", 0, status="open")],
        "key_mismatch": [of("T-2", "resolved", HOUR, status="resolved")],
        "too_late": [of("T-5", "updated", HOUR, status="pending")],
    }


async def test_records_of_both_doors_count_after_the_fix_as_if_they_had_been_good_from_the_start(live: Live) -> None:
    await live.make_topics()
    await live.ready(live.start())
    sent, until = spoiled(), NINE + 41 * DAY
    await live.write(sent["good"])
    await misplace(live, *sent["wrong_partition"])
    await misplace(live, *sent["no_key"], key=None)
    await misplace(live, *sent["key_mismatch"], key=b"acme")
    await live.write(sent["too_late"])
    hopeless = ticket("T-1", "creatd", NINE, "typo")
    await live.write([hopeless, ticket("T-1", "updated", NINE, "long", fields={"notes": "x" * 17_000})])
    await letters(live, 8)
    await tell_time(live, NINE + 9 * HOUR)
    await live.until(lambda found: sum(f["data"]["what"] == "breach" for f in found) >= 9)

    assert await replay(live, "--limit", "2", "--dry-run", "--reason", "wrong_partition") == (
        0, [*_named(await letters(live, 8), "wrong_partition", 2), "2 would be sent, 0 cannot be, and there are more (--limit)"], "",
    )  # fmt: skip
    await fix_and_start(live, SLAMON_LIMITS__MAX_LATENESS="60d")
    code, told, wrong = await replay(live, "--rekey")
    assert (code, told[0]) == (1, "7 sent, 1 cannot be")
    assert "it was cut: the record had " in wrong
    await tell_time(live, until)
    expected = judged(live, map(canonical, [one for some in sent.values() for one in some]), until)
    facts = await live.until(lambda found: standing(found) == expected)
    corrected = {f["subject"] for f in facts if f["data"]["what"] == "correction"}
    assert corrected == {"T-1", "T-2", "T-3", "T-5", "checkout"}

    again = await letters(live, 9)  # what nobody can understand came back, once
    assert [(letter.reason, letter.sent_again) for letter in again[:1]] == [("unknown_value", True)]
    assert (await replay(live, "--rekey"))[1][0] == "7 sent, 1 cannot be"
    await letters(live, 10)
    await asyncio.sleep(2)
    assert len(await live.facts()) == len(facts)


def _named(found: Sequence[Letter], reason: str, count: int) -> list[str]:
    """The lines of a dry run: by partition, the oldest first."""
    chosen = sorted((one.partition, one.offset, one.source) for one in found if one.reason == reason)
    return [
        f"letter {partition}@{offset} ({reason}): from {'{}-{}@{}'.format(*source or ())}"
        for partition, offset, source in chosen[:count]
    ]
