"""What a second reading found: instants that coincide, clocks that come and go, and what is kept too long or not long enough."""

from dataclasses import replace
from datetime import date

import pytest

from slamon.engine import work
from slamon.engine.keys import SERVICE as ROWS
from slamon.engine.subjects import SERVICES
from slamon.sla.calendar import Calendar, parse_hours
from slamon.sla.conditions import Field
from slamon.sla.events import ServiceEvent
from slamon.sla.policy import Activation, Agreement, PolicyBook, Threshold
from slamon.sla.uptime_terms import BurnRate, Maintenance
from tests.availability.histories import Listed
from tests.availability.promises import promise, says, uptime
from tests.kit import DAY, HOUR, MINUTE, OFFICE, Bench, at, book, limits, policies

JUNE = at("2024-06-01 00:00")
BURN = Threshold("2x 1h 5m", burn=BurnRate(200, HOUR, 5 * MINUTE))
DAILY = promise("availability", "99%", "day")
GOLD = Field("tier", ("gold",))


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint every 64 records."""
    monkeypatch.setattr(work, "SERVICES", replace(SERVICES, checkpoint_every=64))


def flapping(start: int, count: int, step: int) -> list[ServiceEvent]:
    """Down in every other step."""
    return [says(start + n * step, "down" if n % 2 else "up") for n in range(count)]


def told(promises: PolicyBook, *batches: tuple[ServiceEvent, ...], until: str) -> list[tuple[str, str]]:
    """(what, when) of every fact that stands but statements; the batches arrive one after the other."""
    bench = Bench(promises)
    for batch in batches:
        bench.deliver(*batch)
    bench.tick(until)
    return sorted(
        (body["what"], body["ended_at"] or body["breached_at"])
        for body in bench.reader.stands.values()
        if body["what"] != "statement"
    )


def test_a_record_at_the_very_end_of_a_period_does_not_end_the_promise():
    """Semantics 5.2: the record comes first, then the period ends and the next one begins."""
    facts = told(
        book(policies(uptime(DAILY))),
        (says("2024-04-01 10:00", "up"), says("2024-04-02 00:00", "up")),
        until="2024-04-03 12:00",
    )
    assert facts == [("met", "2024-04-02T00:00:00Z"), ("met", "2024-04-03T00:00:00Z")]


def test_fields_told_at_the_very_end_of_a_period_leave_an_outage_whole():
    """Semantics 5.5: an outage is as long as it is by the wall, across the end of a period."""
    bench = Bench(book(policies(uptime(DAILY, min_outage_ms=10 * MINUTE))))
    down = says("2024-04-01 23:55", "down")
    again = says("2024-04-02 00:00", "down", fields={"tier": "gold"})
    bench.deliver(says("2024-04-01 10:00", "up"), down, again, says("2024-04-02 00:06", "up"))
    bench.tick("2024-04-03 12:00")
    statements = [body for body in bench.reader.stands.values() if body["what"] == "statement"]
    assert sorted(body["downtime_seconds"] for body in statements) == [300, 360]


def test_a_promise_that_returns_within_a_period_begins_there_however_records_were_batched():
    """Semantics 4.1: batches decide nothing."""
    promises = book(policies(replace(uptime(DAILY), when=GOLD)))
    events = (
        says("2024-04-01 10:00", "up", fields={"tier": "gold"}),
        says("2024-04-02 05:00", "up", fields={"tier": "tin"}),
        says("2024-04-02 06:00", "up", fields={"tier": "gold"}),
    )
    together = told(promises, events, until="2024-04-03 12:00")
    assert together == told(promises, *((event,) for event in events), until="2024-04-03 12:00")
    bench = Bench(promises)
    bench.deliver(*events)
    assert [clock.start for clock in bench.service("checkout").clocks] == [at("2024-04-02 06:00")]


def test_a_version_that_relaxes_the_target_at_due_at_is_in_time():
    """Semantics 3.6, 5.7: a budget used up exactly is kept, and from that instant on there is more of it."""
    relaxed = policies(uptime(promise("availability", "98%", "day")), version="v2")
    due = at("2024-04-02 01:14:24")
    promises = PolicyBook(
        (
            Activation(0, policies(uptime(replace(DAILY, name="availability day")))),
            Activation(due, relaxed, to_open=True),
        )
    )
    facts = told(
        promises,
        (says("2024-04-01 10:00", "up"), says("2024-04-02 01:00", "down"), says("2024-04-02 01:20", "up")),
        until="2024-04-03 12:00",
    )
    assert facts == [("met", "2024-04-02T00:00:00Z"), ("met", "2024-04-03T00:00:00Z")]


def test_a_service_deleted_at_the_very_end_of_a_period_has_its_verdict():
    """Semantics 5.2: a period is half-open, so it was over."""
    facts = told(
        book(policies(uptime(DAILY))),
        (says("2024-04-01 10:00", "up"), says("2024-04-02 00:00", None, deleted=True)),
        until="2024-04-03 12:00",
    )
    assert facts == [("met", "2024-04-02T00:00:00Z")]


def test_two_targets_over_one_rolling_window_share_its_past_and_each_recovers_alone():
    """Semantics 5.2: the next cycle of one begins although the other goes on, and both remember the same outages."""
    gold = replace(promise("availability", "99%", "10h rolling"), name="gold")
    silver = replace(promise("availability", "99.9%", "10h rolling"), name="silver")
    bench = Bench(book(policies(uptime(gold, silver))))
    bench.deliver(says("2024-06-01 00:00", "up"), says("2024-06-01 12:00", "down"), says("2024-06-01 12:02", "up"))
    bench.tick("2024-06-02 12:00")
    recovered = at("2024-06-01 22:01:24")  # of 120 s of downtime 36 s are left in the window
    assert {clock.objective: clock.start for clock in bench.service("checkout").clocks} == {
        "gold": at("2024-06-01 00:00"),
        "silver": recovered,
    }
    assert len(bench.service("checkout").accounts) == 1


def test_a_record_older_than_what_is_kept_is_refused_even_before_the_partition_has_caught_up(often):
    """Semantics 4.2, 4.4: folded in, it would make a service of the rest of its log."""
    del often
    bench = Bench(book(policies(uptime(DAILY))), limits(max_lateness_ms=2 * DAY, retention_ms=10 * DAY))
    for day in range(20):
        bench.deliver(*flapping(JUNE + day * DAY, 24, HOUR))
        bench.tick(JUNE + day * DAY + 23 * HOUR)
    stood = dict(bench.reader.stands)
    bench.deliver(says(JUNE, "down", "x", id="old"), caught_up=False)
    bench.tick(JUNE + 20 * DAY - 1)
    assert bench.reader.reasons() == ["too_late"]
    assert bench.reader.stands.items() >= stood.items()


def test_a_warning_that_its_clock_forgot_is_not_sent_again_after_a_late_record():
    """Semantics 4.5: a reader sees each fact once; the reader of the kit fails where it does not."""
    bench = Bench(book(policies(uptime(promise("availability", "50%", "1h rolling", "10%", "20%", "30%", "40%")))))
    for day in range(100):
        bench.deliver(says(JUNE + day * DAY, "down"), says(JUNE + day * DAY + 25 * MINUTE, "up"))
        bench.tick(JUNE + day * DAY + HOUR * 23)
    sent = len(bench.reader.bodies)
    assert len(bench.service("checkout").clocks[0].facts) < sent
    bench.deliver(says(JUNE + 98 * DAY + HOUR, "up", "x"))
    bench.tick(JUNE + 100 * DAY)
    assert len(bench.reader.bodies) == sent


def test_a_night_of_heartbeats_while_closed_leaves_a_small_head():
    """Semantics 4.9: an outage that takes no service time never comes to count, so nothing of it is kept."""
    slides = uptime(promise("availability", "99%", "30d rolling"), hours=OFFICE, min_outage_ms=10 * MINUTE)
    bench = Bench(book(policies(slides)))
    friday = at("2024-06-07 18:00")
    bench.deliver(
        says("2024-06-07 10:00", "up"),
        *(says(friday + n * MINUTE, "down") for n in range(600)),
    )
    assert len(bench.store.pairs[ROWS.head_key("checkout")]) < 2_000


def test_no_budget_burns_in_a_period_without_service_hours():
    """Semantics 5.8: on a Saturday of an office nothing is allowed and nothing is used."""
    burning = replace(DAILY, thresholds=(BURN,))
    bench = Bench(book(policies(uptime(burning, hours=OFFICE))))
    bench.deliver(says("2024-06-07 10:00", "up"))
    bench.tick("2024-06-10 12:00")
    assert {body["what"] for body in bench.reader.stands.values()} == {"met", "statement"}


def test_a_distance_before_a_deadline_may_lie_before_all_service_hours():
    """Semantics 2.9, 4.7: there is no such instant, so it is reached at once; the partition goes on."""
    once = Calendar("once", "UTC", {}, {date(2024, 6, 10): parse_hours("09:00-17:00")})
    bench = Bench(book(policies(uptime(promise("availability", "99%", "10h rolling", "15m before"), hours=once))))
    bench.deliver(says("2024-06-10 08:59", "up"), says("2024-06-10 09:01", "down"))
    bench.tick("2024-06-10 10:00")
    assert {body["what"] for body in bench.reader.stands.values()} == {"warning", "breach"}


def test_a_service_that_is_deleted_and_comes_back_keeps_its_new_history(often):
    """What is dropped is dropped by number: the history after the return must not use the numbers of the one before."""
    del often
    slides = uptime(promise("availability", "99.9%", "2d rolling"))
    bench = Bench(book(policies(slides)), limits(max_lateness_ms=2 * DAY, retention_ms=10 * DAY))
    back = JUNE + 5 * DAY + HOUR
    bench.deliver(*flapping(JUNE, 700, 10 * MINUTE), says(back - HOUR, None, deleted=True))
    for day in range(4):
        bench.deliver(*flapping(back + day * DAY, 144, 10 * MINUTE))
    assert bench.service("checkout").accounts[0].history.blocks
    bench.tick(back + 5 * DAY)


def test_a_version_for_open_clocks_brings_its_burn_rates_hours_and_end_of_the_agreement():
    """Semantics 3.12: from its activation on."""
    month, change = promise("availability", "99%", "month"), at("2024-06-10 00:00")
    contract = Agreement("contract", effective_until=at("2024-06-20 00:00"))
    after = uptime(replace(month, thresholds=(BURN,)), hours=OFFICE, agreement=contract)
    before = uptime(month, agreement=replace(contract, effective_until=None))
    versions = Activation(0, policies(before)), Activation(change, policies(after, version="v2"), to_open=True)
    bench = Bench(PolicyBook(versions))
    bench.deliver(says("2024-06-01 00:00", "up"), says("2024-06-12 08:00", "down"))
    bench.tick("2024-07-02 00:00")
    told = {body["what"]: body for body in bench.reader.stands.values()}
    assert told["warning"]["threshold"] == BURN.name
    assert told["statement"]["period"]["until"] == "2024-06-20T00:00:00Z"
    assert told["statement"]["service_seconds"] == (9 * 24 + 8 * 8) * 3600
    assert told["missed"]["budget"]["seconds"] == (9 * 24 + 8 * 8) * 36


def test_an_agreement_that_began_before_the_first_tick_holds_for_a_service_that_said_nothing_since():
    """Semantics 3.12: a service waits for its agreement although none of its clocks is open (first start, a backlog)."""
    contract = Agreement("contract", effective_from=at("2024-06-10 00:00"))
    bench = Bench(book(policies(uptime(DAILY, agreement=contract))))
    bench.deliver(says("2024-06-01 00:00", "up"), caught_up=False)
    bench.tick("2024-06-12 00:00")
    assert [clock.start for clock in bench.service("checkout").clocks] == [at("2024-06-11 00:00")]


def test_windows_of_a_version_that_came_before_the_first_record_count_however_records_were_batched():
    """Semantics 4.1, 5.4: of the period's part before the record too the windows of the version then in force count."""
    night = Maintenance("night", Listed(((at("2024-04-02 12:00"), at("2024-04-02 20:00")),)), "night")
    first, then = policies(uptime(DAILY)), policies(uptime(DAILY), version="v2", maintenance=(night,))
    promises = PolicyBook((Activation(0, first), Activation(at("2024-04-02 04:00"), then)))
    events = says("2024-04-02 11:00", "down"), says("2024-04-02 20:00", "up")
    excluded = []
    for batches in ([events], [(event,) for event in events]):
        bench = Bench(promises)
        for batch in batches:
            bench.deliver(*batch)
        excluded.append(bench.service("checkout").accounts[0].excluded_ms)
    assert excluded == [8 * HOUR, 8 * HOUR]


def test_corrections_of_years_ago_are_dropped_with_the_records_they_came_from(often):
    """Semantics 4.9: what no record can change any more is not kept of a service that lives on."""
    del often
    bench = Bench(book(policies(uptime(DAILY))), limits(max_lateness_ms=2 * DAY, retention_ms=10 * DAY))
    kept = []
    for day in range(40):
        now = JUNE + day * DAY
        bench.deliver(*flapping(now, 24, HOUR), time=now + 23 * HOUR)
        bench.deliver(says(now + HOUR, "up", id=f"late-{day}", revision=1), time=now + 23 * HOUR)
        bench.tick(now + 23 * HOUR + MINUTE)
        kept.append(sum(1 for _ in bench.store.scan(ROWS.fact)))
    assert len(bench.reader.corrections) >= 40
    assert max(kept) == max(kept[:25])


def test_a_late_record_looks_for_one_checkpoint_only(often, monkeypatch):
    """Of a monitor that speaks every second there are hundreds."""
    del often
    bench = Bench(book(policies(uptime(DAILY))))
    bench.deliver(*flapping(JUNE, 1_000, MINUTE))
    decoded = []
    decode = SERVICES.decode_head
    kind = replace(work.SERVICES, decode_head=lambda value: decoded.append(value) or decode(value))
    monkeypatch.setattr(work, "SERVICES", kind)
    bench.deliver(says(JUNE + 990 * MINUTE + 1, "up", "x"))
    assert len(decoded) == 2  # the service and its checkpoint


def test_a_period_that_waits_for_an_outage_hears_that_a_window_ended_it():
    """Semantics 5.5: 30 minutes of maintenance that counts as down, over midnight, are shorter than an hour."""
    policy = uptime(promise("longest_outage", "10m", "day"), min_outage_ms=HOUR, maintenance="count_down")
    midnight = at("2024-04-02 00:00")
    plan = Maintenance("night", Listed(((midnight - 15 * MINUTE, midnight + 15 * MINUTE),)), "night")
    bench = Bench(book(replace(policies(policy), maintenance=(plan,))))
    bench.deliver(says("2024-04-01 00:00", "up"))
    bench.tick("2024-04-02 12:00")
    told = [(fact["what"], fact["ended_at"]) for fact in bench.reader.stands.values()]
    assert told == [("met", "2024-04-02T00:15:00Z"), ("statement", "2024-04-02T00:15:00Z")]


def test_a_window_days_ahead_of_a_rolling_promise_counts_when_it_comes():
    """Semantics 5.4, 5.7: three minutes of a window that counts as down are the budget of ten hours."""
    policy = uptime(promise("availability", "99.5%", "10h rolling"), maintenance="count_down")
    begins = at("2024-04-04 00:30")
    plan = Maintenance("night", Listed(((begins, begins + 30 * MINUTE),)), "night")
    bench = Bench(book(replace(policies(policy), maintenance=(plan,))))
    bench.deliver(says("2024-04-01 00:00", "up"))
    bench.tick("2024-04-05 00:00")
    told = [(fact["what"], fact["breached_at"]) for fact in bench.reader.stands.values()]
    assert told == [("breach", "2024-04-04T00:33:00Z"), ("missed", "2024-04-04T00:33:00Z")]
