"""Services in a partition: their bytes, their log, checkpoints, and what is dropped (semantics 4.2, 4.3, 4.9, 5)."""

from dataclasses import replace
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slamon.engine import work
from slamon.engine.codec import encode_service
from slamon.engine.keys import SERVICE as ROWS
from slamon.engine.service_state import (
    decode_service_head,
    decode_service_record,
    encode_service_head,
    encode_service_record,
)
from slamon.engine.subjects import SERVICES
from slamon.engine.version import VERSION
from slamon.sla.coverage import Rules
from slamon.sla.events import ServiceEvent
from slamon.sla.policy import Agreement, PolicyBook, Threshold
from slamon.sla.service_fold import refold_service
from slamon.sla.uptime_terms import BurnRate
from tests.availability.promises import SERVICE, announces, promise, says, uptime
from tests.kit import DAY, HOUR, MINUTE, UPTIME, Bench, at, book, limits, policies

JUNE = at("2024-06-01 00:00")
BURN = Threshold("2x 1h 5m", burn=BurnRate(200, HOUR, 5 * MINUTE))


def month(*, burns: bool = False) -> PolicyBook:
    made = promise("availability", "99.9%", "month", "50%", "15m before")
    return book(policies(uptime(replace(made, thresholds=(*made.thresholds, BURN)) if burns else made)))


def flapping(count: int, step: int = MINUTE) -> list[ServiceEvent]:
    """Down in every other minute."""
    return [says(JUNE + n * step, "down" if n % 2 else "up") for n in range(count)]


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint every seven records."""
    monkeypatch.setattr(work, "SERVICES", replace(SERVICES, checkpoint_every=7))


def test_the_bytes_of_a_service_are_these() -> None:
    """A change here is a migration (architecture 3)."""
    events = [
        says(JUNE, "up", "eu", ttl="2m"),
        says(JUNE + MINUTE, "down", "eu"),
        announces("2024-06-01 00:02", "db", "2024-06-02 00:00", "2024-06-02 01:00", fields={"tier": "gold"}),
    ]
    fold = refold_service(Rules(month(burns=True)), SERVICE, events, JUNE + 5 * MINUTE)
    value = encode_service_head(fold.service, 7)
    assert VERSION == 4
    assert value == HEAD
    assert decode_service_head(value) == replace(fold.service, past=[])
    for event in events:
        assert decode_service_record(encode_service_record(event)) == event


HEAD = (
    pack(">Q", 7)
    + b'[4,"checkout",{"tier":"gold"},1717200000000,null,[["eu",null,"down",1717200060000,null]],[["db",null,171728640'
    b'0000,1717290000000,1717200120000]],[1717200120000,1,-1,0,"2024-06-01 00:02-db"],1717200120000,1717200300000,17'
    b'17200000000,"canonical",0,-1,0,-1,[["be60e39a581b38bf7c55161e3a0a26f9","sla","shop","v1","month",1717200000000'
    b',1719792000000,2592000000,1717200120000,[1,"down",10000,false],600000000,60000,0,0,0,1,60000,0,0,[171720006000'
    b'0,"down",60000,600000000,true,[]],[[],[],[]],0,[[],[1717200060000,60000,1,10000,60000],1717200000000],3600000,'
    b'1717201354200]],[["a54727dfe38eb07ea6258853e149fa9b","sla","availability month","shop","v1",1717200000000,1,10'
    b'00000,"99.9%","default",1717200000000,"active",0,0,0,0,1717202648400,null,null,null,false,null,{"2x 1h 5m":171'
    b'7200067200},[],null,{},{},{},[["warning","2x 1h 5m",1717200067200]]]],[["sla","availability month",1]]]'
)


def test_a_repeated_id_changes_nothing_and_other_content_under_it_is_refused() -> None:
    bench = Bench(month())
    bench.deliver(says(JUNE, "up", id="a"))
    unit = bench.deliver(says(JUNE, "up", id="a"), says(JUNE + HOUR, "down", id="a"), says(JUNE, "down", id="a"))
    assert unit.counts["duplicate", ()] == 1
    assert bench.reader.reasons() == ["id_reused", "id_reused"]


def test_a_late_record_is_folded_in_from_a_checkpoint_as_from_the_beginning(often: None) -> None:
    del often
    events = flapping(60)
    late = says(JUNE + 31 * MINUTE + 500, "up", "other")
    bench = Bench(month())
    for event in events:
        bench.deliver(event, time=event.at)
    kept = len(list(bench.store.scan(ROWS.kept)))
    assert kept > 5
    assert bench.deliver(late, time=events[-1].at).counts["late", ()] == 1
    bench.tick(JUNE + 2 * HOUR)
    straight = Bench(month())
    straight.deliver(*sorted([*events, late], key=lambda event: event.order))
    straight.tick(JUNE + 2 * HOUR)
    assert bench.reader.stands == straight.reader.stands


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_checkpoints_never_change_a_verdict(data: st.DataObject) -> None:
    """Semantics 4.1, with a checkpoint every few records and blocks that fill up."""
    events = flapping(40, 7 * MINUTE) + [
        says(
            JUNE + data.draw(st.integers(0, 280)) * MINUTE, data.draw(st.sampled_from(["up", "down"])), "b", id=f"b{n}"
        )
        for n in range(12)
    ]
    order = data.draw(st.permutations(events))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "SERVICES", replace(SERVICES, checkpoint_every=data.draw(st.integers(1, 9))))
        bench = Bench(month(burns=True))
        while order:
            size = data.draw(st.integers(1, 9))
            bench.deliver(*order[:size], time=JUNE if data.draw(st.booleans()) else None)
            order = order[size:]
            if data.draw(st.booleans()):
                bench.tick(JUNE + data.draw(st.integers(0, 280)) * MINUTE)
        bench.tick(JUNE + 31 * DAY)
    fold = refold_service(Rules(month(burns=True)), SERVICE, events, JUNE + 31 * DAY)
    assert bench.reader.stands.keys() == fold.step.added.keys()
    service = bench.service(SERVICE)
    again = {clock.id: clock.facts for clock in (*fold.service.past, *fold.service.clocks)}
    assert {clock.id: clock.facts for clock in (*service.past, *service.clocks)} == again


def test_what_is_older_than_lateness_allows_is_dropped(often: None) -> None:
    del often
    made = Bench(month(burns=True), limits(max_lateness_ms=2 * DAY, retention_ms=10 * DAY))
    sizes = []
    for day in range(40):
        made.deliver(*(says(JUNE + day * DAY + n * HOUR, "down" if n % 2 else "up") for n in range(24)))
        made.tick(JUNE + day * DAY + 23 * HOUR)
        sizes.append(len(made.store.pairs))
    assert max(sizes[20:]) < 2 * max(sizes[5:10])
    made.deliver(says(JUNE, "down", id="old"))
    assert made.reader.reasons() == ["too_late"]


def test_a_history_that_fills_blocks_leaves_a_small_head(often: None) -> None:
    """A year of flapping stays small: the head holds one block and the totals of those before it."""
    del often
    bench = Bench(book(policies(uptime(promise("availability", "99.9%", "30d rolling")))))
    bench.deliver(*flapping(4_000))
    assert len(bench.store.pairs[ROWS.head_key(SERVICE)]) < 16_000
    assert len(list(bench.store.scan(ROWS.blocks))) >= 10
    whole = refold_service(Rules(bench.book), SERVICE, flapping(4_000), -1)
    bench.tick(JUNE + 40 * DAY)
    whole.time(JUNE + 40 * DAY)
    assert bench.reader.stands.keys() == whole.step.added.keys()


def test_a_tombstone_cancels_and_the_service_is_forgotten_after_retention() -> None:
    bench = Bench(month(), limits(retention_ms=10 * DAY))
    bench.deliver(says(JUNE, "up"))
    bench.deliver_raw((SERVICE.encode(), None), stamp=JUNE + DAY, topic=UPTIME)
    bench.tick(JUNE + 2 * DAY)
    (gone,) = bench.reader.stands.values()
    assert (gone["what"], gone["reason"]) == ("cancelled", "deleted")
    bench.tick(JUNE + 12 * DAY)
    assert [key for key in bench.store.pairs if key != b"a"] == []


def test_a_service_that_a_policy_covers_is_never_forgotten() -> None:
    bench = Bench(month(), limits(retention_ms=10 * DAY))
    bench.deliver(says(JUNE, "up"))
    bench.tick(JUNE + 400 * DAY)
    assert bench.service(SERVICE).clocks[0].open


def test_a_ticket_and_a_service_of_one_name_are_two() -> None:
    bench = Bench(month())
    bench.deliver(says(JUNE, "up"))
    bench.deliver_raw(
        (SERVICE.encode(), b'{"ticket":"checkout","at":"2024-06-01T00:00:00Z","event":"created"}'), stamp=JUNE
    )
    assert bench.ticket(SERVICE).created_at == JUNE
    assert bench.service(SERVICE).first == JUNE


def test_a_record_of_a_service_on_the_topic_of_tickets_is_refused() -> None:
    bench = Bench(month())
    bench.deliver_raw((SERVICE.encode(), encode_service(says(JUNE, "up"))), stamp=JUNE)
    assert len(bench.reader.letters) == 1


def test_a_service_that_two_agreements_promise_has_an_sla_of_each() -> None:
    """A ticket has one customer, a service many."""
    strict = replace(uptime(promise("availability", "99.9%"), agreement=Agreement("acme")), name="acme")
    loose = replace(uptime(promise("availability", "99%"), agreement=Agreement("beta")), name="beta")
    bench = Bench(book(policies(strict, loose)))
    bench.deliver(says(JUNE, "up"), says(JUNE + DAY, "down"), says(JUNE + DAY + HOUR, "up"))
    bench.tick(JUNE + 31 * DAY)
    told = sorted((fact["agreement"], fact["what"]) for fact in bench.reader.stands.values())
    assert told == [
        ("acme", "breach"),
        ("acme", "missed"),
        ("acme", "statement"),
        ("beta", "met"),
        ("beta", "statement"),
    ]
