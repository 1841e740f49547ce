"""The limits of lateness at their own instant and a millisecond beyond it (semantics 2.5, 4.3-4.9).

What a timeline can show is in `tests/scenarios`; this is what depends on the wall, or on not having caught up.
"""

import pytest

from slamon.engine.codec import encode_ticket
from slamon.engine.partition_time import PartitionTime
from slamon.engine.replayed import Origin
from slamon.engine.unit import Watermark
from slamon.runtime.preflight import Topics
from slamon.runtime.settings import Input
from tests.availability.promises import says
from tests.kit import DAY, HOUR, MINUTE, Bench, Delivered, at, book, limits, objective, record

NINE = at("2024-01-08 09:00")
FOUR_HOURS = book(objective("resolution", "4h"))
DUE = NINE + 4 * HOUR
ROWS, MAIL = ("rows", 0), ("mail", 0)


@pytest.mark.parametrize(("after", "live"), [(15 * MINUTE, b"true"), (15 * MINUTE + 1, b"false")])
def test_a_fact_is_live_for_page_within_and_no_longer(after: int, live: bytes):
    """Semantics 4.6: by its instant, however it came that it leaves now."""
    bench = Bench(FOUR_HOURS)
    bench.deliver(record(NINE, "created"))
    bench._take(bench.partition.on_tick(DUE + after, DUE + after))
    assert [head["live"] for head in bench.reader.heads] == [live]


@pytest.mark.parametrize(("after", "live"), [(15 * MINUTE, b"true"), (15 * MINUTE + 1, b"false")])
def test_a_correction_is_live_by_when_it_became_known(after: int, live: bytes):
    """A pager that acted on the fact of hours ago has to hear of it; one that catches up has not acted."""
    bench = Bench(FOUR_HOURS)
    bench.deliver(record(NINE, "created"))
    bench.tick(DUE + 1)
    bench.reader.heads.clear()
    late, arrived = record(NINE + HOUR, "resolved"), DUE + 9 * HOUR
    bench.deliver_raw((b"T-1", encode_ticket(late)), stamp=arrived)
    bench._take(bench.partition.on_tick(arrived + after, arrived + after))
    told = {head["live"] for head in bench.reader.heads if head}
    assert bench.reader.corrections
    assert told == {live, b"false"}  # the verdict itself is hours old


@pytest.mark.parametrize(("lateness", "reasons"), [(DAY, []), (DAY + 1, ["too_late"])])
def test_lateness_counts_from_the_tickets_newest_record(lateness: int, reasons: list[str]):
    """Semantics 4.3: not from partition time, which has gone on by a week here."""
    bench = Bench(FOUR_HOURS, limits(max_lateness_ms=DAY))
    bench.deliver(record(NINE + 2 * DAY, "updated"))
    bench.tick(NINE + 9 * DAY)
    bench.deliver(record(NINE + 2 * DAY - lateness, "created"), time=NINE + 9 * DAY)
    assert bench.reader.reasons() == reasons


def test_until_a_partition_has_caught_up_no_ticket_is_too_late():
    """Semantics 4.4: what lies in Kafka was there in time, in whatever order it is read."""
    bench = Bench(FOUR_HOURS, limits(max_lateness_ms=DAY))
    bench.deliver(record(NINE + 40 * DAY, "updated"), record(NINE, "created"), caught_up=False)
    assert bench.reader.reasons() == []
    assert bench.ticket().clocks


@pytest.mark.parametrize(("age", "counted"), [(90 * DAY, 0), (90 * DAY + 1, 1)])
def test_a_ticket_as_old_as_retention_is_still_taken_in(age: int, counted: int):
    """Semantics 4.9: a millisecond older, and its first sight is only counted."""
    bench = Bench(FOUR_HOURS, limits(retention_ms=90 * DAY))
    unit = bench.deliver(record(NINE, "created"), time=NINE + age)
    assert unit.counts["forgotten", ()] == counted


def test_an_input_that_does_not_hold_is_no_part_of_partition_time():
    """Semantics 4.4: `hold: false`, for a backfill of weeks."""
    topics = Topics(inputs={"rows": 2, "backfill": 3}, delete_retention_ms=0)
    assert topics.holding([Input("rows"), Input("backfill", hold=False)]) == {("rows", 0), ("rows", 1)}


def test_an_owner_that_comes_back_holds_again_and_takes_no_time_back():
    """Semantics 4.4: after `max_hold` facts left as `behind`; what the owner proves from now on counts again."""
    time = PartitionTime(frozenset({ROWS, MAIL}), max_hold_ms=1000)
    time.entered(0)
    time.own(5000)
    time.heard(Watermark("w", {MAIL: 4900}), 4950)
    assert time.value(5000) == (4900, True)
    time.heard(Watermark("back", {ROWS: None}), 5000)
    assert time.value(5000) == (4900, False)
    time.heard(Watermark("back", {ROWS: 300}), 5010)
    assert time.value(5010) == (4900, False)
    time.heard(Watermark("back", {ROWS: 5000, MAIL: 5000}), 5020)
    assert time.value(5020) == (5000, False)


@pytest.mark.parametrize(("now", "behind"), [(1000, False), (1001, True)])
def test_an_owner_may_be_silent_for_max_hold_from_its_last_word(now: int, behind: bool):
    time = PartitionTime(frozenset({ROWS}), max_hold_ms=1000)
    time.entered(-5000)
    time.own(now)
    time.heard(Watermark("w", {ROWS: 0}), 0)
    assert time.value(now) == ((now, True) if behind else (0, False))


@pytest.mark.parametrize("topic", ["slamon.tickets", "slamon.uptime"])
def test_a_tombstone_that_is_sent_again_ends_its_subject_at_the_instant_it_had_first(topic: str):
    """Semantics 4.7: and a second replay is a repeated record."""
    bench = Bench(FOUR_HOURS)
    opened = [record(NINE, "created")] if topic == "slamon.tickets" else [says(NINE, "up")]
    bench.deliver(*opened)
    key = opened[0].subject.encode()
    header = Origin(topic, 3, 17, NINE + HOUR).header()
    again = [Delivered(bench.offset + n, NINE + n * DAY, key, None, [header]) for n in (1, 2)]
    unit = bench._take(bench.partition.on_batch(topic, again, NINE + 2 * DAY, None, caught_up=True))
    assert unit.counts["duplicate", ()] == 1
    state = bench.ticket() if topic == "slamon.tickets" else bench.service(opened[0].subject)
    assert state.last is not None
    assert state.last[0] == NINE + HOUR


def test_what_a_clock_that_was_ahead_told_is_withdrawn_as_soon_as_it_proves_false():
    """A chaos run with a clock an hour ahead: the correction of a fact of an hour hence waited for that hour."""
    bench = Bench(FOUR_HOURS)
    bench.deliver(record(NINE, "created"))
    bench.tick(DUE + HOUR)
    assert [said["what"] for said in bench.reader.stands.values()] == ["breach"]
    bench.rebuild()
    resolved = NINE + 3 * HOUR
    bench.deliver(record(resolved, "resolved"), time=resolved)
    assert [said["what"] for said in bench.reader.stands.values()] == []
    bench.tick(resolved + 1)
    assert [said["what"] for said in bench.reader.stands.values()] == ["met"]


def test_what_comes_of_a_record_ahead_waits_for_its_time():
    """Semantics 4.4: the verdict that a reopening will take back stands until then."""
    bench = Bench(FOUR_HOURS)
    bench.deliver(record(NINE, "created"), record(NINE + HOUR, "resolved"), time=NINE + HOUR)
    bench.tick(NINE + HOUR + 1)
    ahead = record(NINE + 2 * HOUR + MINUTE, "reopened")
    bench.deliver_raw((b"T-1", encode_ticket(ahead)), stamp=NINE + 2 * HOUR, time=NINE + 2 * HOUR)
    assert [said["what"] for said in bench.reader.stands.values()] == ["met"]
    bench.tick(ahead.at + 1)
    assert [said["what"] for said in bench.reader.stands.values()] == []


def test_a_verdict_that_changed_its_words_and_was_withdrawn_is_told_as_it_is():
    """Semantics 4.3: the new words had not left when the ticket turned out to have been resolved elsewhere."""
    bench = Bench(FOUR_HOURS)
    bench.deliver(record(NINE, "created"), record(NINE + 6 * HOUR, "resolved"))
    bench.tick(NINE + 7 * HOUR)
    assert [said["what"] for said in bench.reader.stands.values()] == ["breach", "missed"]
    bench.deliver(record(NINE + HOUR, "paused"), record(NINE + 2 * HOUR, "resumed"))
    bench.deliver(record(NINE + 5 * HOUR, "resolved"))
    bench.tick(NINE + 7 * HOUR)
    assert [said["what"] for said in bench.reader.stands.values()] == ["met"]
