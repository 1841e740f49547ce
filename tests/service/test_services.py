"""How services stand: their gauges and their list, from heads that the real engine wrote."""

import math
import shutil
import subprocess
from dataclasses import replace

import pytest

from slamon.engine.look import standing
from slamon.engine.partitioner import partition_of
from slamon.service import gathering, standings
from slamon.service.metrics import Metrics
from slamon.service.metrics.services import MAX_SEEN
from slamon.service.status import Page, PartitionStatus, WorkerStatus
from slamon.sla.conditions import Field
from slamon.sla.policy import Agreement, Policy, PolicyKind, Threshold
from slamon.sla.uptime_terms import BurnRate
from tests.availability.promises import promise, says, uptime
from tests.kit import HOUR, MINUTE, Bench, at, book, policies
from tests.service.test_metrics import samples

START = "2024-04-01 00:00"  # a month of 30 days: 99.9 % allow 43 m 12 s
BURN = Threshold("14.4x 1h 5m", burn=BurnRate(1440, HOUR, 5 * MINUTE))


def shop(**more) -> Policy:
    availability = promise("availability", "99.9%", "month")
    objectives = (
        replace(availability, name="availability", thresholds=(BURN,)),
        replace(promise("longest_outage", "30m"), name="longest"),
    )
    return replace(uptime(*objectives), when=Field("service", ("checkout", "search")), **more)


class Ours:
    """An inspection of one partition that is ours."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.asked, self.until = 0, math.inf

    def owned(self):
        return {0: (self.bench.store, self.bench.partition.rules)}

    def instant(self, _number) -> int:
        return gathering.wall_ms()

    def stores(self):
        return [self.bench.store]

    def readable(self, _store) -> bool:
        self.asked += 1
        return self.asked <= self.until


def bench(*records, promises: Policy | None = None) -> Bench:
    made = Bench(book(policies(promises or shop())))
    made.deliver(*records)
    return made


def down_since_ten() -> Bench:
    return bench(says(START, "up"), says("2024-04-10 10:00", "down"))


async def gathered(made: Bench, when: str, monkeypatch, metrics: Metrics | None = None) -> Metrics:
    monkeypatch.setattr(gathering, "wall_ms", lambda: at(when))
    metrics = metrics or Metrics()
    metrics.on_policies(made.book.at(at(when)))
    await gathering.services(Ours(made), metrics, 1)
    metrics.refresh(WorkerStatus(at(when), partitions=[PartitionStatus(0, "active")]))
    return metrics


def shown(metrics: Metrics, name: str, service: str = "checkout") -> dict[str, float]:
    """By objective, or by state."""
    of_state = name == "slamon_service_state"
    found = samples(metrics, f"slamon_{name}" if not name.startswith("slamon_") else name)
    return {
        labels[2 if of_state else 1]: value
        for labels, value in found.items()
        if labels[1 if of_state else 2] == service
    }


async def test_the_gauges_of_a_service_that_is_down(monkeypatch):
    """Ten minutes of 43 m 12 s: 33 m 12 s are left, and 20 minutes of the longest outage."""
    metrics = await gathered(down_since_ten(), "2024-04-10 10:10", monkeypatch)
    assert shown(metrics, "time_to_breach_seconds") == {"availability": 33 * 60 + 12, "longest": 20 * 60}
    assert shown(metrics, "budget_seconds") == {"availability": 2592}
    assert shown(metrics, "budget_remaining_seconds") == {"availability": 1992}
    assert shown(metrics, "budget_remaining_ratio") == {"availability": pytest.approx(1992 / 2592)}
    elapsed = (9 * 24 + 10) * 3600 + 600
    assert shown(metrics, "availability_ratio") == {"availability": pytest.approx(1 - 600 / elapsed)}
    assert shown(metrics, "downtime_seconds") == {"availability": 600, "longest": 600}
    assert shown(metrics, "outages") == {"availability": 1, "longest": 1}
    states = shown(metrics, "slamon_service_state")
    assert {state for state, value in states.items() if value} == {"down"}
    assert len(states) == 6
    assert set(shown(metrics, "breach_timestamp_seconds").values()) == {0}


async def test_a_burn_rate_is_downtime_over_what_the_window_allows(monkeypatch):
    """10 of 60 minutes are 166.7 times a thousandth, 5 of 5 are 1000 times."""
    metrics = await gathered(down_since_ten(), "2024-04-10 10:10", monkeypatch)
    burns = {labels[4:]: value for labels, value in samples(metrics, "slamon_burn_rate").items()}
    assert burns == {("14.4", "1h"): pytest.approx(1000 / 6), ("14.4", "5m"): pytest.approx(1000)}
    later = bench(says(START, "up"), says("2024-04-10 10:00", "down"), says("2024-04-10 10:06", "up"))
    metrics = await gathered(later, "2024-04-10 10:30", monkeypatch)
    burns = {labels[4:]: value for labels, value in samples(metrics, "slamon_burn_rate").items()}
    assert burns == {("14.4", "1h"): pytest.approx(100), ("14.4", "5m"): pytest.approx(0)}


async def test_a_broken_promise_says_since_when_and_has_no_time_left(monkeypatch):
    made = down_since_ten()
    made.tick("2024-04-10 11:00")
    metrics = await gathered(made, "2024-04-10 11:00", monkeypatch)
    assert shown(metrics, "time_to_breach_seconds") == {"availability": 0, "longest": 0}
    assert samples(metrics, "slamon_breach_timestamp_seconds")["shop", "availability", "checkout", "SLA"] == (
        at("2024-04-10 10:43:12") / 1000
    )
    assert shown(metrics, "budget_remaining_seconds")["availability"] == 2592 - 3600
    assert shown(metrics, "budget_remaining_ratio")["availability"] < 0


async def test_while_it_is_up_no_breach_is_ahead(monkeypatch):
    metrics = await gathered(bench(says(START, "up")), "2024-04-10 10:10", monkeypatch)
    assert set(shown(metrics, "time_to_breach_seconds").values()) == {math.inf}
    assert shown(metrics, "availability_ratio") == {"availability": 1}


@pytest.mark.parametrize("proven", [at("2024-04-10 10:10"), 0], ids=["far behind", "nothing proven"])
async def test_gauges_look_no_further_ahead_than_partition_time(monkeypatch, proven):
    """Months between it and the wall clock (a first catch-up, `--clock records`) held the whole worker up."""
    made, metrics = down_since_ten(), Metrics()
    monkeypatch.setattr(gathering, "wall_ms", lambda: at("2026-04-10 10:10"))
    inspection = Ours(made)
    inspection.instant = lambda _number: proven
    metrics.on_policies(made.book.at(at("2024-04-10 10:10")))
    await gathering.services(inspection, metrics, 1)
    metrics.refresh(WorkerStatus(at("2024-04-10 10:10"), partitions=[PartitionStatus(0, "active")]))
    assert {name for name, value in shown(metrics, "slamon_service_state").items() if value} == {"down"}
    assert shown(metrics, "availability_ratio")["availability"] > 0.99


async def test_a_service_that_is_named_is_there_before_its_first_record(monkeypatch):
    metrics = await gathered(bench(), "2024-04-10 10:10", monkeypatch)
    for service in ("checkout", "search"):
        assert {s for s, value in shown(metrics, "slamon_service_state", service).items() if value} == {"unknown"}
        assert math.isnan(shown(metrics, "availability_ratio", service)["availability"])
        assert set(shown(metrics, "time_to_breach_seconds", service).values()) == {math.inf}
        assert set(shown(metrics, "breach_timestamp_seconds", service).values()) == {0}


async def test_a_named_service_is_awaited_by_the_worker_of_its_partition_alone(monkeypatch):
    made = bench()
    monkeypatch.setattr(gathering, "wall_ms", lambda: at(START))
    metrics = Metrics()
    metrics.on_policies(made.book.at(at(START)))
    await gathering.services(Ours(made), metrics, 8)
    metrics.refresh(WorkerStatus(at(START), partitions=[PartitionStatus(0, "active")]))
    own = {name for name in ("checkout", "search") if partition_of(name.encode(), 8) == 0}
    assert {labels[2] for labels in samples(metrics, "slamon_outages")} == own


async def test_a_partition_that_goes_takes_its_services_along(monkeypatch):
    metrics = await gathered(down_since_ten(), "2024-04-10 10:10", monkeypatch)
    assert samples(metrics, "slamon_outages")
    metrics.refresh(WorkerStatus(at(START), partitions=[PartitionStatus(1, "active")]))
    families = ("slamon_outages", "slamon_service_state", "slamon_burn_rate", "slamon_breach_timestamp_seconds")
    assert [samples(metrics, family) for family in families] == [{}, {}, {}, {}]


async def test_what_was_taken_away_during_the_look_is_not_shown(monkeypatch):
    made = down_since_ten()
    inspection, metrics = Ours(made), Metrics()
    inspection.until = 1
    await gathering.services(inspection, metrics, 1)
    metrics.refresh(WorkerStatus(at(START), partitions=[PartitionStatus(0, "active")]))
    assert samples(metrics, "slamon_outages") == {}


async def test_services_that_nobody_named_fold_into_other_where_the_worst_is_shown(monkeypatch):
    more = 3
    everybody = replace(shop(), when=None)
    made = bench(promises=everybody)
    for number in range(MAX_SEEN + more):
        name = f"s{number:03}"
        made.deliver(replace(says(START, "up"), service=name, id=name))
    made.deliver(replace(says("2024-04-10 10:00", "down"), service="s201", id="down"))
    metrics = await gathered(made, "2024-04-10 10:10", monkeypatch)
    found = samples(metrics, "slamon_time_to_breach_seconds")
    assert len({labels[2] for labels in found}) == MAX_SEEN + 1
    assert found["shop", "availability", "other", "SLA"] == 33 * 60 + 12
    states = samples(metrics, "slamon_service_state")
    assert (states["shop", "other", "up"], states["shop", "other", "down"]) == (more - 1, 1)


async def test_a_draft_has_no_gauges_and_is_listed(monkeypatch):
    made = bench(says(START, "up"), promises=shop(draft=True))
    metrics = await gathered(made, "2024-04-10 10:10", monkeypatch)
    assert samples(metrics, "slamon_outages") == {}
    body = await standings.listed(Ours(made).owned(), "", 20, at("2024-04-10 10:10"), lambda _: True)
    assert [clock["slot"] for clock in body.found[0]["clocks"]] == ["draft/shop"] * 2


async def test_breaches_of_a_service_are_counted_without_a_priority():
    made = down_since_ten()
    metrics = Metrics()
    metrics.on_policies(made.book.at(at(START)))
    assert ("shop", "availability", "", "SLA", "true") in samples(metrics, "slamon_breaches_total")
    made.tick("2024-04-10 11:00")
    for unit in made.units:
        metrics.on_unit(0, unit, at("2024-04-10 11:00"))
    counted = {labels: value for labels, value in samples(metrics, "slamon_breaches_total").items() if value}
    assert {labels[:4] for labels in counted} == {("shop", "availability", "", "SLA"), ("shop", "longest", "", "SLA")}
    page = metrics.page("application/openmetrics-text; version=1.0.0")[0].decode()
    assert '# {service="checkout"} 1.0' in page


async def test_an_objective_that_is_no_availability_has_no_budget(monkeypatch):
    metrics = await gathered(down_since_ten(), "2024-04-10 10:10", monkeypatch)
    assert {labels[1] for labels in samples(metrics, "slamon_budget_seconds")} == {"availability"}


async def test_the_list_goes_on_after_the_last_of_a_page():
    made = bench(promises=replace(shop(), when=None))
    for name in ("a", "ab", "b", "ü"):
        made.deliver(replace(says(START, "up"), service=name, id=name))
    owned, now = Ours(made).owned(), at("2024-04-02 00:00")
    seen, after = [], ""
    while after is not None:
        body = await standings.listed(owned, after, 2, now, lambda _: True)
        seen += [one["service"] for one in body.found]
        after = seen[-1] if body.more else None
    assert seen == ["a", "ab", "b", "ü"]


async def test_the_list_says_how_each_service_stands():
    body = await standings.listed(Ours(down_since_ten()).owned(), "", 20, at("2024-04-10 10:10"), lambda _: True)
    (one,) = body.found
    availability = next(clock for clock in one["clocks"] if clock["objective"] == "availability")
    assert (availability["state"], availability["due_at"]) == ("down", "2024-04-10T10:43:12Z")
    assert availability["budget"]["remaining_seconds"] == 1992
    assert "explanation" not in availability
    gone = await standings.listed(Ours(down_since_ten()).owned(), "", 20, at(START), lambda _: False)
    assert (gone.found, gone.read) == ([], frozenset())


async def test_a_list_says_that_a_partition_went_while_it_was_made():
    inspection = Ours(down_since_ten())
    inspection.until = 1
    body = await standings.listed(inspection.owned(), "", 20, at("2024-04-10 10:10"), inspection.readable)
    assert body == Page([], frozenset())


def test_a_look_at_how_it_stands_changes_nothing():
    made = down_since_ten()
    ((key, head),) = made.store.scan(b"H")
    before = bytes(head)
    first = standing(made.store, made.partition.rules, head, at("2024-04-10 10:10"))
    assert standing(made.store, made.partition.rules, head, at("2024-04-10 10:10")) == first
    assert made.store.get(key) == before


@pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not here (Debian: apt-get install prometheus)"
)
async def test_promtool_finds_nothing_to_say(monkeypatch):
    metrics = await gathered(down_since_ten(), "2024-04-10 10:10", monkeypatch)
    page = metrics.page("")[0]
    checked = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, check=False)  # noqa: ASYNC221
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")
    assert (
        b'slamon_time_to_breach_seconds{kind="SLA",objective="availability",policy="shop",service="search"} +Inf'
        in page
    )


async def test_an_agreement_that_is_over_promises_nothing_to_await(monkeypatch):
    ended = Agreement("old", effective_until=at("2024-01-01"))
    metrics = await gathered(bench(promises=shop(agreement=ended)), "2024-04-10 10:10", monkeypatch)
    assert samples(metrics, "slamon_outages") == {}


async def test_an_ola_is_told_from_an_sla(monkeypatch):
    made = bench(says(START, "up"), promises=shop(kind=PolicyKind.OLA))
    metrics = await gathered(made, "2024-04-10 10:10", monkeypatch)
    assert {labels[3] for labels in samples(metrics, "slamon_breach_timestamp_seconds")} == {"OLA"}


async def test_trouble_with_the_gauges_ends_nothing(monkeypatch):
    class Enough(Exception):
        pass

    async def wait(_seconds):
        raise Enough

    async def broken(*_):
        raise RuntimeError("no")

    measured = []

    async def services(*_):
        measured.append(True)

    monkeypatch.setattr(gathering.asyncio, "sleep", wait)
    broken.__name__ = "due"
    monkeypatch.setattr(gathering, "due", broken)
    monkeypatch.setattr(gathering, "services", services)
    with pytest.raises(Enough):
        await gathering.gather_for_ever(Ours(bench()), Metrics(), 1)
    assert measured
