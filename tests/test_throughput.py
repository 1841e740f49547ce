"""The benchmark of throughput: its load means what it says, its figures follow from its samples, its page shows its result."""

import time
from collections import Counter

import orjson
import pytest

pytest.importorskip("benchmarks.throughput_load", reason="benchmarks/ is not part of a source distribution")

from benchmarks import throughput_table
from benchmarks.made_state import Taken, book_of
from benchmarks.throughput_load import PARTITIONS, POLICY, canonical, plain, records, tickets
from benchmarks.throughput_slamon import ENDED
from benchmarks.throughput_watch import Sample, Watch
from slamon.engine.memory import MemoryStore
from slamon.engine.partition import Partition

EVENTS = 4_800
IDS = tickets(EVENTS)


def test_every_partition_has_equally_many_tickets_of_its_own() -> None:
    assert [len(home) for home in IDS] == [EVENTS // 4 // PARTITIONS] * PARTITIONS
    assert len({ticket for home in IDS for ticket in home}) == EVENTS // 4


def test_each_ticket_gets_one_final_fact_and_some_of_them_wait_or_come_late() -> None:
    store, now = MemoryStore(), int(time.time() * 1000)
    partition = Partition(0, PARTITIONS, store, book_of(POLICY))
    taken = [Taken(n, now, *pair) for n, pair in enumerate(records(IDS[0], canonical, now - EVENTS))]
    unit = partition.on_batch("slamon.tickets", taken, now, now + 1, caught_up=True)
    counts = Counter({name: number for (name, *_), number in unit.counts.items()})
    assert counts["records"] == EVENTS // PARTITIONS
    assert counts["late"] == sum(int(ticket[3:]) % 20 == 0 for ticket in IDS[0])
    assert not counts["dead"]
    store.apply(unit)
    facts = list(unit.outgoing)
    while (unit := partition.on_tick(now + 1, now + 1)).outgoing or unit.more:
        store.apply(unit)
        facts += unit.outgoing
    final = Counter(fact.key for fact in facts if any(word in fact.value for word in ENDED))
    assert final == {ticket.encode(): 1 for ticket in IDS[0]}
    paused = [fact for fact in facts if orjson.loads(fact.value)["data"]["explanation"]["pauses"]]
    assert paused


def test_the_peers_read_the_same_tickets_in_the_same_order() -> None:
    ours, theirs = (list(records(IDS[1], form, 0)) for form in (canonical, plain))
    assert [key for key, _ in ours] == [key for key, _ in theirs]
    assert Counter(orjson.loads(value)["event"] for _, value in theirs) == Counter(
        orjson.loads(value)["event"] for _, value in ours
    )


def test_events_a_second_count_from_a_fifth_of_the_records_to_the_last_outcome() -> None:
    watch = Watch("nowhere:9092", "group", "topic", "output", 1_000, [])
    # (when, applied, end of the output, seconds of processor time, of the whole machine)
    watch.samples = [Sample(float(n), min(100 * n, 1_000), min(100 * n, 1_200), 0.5 * n, float(n)) for n in range(16)]
    found = watch.figures()
    assert found["events_per_second"] == 80  # 800 in the ten seconds until the output has its 1,200
    assert found["applied_per_second"] == 100
    assert found["cores_used"] == 0.5


def test_the_page_shows_the_table_of_the_committed_result() -> None:
    page = throughput_table.PAGE.read_text()
    assert throughput_table.MADE.search(page)
    assert throughput_table.into(page, orjson.loads(throughput_table.RESULT.read_bytes())) == page
