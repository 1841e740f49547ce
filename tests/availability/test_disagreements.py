"""Small histories of which the judge and the machine say or said different things, each with the judge's reading of the rules."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from slamon.sla.calendar import Calendar, parse_weekly
from slamon.sla.events import ServiceEvent
from slamon.sla.policy import Agreement, Policy, Threshold
from slamon.sla.uptime_terms import BurnRate, Maintenance
from tests.availability.brute import judge
from tests.availability.histories import Listed, book_of, windows_of
from tests.availability.machine import expected, run
from tests.availability.promises import announces, promise, says, uptime
from tests.kit import HOUR, MINUTE, at

UNTIL = at("2024-04-03 10:00")
OFFICE = Calendar("office", "UTC", parse_weekly({"mon-fri": ["09:00-17:00"]}))


def day(kind: str, target: str, *warn: str, **terms: Any) -> Policy:
    return uptime(promise(kind, target, "day", *warn), **terms)


def burning(kind: str, target: str, threshold: Threshold) -> Policy:
    return uptime(replace(promise(kind, target, "day"), thresholds=(threshold,)), min_outage_ms=20 * MINUTE)


def window(start: str, end: str) -> Maintenance:
    return Maintenance("plan", Listed(((at(start), at(end)),)), "plan")


UP = says("2024-04-01 00:00", "up")
MISSED_WINDOW = window("2024-04-01 00:00", "2024-04-01 00:30")
CASES: dict[str, tuple[Policy, Sequence[ServiceEvent], Sequence[Maintenance]]] = {
    # A record at a period's boundary: the next periods go on all the same.
    "boundary": (day("availability", "90%"), [UP, says("2024-04-02 00:00", "up")], []),
    # Semantics 5.3: an agreement that starts after the first record begins without another record.
    "late_agreement": (
        day("availability", "90%", agreement=Agreement("c", effective_from=at("2024-04-01 12:00"))), [UP], [],
    ),
    # "Two words of one monitor for one instant: the worse stands": the outage is unbroken.
    "same_instant": (
        day("longest_outage", "1h"),
        [says("2024-04-01 00:00", "down"), says("2024-04-01 00:30", "up"), says("2024-04-01 00:30", "down")],
        [],
    ),
    # While one lapses into `down` and another speaks at one instant, nothing in between is up.
    "same_instant_two_monitors": (
        day("longest_outage", "6h", no_data="down", stale_after_ms=10 * MINUTE),
        [
            says("2024-04-01 00:00", "up", "eu"), says("2024-04-01 04:00", "up", "eu"),
            says("2024-04-01 04:00", "down", "us"),
        ],
        [],
    ),
    # Semantics 5.7: while down, 15 minutes before max(budget gone, start + min_outage): 00:45, not with the breach.
    "imminent_before_it_counts": (
        day("availability", "99%", "15m before", min_outage_ms=HOUR),
        [says("2024-04-01 00:00", "down"), says("2024-04-01 05:00", "up")],
        [],
    ),
    # The budget (2 h 24 m) cannot go within the hour that is left of the day: nothing is imminent.
    "imminent_beyond_the_end": (
        day("availability", "90%", "3h before"), [UP, says("2024-04-01 23:00", "down")], [],
    ),
    # The first outage of one allowed can go on for ever.
    "imminent_outage_that_is_counted": (day("outages", "1", "15m before"), [says("2024-04-01 00:00", "down")], []),
    # 2.9: a distance that is more than what is left fires at the start, which is the outage's: 19:00, though closed.
    "imminent_while_closed": (
        uptime(promise("availability", "90%", "week", "5h before"), hours=OFFICE),
        [UP, says("2024-04-01 19:00", "down"), says("2024-04-02 17:30", "up")],
        [],
    ),
    # `10m after` needs ten minutes of downtime beyond the budget, and there are none.
    "after_without_downtime": (
        day("availability", "99%", "10m after"),
        [UP, says("2024-04-01 01:00", "down"), says("2024-04-01 01:20", "up")],
        [],
    ),
    # An outage of just min_outage counts; at its end the shares are used, as they are a minute later.
    "shares_of_the_shortest_outage": (
        day("availability", "99%", "50%", min_outage_ms=HOUR),
        [says("2024-04-01 00:00", "down"), says("2024-04-01 01:00", "up")],
        [],
    ),
    # "Time before the first record is unknown, not downtime", also where a window would count down.
    "window_before_the_first_record": (
        day("longest_outage", "5m", maintenance="count_down"), [says("2024-04-01 23:00", "up")], [MISSED_WINDOW],
    ),
    # Announcements count from their own instant, also if one is the first record.
    "announced_too_late": (
        day("longest_outage", "5m", maintenance="count_down"),
        [announces("2024-04-01 04:00", "upgrade", "2024-04-01 00:00", "2024-04-01 00:30")],
        [],
    ),
    # `customer` says who hears a record; the monitor is its location, so the later word replaces the earlier one.
    "customer": (
        day("availability", "90%", agreement=Agreement("c", customer="acme")),
        [UP, says("2024-04-01 01:00", "down", customer="acme"), says("2024-04-01 02:00", "up")],
        [],
    ),
    # A mean over outages in which one that is running falls neither at its start (judge) nor when its word lapses.
    "mean_of_a_running_outage": (
        day("mttr", "6h", "50%", no_data="down", stale_after_ms=10 * MINUTE),
        [
            says("2024-04-01 01:00", "down", ttl="3h30m"), says("2024-04-01 04:30", "up", ttl="10h"),
            says("2024-04-01 05:00", "down"),
        ],
        [],
    ),
    # (service time - downtime) / outages with weighted downtime: 12 h, within reach.
    "degraded_failure": (day("mtbf", "5m", degraded=5_000), [says("2024-04-01 00:00", "degraded")], []),
    # Beyond the agreement nothing counts as down: an outage too short at its end is over there, and decided (12:00).
    "agreement_ends_in_an_outage": (
        day("longest_outage", "5m", min_outage_ms=5 * MINUTE,
            agreement=Agreement("c", effective_until=at("2024-04-01 12:00"))),
        [UP, says("2024-04-01 11:58", "down")],
        [],
    ),
    # At 00:04 the short window holds just a minute of counted downtime, and then less: the new outage is too short yet.
    "burning_and_down_again": (
        burning("availability", "90%", Threshold("2x 1h 5m", burn=BurnRate(200, HOUR, 5 * MINUTE))),
        [UP, says("2024-04-01 20:00", "down"), says("2024-04-02 00:00", "up"), says("2024-04-02 00:04", "down")],
        [],
    ),
    # A calendar period warns of any share of no budget at the breach; a rolling one must, too.
    "shares_of_nothing": (
        uptime(promise("availability", "100%", "10h rolling", "50%")), [says("2024-04-01 00:00", "down")], [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_machine_tells_what_the_judge_tells(name: str):
    policy, records, plans = CASES[name]
    machine = run(book_of(policy, plans), records, UNTIL)
    assert machine.told() == expected(judge(policy, records, UNTIL, windows_of(plans)))
