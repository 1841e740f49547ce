"""What a partition lets out, refuses, remembers and forgets (semantics 4)."""

from dataclasses import replace

import orjson
import pytest

from slamon.engine import work
from slamon.engine.codec import WATERMARK_HEADER, encode_ticket, encode_watermark
from slamon.engine.memory import MemoryStore
from slamon.engine.partition import Partition
from slamon.engine.render import Reading, fact_records
from slamon.engine.state import Telling
from slamon.engine.subjects import TICKETS
from slamon.engine.unit import Origin, Watermark
from slamon.sla.calendar import Calendar, parse_weekly
from slamon.sla.policy import Activation, Agreement, Policy
from tests.kit import (
    DAY,
    HOUR,
    MINUTE,
    TICKET,
    TOPIC,
    Bench,
    Delivered,
    at,
    book,
    limits,
    objective,
    paused_by,
    policies,
    record,
    reply,
)

NINE = at("2024-01-08 09:00")
JIRA = ("ticket", "jira")
FOUR_HOURS = book(objective("resolution", "4h", "50%", pause=paused_by("hold")))
CREATED = record(NINE, "created", status="open")


def whats(bench: Bench) -> list[str]:
    return [body["what"] for body in bench.reader.bodies.values()]


def test_a_fact_leaves_only_when_partition_time_has_passed_its_instant():
    """Semantics 4.4."""
    bench = Bench(FOUR_HOURS)
    bench.deliver(CREATED)
    bench.tick(NINE + 4 * HOUR)
    assert whats(bench) == ["warning"]
    bench.tick(NINE + 4 * HOUR + 1)
    assert whats(bench) == ["warning", "breach"]


def test_facts_wait_for_the_allowed_lateness():
    bench = Bench(FOUR_HOURS, limits(allowed_lateness_ms=MINUTE))
    bench.deliver(CREATED)
    bench.tick(NINE + 4 * HOUR + MINUTE)
    assert whats(bench) == ["warning"]
    bench.tick(NINE + 4 * HOUR + MINUTE + 1)
    assert whats(bench) == ["warning", "breach"]
    assert bench.units[-1].lags == [("breach", NINE + 4 * HOUR + MINUTE)]


def test_no_fact_leaves_before_partition_time_is_proven():
    """Semantics 4.4: a worker that was down for an hour emits no false breach when it comes back."""
    bench = Bench(FOUR_HOURS)
    bench.deliver(CREATED, record(NINE + 5 * HOUR, "updated", status="open"), caught_up=False)
    bench.deliver(record(NINE + HOUR, "resolved"), caught_up=False)
    assert not bench.reader.bodies
    bench.tick(NINE + 6 * HOUR)
    assert whats(bench) == ["met"]
    assert not bench.reader.corrections


def test_a_record_ahead_of_partition_time_keeps_its_facts_waiting():
    bench = Bench(FOUR_HOURS)
    bench.deliver(CREATED, record(NINE + HOUR, "resolved"), time=NINE + HOUR - MINUTE)
    assert not bench.reader.bodies
    assert bench.partition.next_due() == NINE + HOUR
    bench.tick(NINE + HOUR + 1)
    assert whats(bench) == ["met"]


def test_old_facts_are_not_live():
    """Semantics 4.6: 15 minutes by default."""
    bench = Bench(FOUR_HOURS)
    bench.deliver(CREATED)
    bench.partition.on_tick(NINE + 2 * HOUR + 1, NINE + 2 * HOUR + 1)
    bench.tick(NINE + 4 * HOUR + 10 * MINUTE)
    assert [head["live"] for head in bench.reader.heads] == [b"false", b"true"]


def test_a_silent_source_marks_the_facts_of_its_own_tickets():
    """Semantics 4.4."""
    bench = Bench(book(objective("resolution", "4h")))
    bench.deliver(record(NINE, "created", source="jira"), record(NINE, "created", ticket="T-2", source="zendesk"))
    unit = bench.partition.on_tick(NINE + 5 * HOUR, NINE + 5 * HOUR, silent=frozenset({JIRA}))
    marked = {sent.key: ("source_silent", b"true") in sent.headers for sent in unit.outgoing}
    assert marked == {b"T-1": True, b"T-2": False}


def test_facts_of_a_held_source_wait_and_keep_nothing_else_from_leaving():
    """Semantics 4.4: `on_silence: hold`."""
    bench = Bench(book(objective("resolution", "4h")), limits(tick_keys=2))
    mute = [record(NINE, "created", ticket=f"T-{n}", source="jira") for n in range(9)]
    bench.deliver(*mute, record(NINE + 1, "created", ticket="T-9", source="zendesk"))

    def tick(time: int, **more: frozenset[Origin]) -> None:
        while bench._take(bench.partition.on_tick(time, time, **more)).more:
            pass

    tick(NINE + 5 * HOUR, silent=frozenset({JIRA}), held=frozenset({JIRA}))
    assert [body["subject"] for body in bench.reader.bodies.values()] == ["T-9"]
    assert (bench.partition.next_due() or 0) > NINE + 5 * HOUR
    tick(NINE + 5 * HOUR + MINUTE)
    assert len(bench.reader.bodies) == 10


def test_a_late_record_has_no_detection_lag_from_before_it_came():
    """What only a late record makes known can not have been told earlier."""
    bench = Bench(FOUR_HOURS, limits(page_within_ms=DAY))
    opened, held = encode_ticket(CREATED), encode_ticket(record(NINE + HOUR, "updated", status="hold"))
    bench.deliver_raw((b"T-1", opened), (b"T-1", held), stamp=NINE + HOUR)
    bench.tick(NINE + 8 * HOUR)
    arrived = NINE + 8 * HOUR + 5
    bench.deliver_raw((b"T-1", encode_ticket(record(NINE + 2 * HOUR, "updated", status="open"))), stamp=arrived)
    unit = bench.tick(NINE + 8 * HOUR + 60)
    assert unit.lags == [("warning", arrived), ("breach", arrived)]


def test_partial_clocks_are_counted_whether_told_in_time_or_late():
    """Semantics 4.8."""
    bench = Bench(FOUR_HOURS)
    seen = record(NINE + HOUR, "snapshot", created_at="2024-01-08 09:00")
    assert bench.deliver(seen).counts["partial", ()] == 1
    bench = Bench(FOUR_HOURS)
    bench.deliver(record(NINE + 2 * HOUR, "updated", status="open"))
    assert bench.deliver(seen).counts["partial", ()] == 1


def test_a_duplicate_changes_nothing_whatever_the_order_of_its_fields():
    """Semantics 4.2."""
    bench = Bench(FOUR_HOURS)
    one = {"ticket": TICKET, "id": "e", "at": NINE, "event": "created", "fields": {"status": "open", "group": "noc"}}
    bench.deliver_raw((b"T-1", orjson.dumps(one)))
    other = dict(reversed(one.items())) | {
        "fields": {"group": "noc", "status": "open"},
        "at": "2024-01-08T10:00:00+01:00",
    }
    unit = bench.deliver_raw((b"T-1", orjson.dumps(other)))
    assert unit.counts["duplicate", ()] == 1
    assert not bench.reader.letters
    assert set(unit.writes) == {b"a"}


def test_records_read_again_after_a_crash_are_skipped_by_their_offset():
    bench = Bench(FOUR_HOURS)
    bench.deliver(CREATED)
    again = [Delivered(0, NINE, b"T-1", b"not even JSON")]
    unit = bench.partition.on_batch(TOPIC, again, NINE, None, caught_up=True)
    assert unit.empty


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (b"T-1", b"{", "not_json"),
        (b"T-2", encode_ticket(CREATED), "key_mismatch"),
        (b"T-1", b'{"ticket": "T-1", "at": 0, "event": "created"}', "bad_instant"),
        (b"T-1", b" " * (512 * 1024 + 1), "too_large"),
        (None, None, "no_key"),
        (b"\xff", None, "bad_key"),
        (b"T-1", b"[" * 100 + b"]" * 100, "too_deep"),
        (b"T-1", b'{"ticket": "T-1", "at": 1704704400000, "event": "created", "fields": {"a": "\\ud800"}}', "not_json"),
    ],
)
def test_a_record_that_can_not_be_understood_is_a_dead_letter_and_nothing_else(key, value, reason):
    """Semantics 4.7: it never stops the partition."""
    bench = Bench(FOUR_HOURS)
    unit = bench.deliver_raw((b"T-1", encode_ticket(CREATED)), (key, value))
    assert bench.reader.reasons() == [reason]
    assert bench.ticket().clocks
    (letter,) = unit.outgoing
    assert len(letter.value) <= 512 * 1024


def test_a_tombstone_without_a_time_is_a_dead_letter():
    """Kafka's timestamp may be missing (-1): a deletion needs an instant."""
    bench = Bench(FOUR_HOURS)
    bench.deliver(CREATED)
    bench.deliver_raw((b"T-1", None), stamp=-1)
    assert bench.reader.reasons() == ["bad_instant"]


def test_a_record_in_the_wrong_partition_is_a_dead_letter_with_the_hint():
    bench = Bench(FOUR_HOURS)
    bench.partition = Partition(0, 100, bench.store, FOUR_HOURS)
    bench.deliver(CREATED, time=NINE)
    assert bench.reader.reasons() == ["wrong_partition"]


def test_extreme_instants_and_endless_calendars_stop_nothing():
    """A deadline beyond the calendar never comes."""
    short = Calendar(
        "short", "Europe/Berlin", {}, {at_date: parse_weekly({"mon": ["09:00-17:00"]})[0] for at_date in _dates()}
    )
    bench = Bench(
        book(objective("resolution", "400h", "50%", "10h before", calendar=short), objective("first_response", "90w")),
        limits(max_future_ms=100_000 * DAY),
    )
    bench.deliver(CREATED, record(at("2199-12-31 23:00"), "updated", status="hold"), time=at("2199-12-31 23:30"))
    bench.deliver(
        record(at("1971-01-02 00:00"), "created"), record(at("2199-12-31 22:00"), "resolved"), caught_up=False
    )
    bench.tick(at("2199-12-31 23:59"))
    assert not bench.reader.letters
    bench.tick(at("2200-06-01"))


def _dates():
    from datetime import date

    return [date(2024, 1, 8), date(2024, 1, 9)]


def test_no_fact_is_too_large_to_send():
    """Semantics 4.7: totals in the place of lists."""
    calendar = Calendar(
        "halves",
        "UTC",
        parse_weekly({"mon-sun": [f"{h:02}:{m:02}-{h:02}:{m + 20:02}" for h in range(24) for m in (0, 30)]}),
    )
    bench = Bench(book(objective("resolution", "9w", pause=paused_by("hold"), calendar=calendar)))
    wide = dict.fromkeys(("title", "url", "customer", "group", "assignee", "priority"), "ü" * 4000)
    for number in range(151):
        status = "hold" if number % 2 else f"{'x' * 8000}{number}"
        bench.deliver(
            record(NINE + number * HOUR, "updated" if number else "created", f"r{number}", status=status, **wide)
        )
    bench.tick(NINE + 400 * DAY)
    (breach,) = [body for body in bench.reader.bodies.values() if body["what"] == "breach"]
    assert breach["explanation"]["truncated"]
    assert breach["elapsed_seconds"] == 9 * 7 * 86_400
    sizes = [len(sent.value) for unit in bench.units for sent in unit.outgoing]
    assert max(sizes) <= 256 * 1024
    assert max(len(value or b"") for unit in bench.units for value in unit.writes.values()) <= 1024 * 1024


def test_a_unit_ends_when_it_is_large_and_goes_on_in_the_next(monkeypatch: pytest.MonkeyPatch):
    """Architecture 3: 8 MiB of output; further facts stand for the next one."""
    monkeypatch.setattr("slamon.engine.ledger.UNIT_BYTES", 20_000)
    bench = Bench(book(objective("resolution", "4h")))
    bench.deliver(*(record(NINE, "created", ticket=f"T-{n}") for n in range(50)))
    bench.units.clear()
    bench.tick(NINE + 5 * HOUR)
    assert len(bench.reader.bodies) == 50
    assert len(bench.units) > 2
    assert all(sum(len(sent.value) for sent in unit.outgoing) < 25_000 for unit in bench.units)


def test_a_reopening_is_told_as_a_correction_on_the_topic_of_the_fact_and_on_outcomes():
    bench = Bench(book(objective("resolution", "4h")))
    bench.deliver(CREATED)
    bench.tick(NINE + 5 * HOUR)
    unit = bench.deliver(record(NINE + HOUR, "resolved"), time=NINE + 5 * HOUR)
    assert [sent.topic for sent in unit.outgoing] == ["outcomes", "breaches", "outcomes"]
    assert [data["corrected_what"] for data in bench.reader.corrections] == ["breach"]
    assert unit.counts["corrections", ("breach", "late_record")] == 1


def test_a_draft_is_corrected_in_silence():
    """Semantics 3.12: also long after its fact."""
    draft = Policy("next", (objective("resolution", "4h"),), draft=True)
    bench = Bench(book(draft))
    bench.deliver(CREATED)
    bench.tick(NINE + 5 * HOUR)
    bench.deliver(record(NINE + HOUR, "resolved"), time=NINE + 5 * HOUR)
    assert not any(unit.outgoing for unit in bench.units)
    assert bench.ticket().clocks[0].stage == "met"


def test_a_paused_ticket_older_than_retention_stays_and_wakes_nobody():
    """Semantics 4.9: never while a clock is active or paused."""
    bench = Bench(FOUR_HOURS, limits(retention_ms=DAY))
    bench.deliver(CREATED, record(NINE + HOUR, "updated", status="hold"))
    bench.tick(NINE + 30 * DAY)
    assert bench.ticket().clocks[0].stage == "paused"
    assert bench.partition.next_due() is None


def test_an_ended_ticket_is_dropped_after_retention():
    bench = Bench(FOUR_HOURS, limits(retention_ms=DAY))
    bench.deliver(CREATED, record(NINE + HOUR, "resolved"))
    bench.tick(NINE + HOUR + DAY)
    assert bench.ticket().clocks
    unit = bench.tick(NINE + HOUR + DAY + 1)
    assert set(bench.store.pairs) == {b"a"}
    assert unit.counts["forgotten", ()] == 1
    assert bench.partition.next_due() is None


def test_tickets_that_cannot_be_forgotten_yet_keep_no_fact_from_leaving():
    """Semantics 4.9: a fact is unsent. As many as fit into a page, all due in the last minutes, came first again and again."""
    bench = Bench(FOUR_HOURS, limits(retention_ms=DAY, tick_keys=2))
    for name in ("T-1", "T-2", "T-3"):
        bench.deliver(
            record(NINE, "created", ticket=name), record(NINE + HOUR, "resolved", ticket=name), caught_up=False
        )
    time = NINE + HOUR + DAY + MINUTE
    units = [bench.partition.on_tick(time, time)]
    while units[-1].more and len(units) < 20:
        bench.store.apply(units[-1])
        units.append(bench.partition.on_tick(time, time))
    bench.store.apply(units[-1])
    assert not units[-1].more
    assert [sent.key for unit in units for sent in unit.outgoing] == [b"T-1", b"T-2", b"T-3"]
    assert set(bench.store.pairs) == {b"a"}


def test_a_ticket_first_seen_after_its_retention_is_only_counted_once_caught_up():
    """Semantics 4.4, 4.9."""
    old = record(NINE, "created")
    bench = Bench(FOUR_HOURS, limits(retention_ms=DAY))
    unit = bench.deliver(old, time=NINE + 2 * DAY, caught_up=True)
    assert unit.counts["forgotten", ()] == 1
    assert set(unit.writes) == {b"a"}
    bench = Bench(FOUR_HOURS, limits(retention_ms=DAY))
    bench.deliver(old, caught_up=False)
    assert bench.ticket().clocks


def test_an_edge_of_a_new_version_reaches_tickets_that_sleep():
    """Semantics 3.12: a paused clock has no timer, and its agreement ends all the same."""
    first = policies(objective("resolution", "4h", pause=paused_by("hold")))
    ending = Agreement("contract", effective_until=NINE + 3 * HOUR)
    second = policies(
        Policy("standard", (objective("resolution", "4h", pause=paused_by("hold")),), agreement=ending), version="v2"
    )
    bench = Bench(book(first), limits(tick_keys=2))
    bench.deliver(*(record(NINE, "created", ticket=f"T-{n}", status="hold") for n in range(5)))
    bench.tick(NINE + HOUR)
    bench.publish(book(first, Activation(NINE + 2 * HOUR, second, to_open=True)))
    assert bench.partition.next_due() == NINE + 2 * HOUR
    unit = bench.partition.on_tick(NINE + 2 * HOUR + 1, NINE + 2 * HOUR + 1)
    bench.store.apply(unit)
    assert unit.more
    bench.rebuild()  # in the middle of the sweep: it begins again
    bench.tick(NINE + 2 * HOUR + 1)
    bench.tick(NINE + 3 * HOUR + 1)
    assert whats(bench) == ["cancelled"] * 5


@pytest.mark.parametrize("restarted", [False, True], ids=["the_same_worker", "restarted"])
def test_an_edge_that_was_published_before_the_first_tick_reaches_tickets_that_sleep(restarted: bool):
    """Semantics 3.12: time looks at the partition for the first time when the version's instant has passed already."""
    first = policies(objective("resolution", "4h", pause=paused_by("hold")))
    exempt = policies(Policy("standard", (), exempt=True), version="v2")
    bench = Bench(book(first), limits(tick_keys=2))
    bench.deliver(*(record(NINE, "created", ticket=f"T-{n}", status="hold") for n in range(5)))
    bench.publish(book(first, Activation(NINE + 2 * HOUR, exempt, to_open=True)))
    if restarted:
        bench.rebuild()
    assert bench.partition.next_due() == NINE + 2 * HOUR
    bench.tick(NINE + 3 * HOUR)
    assert whats(bench) == ["cancelled"] * 5
    assert bench.partition.next_due() > NINE + DAY  # nothing but what ends the tickets' retention


def test_several_edges_are_carried_in_one_walk_over_all_tickets():
    first = policies(objective("resolution", "4h"))
    versions = [policies(objective("resolution", f"{hours}h"), version=f"v{hours}") for hours in (5, 6, 7)]
    later = [Activation(NINE + hours * HOUR, one, to_open=True) for hours, one in enumerate(versions, 1)]
    bench = Bench(book(first), limits(tick_keys=2))
    bench.deliver(*(record(NINE, "created", ticket=f"T-{n}") for n in range(4)))
    bench.publish(book(first, *later))
    walked = []
    while (unit := bench.partition.on_tick(NINE + 4 * HOUR, NINE + 4 * HOUR)).more:
        bench.store.apply(unit)
        walked.append(len(unit.writes))
    assert sum(1 for rows in walked if rows) == 2  # pages of two of four tickets
    bench.tick(NINE + 8 * HOUR)
    assert {fact["due_at"] for fact in bench.reader.stands.values()} == {"2024-01-08T16:00:00Z"}


def test_watermarks_are_handed_on_and_bad_ones_are_dead_letters():
    bench = Bench(FOUR_HOURS)
    told = Watermark("w1", {("rows", 0): NINE, ("rows", 1): None})
    batch = [
        Delivered(0, NINE, None, encode_watermark(told), [WATERMARK_HEADER]),
        Delivered(1, NINE, None, b"[]", [WATERMARK_HEADER]),
    ]
    unit = bench.partition.on_batch(TOPIC, batch, NINE, None, caught_up=True)
    assert unit.watermarks == [told]
    assert [sent.topic for sent in unit.outgoing] == ["deadletter"]


def test_many_late_records_of_one_batch_fold_a_ticket_once(monkeypatch: pytest.MonkeyPatch):
    folded = []

    def counted(rules, ticket, overlay):
        folded.append(ticket)
        return TICKETS.fold(rules, ticket, overlay)

    monkeypatch.setattr(work, "TICKETS", replace(TICKETS, fold=counted))
    bench = Bench(book(objective("periodic_update", "4h")))
    bench.deliver(CREATED, *(reply(NINE + (40 - n) * HOUR) for n in range(30)))
    assert len(folded) == 2  # as it was, and again with all of them
    assert len(bench.ticket().past) == 30


def test_a_batch_does_not_put_off_what_only_the_last_tick_knew_to_be_held():
    """Semantics 4.4: the source may have spoken since; the next tick knows."""
    bench = Bench(FOUR_HOURS)
    bench.deliver(CREATED)
    bench.partition.held = frozenset({("ticket", "canonical")})
    unit = bench.deliver(record(NINE + 6 * HOUR, "updated", team="b"), time=NINE + 9 * HOUR)
    assert unit.outgoing == []
    assert {sent.topic for sent in bench.tick(NINE + 9 * HOUR).outgoing} >= {"breaches"}


def test_the_event_of_a_fact_is_text_as_the_encoder_writes_it():
    subject, body = 'T-1 "é" \\ \n\t\x01\x7f\u2028 \U0001f600', b'{"what":"breach"}'
    telling = Telling("ab12", "breach", "c", None, 1_704_456_000_123, False, True, 0, 1_704_456_000_123, body=body)
    [sent] = fact_records("ticket", subject, "/slamon/a b", telling, Reading(1_704_456_000_200, 1000))
    assert sent.value == orjson.dumps(
        {
            "specversion": "1.0",
            "id": "ab12",
            "source": "/slamon/a b",
            "type": "io.slamon.ticket.breach.v1",
            "subject": subject,
            "time": "2024-01-05T12:00:00.123Z",
            "datacontenttype": "application/json",
            "data": orjson.Fragment(body),
        }
    )
    assert (sent.topic, sent.key) == ("breaches", subject.encode())
    assert sent.headers[1:] == [("live", b"true"), ("recordedtime", b"2024-01-05T12:00:00.200Z")]


class Asked:
    """A store that remembers what it is asked for."""

    def __init__(self, below: MemoryStore) -> None:
        self._below = below
        self.one: list[bytes] = []
        self.many: list[list[bytes]] = []
        self.scan, self.due = below.scan, below.due

    def get(self, key: bytes) -> bytes | None:
        self.one.append(key)
        return self._below.get(key)

    def together(self, keys: list[bytes]) -> list[bytes | None]:
        self.many.append(sorted(keys))
        return self._below.together(keys)


def test_the_heads_and_ids_of_a_batch_are_read_together_whatever_else_is_in_it():
    """One by one each costs a third more over RocksDB. A broken record between them stays a dead letter in its place."""
    bench = Bench(FOUR_HOURS)
    asked = Asked(bench.store)
    bench.partition = Partition(0, 1, asked, bench.book, bench.limits)
    asked.one.clear()
    other = encode_ticket(record(NINE, "created", "0", ticket="T-2", status="open"))
    mine = [encode_ticket(record(NINE + n, "updated", str(n), status="open")) for n in range(2)]
    unit = bench.deliver_raw((b"T-1", mine[0]), (b"T-1", b"{"), (b"T-2", other), (b"T-1", mine[1]), (b"T-1", mine[0]))
    assert asked.one == []
    assert asked.many == [[b"hT-1", b"hT-2", b"lT-1\x000", b"lT-1\x001", b"lT-2\x000"]]
    assert (unit.counts["dead", ("not_json",)], unit.counts["duplicate", ()]) == (1, 1)
    assert {key for key in unit.writes if key[:1] == b"h"} == {b"hT-1", b"hT-2"}
