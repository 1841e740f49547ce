"""The judge itself, judged with a pencil: availability by hand (semantics 5)."""

from dataclasses import replace
from fractions import Fraction

import pytest

from slamon.sla.calendar import Calendar, parse_weekly
from slamon.sla.policy import Agreement, Policy, Threshold
from slamon.sla.uptime_terms import WEIGHT_ONE, BurnRate
from tests.availability.brute import judge
from tests.availability.promises import announces, promise, says, uptime
from tests.availability.told import Cycle
from tests.availability.words import Window
from tests.kit import DAY, HOUR, MINUTE, at

BERLIN = "Europe/Berlin"


def only(policy: Policy, *events, until: str, windows=()) -> Cycle:
    """The first period of the only objective."""
    (cycles,) = judge(policy, events, at(until), windows).values()
    return cycles[0]


def facts(cycle: Cycle) -> list[tuple[str, str, int]]:
    return [(one.what, one.threshold, one.at) for one in cycle.told]


def monthly(target: str = "99.9%", *warn: str, zone: str = "UTC", **terms) -> Policy:
    return uptime(promise("availability", target, "month", *warn, zone=zone), **terms)


@pytest.mark.parametrize(
    ("month", "after", "budget"),
    [
        ("2024-04-01", "2024-05-01", "0:43:12"),  # 30 d = 2,592,000 s; a thousandth is 2592 s = 43 m 12 s
        ("2024-01-01", "2024-02-01", "0:44:38.4"),  # 31 d = 2,678,400 s
        ("2023-02-01", "2023-03-01", "0:40:19.2"),  # 28 d = 2,419,200 s
        ("2024-02-01", "2024-03-01", "0:41:45.6"),  # 29 d = 2,505,600 s
    ],
)
def test_the_budget_is_a_thousandth_of_the_month(month: str, after: str, budget: str):
    cycle = only(monthly(), says(f"{month} 00:00", "up"), until=f"{after} 01:00")
    hours, minutes, seconds = budget.split(":")
    assert cycle.figures.budget_ms == int(hours) * HOUR + int(minutes) * MINUTE + round(float(seconds) * 1000)
    assert (cycle.stage, cycle.ended_at) == ("met", at(f"{after} 00:00"))


def test_dst_months_and_days_are_as_long_as_they_are():
    march = only(monthly(zone=BERLIN), says("2024-03-05 00:00", "up"), until="2024-04-02 00:00")
    # 31 d less an hour = 743 h = 2,674,800 s
    assert march.figures.budget_ms == 2_674_800
    october = only(monthly(zone=BERLIN), says("2024-10-05 00:00", "up"), until="2024-11-02 00:00")
    # 745 h = 2,682,000 s
    assert october.figures.budget_ms == 2_682_000
    daily = uptime(promise("availability", "99%", "day", zone=BERLIN))
    short = only(daily, says("2024-03-31 12:00", "up"), until="2024-04-02 00:00")
    long = only(daily, says("2024-10-27 12:00", "up"), until="2024-10-29 00:00")
    assert (short.start, short.end) == (at("2024-03-31 00:00+01:00"), at("2024-04-01 00:00+02:00"))
    # 1 % of 23 h and of 25 h
    assert (short.figures.service_ms, short.figures.budget_ms) == (23 * HOUR, 828_000)
    assert (long.figures.service_ms, long.figures.budget_ms) == (25 * HOUR, 900_000)


def test_it_is_broken_at_the_instant_the_budget_is_gone_and_warned_of_before():
    policy = monthly("99.9%", "50%", "15m before", "2h after")
    cycle = only(
        policy, says("2024-04-01 00:00", "up"), says("2024-04-10 10:00", "down"), says("2024-04-10 13:00", "up"),
        until="2024-05-02 00:00",
    )  # fmt: skip
    # 43 m 12 s: half of it is 21 m 36 s; 15 m before is 28 m 12 s; 2 h after is 2 h 43 m 12 s
    assert facts(cycle) == [
        ("warning", "50%", at("2024-04-10 10:21:36")),
        ("warning", "15m before", at("2024-04-10 10:28:12")),
        ("breach", "", at("2024-04-10 10:43:12")),
        ("warning", "2h after", at("2024-04-10 12:43:12")),
        ("missed", "", at("2024-05-01 00:00")),
    ]
    assert cycle.figures.downtime == 3 * HOUR * WEIGHT_ONE
    assert cycle.figures.availability == Fraction(717, 720)


def test_up_at_the_very_instant_is_in_time_and_the_next_outage_breaks_it_at_once():
    policy = monthly("99.9%", "15m before")
    told = [
        says("2024-04-01 00:00", "up"), says("2024-04-10 10:00", "down"), says("2024-04-10 10:43:12", "up"),
    ]  # fmt: skip
    cycle = only(policy, *told, until="2024-05-02 00:00")
    assert facts(cycle) == [
        ("warning", "15m before", at("2024-04-10 10:28:12")),
        ("cleared", "15m before", at("2024-04-10 10:43:12")),
        ("met", "", at("2024-05-01 00:00")),
    ]
    again = only(policy, *told, says("2024-04-20 08:00", "down"), until="2024-04-21 00:00")
    assert (again.stage, again.breached_at) == ("active", at("2024-04-20 08:00"))


def test_a_month_boundary_inside_an_outage_gives_each_month_its_part():
    policy = uptime(promise("availability", "99.9%"))
    told = [
        says("2024-04-01 00:00", "up"), says("2024-04-30 23:30", "down"), says("2024-05-01 00:40", "up"),
    ]  # fmt: skip
    april, may = judge(policy, told, at("2024-06-02 00:00"))["availability month"][:2]
    # 30 m of 43 m 12 s in April, 40 m of 44 m 38.4 s in May: both met, though the outage took 70 m
    assert [april.figures.downtime, may.figures.downtime] == [30 * MINUTE * WEIGHT_ONE, 40 * MINUTE * WEIGHT_ONE]
    assert [april.stage, may.stage] == ["met", "met"]
    assert (april.ended_at, may.ended_at) == (at("2024-05-01 00:00"), at("2024-06-01 00:00"))


def test_an_outage_too_short_at_the_boundary_is_decided_when_it_is_long_enough_or_over():
    policy = uptime(promise("availability", "99.99%", "day"), min_outage_ms=30 * MINUTE)
    told = [says("2024-04-01 00:00", "up"), says("2024-04-01 23:50", "down")]
    # budget 8.64 s; at midnight the outage is 10 m long and may still come to nothing
    long = judge(policy, [*told, says("2024-04-02 00:30", "up")], at("2024-04-02 12:00"))["availability day"]
    assert [(one.breached_at, one.ended_at, one.stage) for one in long] == [
        (at("2024-04-02 00:20"), at("2024-04-02 00:20"), "missed"),
        (at("2024-04-02 00:20"), None, "active"),
    ]
    assert [one.figures.downtime for one in long] == [10 * MINUTE * WEIGHT_ONE, 30 * MINUTE * WEIGHT_ONE]
    short = judge(policy, [*told, says("2024-04-02 00:19", "up")], at("2024-04-02 12:00"))["availability day"]
    assert [(one.breached_at, one.ended_at, one.stage) for one in short] == [
        (None, at("2024-04-02 00:19"), "met"),
        (None, None, "active"),
    ]


def test_an_agreement_that_starts_in_mid_month_promises_the_rest_of_it():
    signed = Agreement("contract", effective_from=at("2024-04-16 00:00"))
    policy = uptime(promise("availability", "99.9%"), agreement=signed)
    told = [says("2024-04-01 00:00", "up"), says("2024-04-15 20:00", "down"), says("2024-04-16 00:30", "up")]
    cycle = only(policy, *told, until="2024-05-02 00:00")
    # 15 d = 1,296,000 s; a thousandth is 21 m 36 s, and the half hour from the 16th on breaks it
    assert (cycle.start, cycle.figures.budget_ms) == (at("2024-04-16 00:00"), 1_296_000)
    assert cycle.breached_at == at("2024-04-16 00:21:36")
    assert cycle.figures.downtime == 30 * MINUTE * WEIGHT_ONE


def test_maintenance_without_notice_counts_as_down():
    policy = monthly("99.9%", notice_ms=3 * DAY)
    told = [
        says("2024-04-01 00:00", "up"),
        says("2024-04-10 10:00", "maintenance"),
        says("2024-04-10 12:00", "up"),
    ]
    late = announces("2024-04-09 00:00", "upgrade", "2024-04-10 10:00", "2024-04-10 12:00")
    assert only(monthly("99.9%"), *told, until="2024-05-02 00:00").figures.excluded_ms == 2 * HOUR
    for events in (told, [*told, late]):
        cycle = only(policy, *events, until="2024-05-02 00:00")
        assert (cycle.figures.downtime, cycle.breached_at) == (2 * HOUR * WEIGHT_ONE, at("2024-04-10 10:43:12"))
    early = announces("2024-04-07 10:00", "upgrade", "2024-04-10 10:00", "2024-04-10 12:00")
    cycle = only(policy, *told, early, until="2024-05-02 00:00")
    # 718 h of service: 2,584,800 s, a thousandth is 43 m 4.8 s
    assert (cycle.figures.excluded_ms, cycle.figures.downtime, cycle.figures.budget_ms) == (2 * HOUR, 0, 2_584_800)


def test_a_window_takes_its_time_out_from_the_instant_it_is_known():
    # 2 h out of 24 h on the day: 1 % of 24 h is 14 m 24 s, of 22 h 13 m 12 s
    policy = uptime(promise("availability", "99%", "day"))
    told = [says("2024-04-01 00:00", "up"), says("2024-04-01 06:00", "down"), says("2024-04-01 07:00", "up")]
    window = Window(at("2024-04-01 20:00"), at("2024-04-01 22:00"))
    assert only(policy, *told, until="2024-04-02 12:00", windows=[window]).breached_at == at("2024-04-01 06:13:12")
    # announced when 13 m 50 s are used up: the line moves below what is used, in that instant
    said = announces("2024-04-01 06:13:50", "night", "2024-04-01 20:00", "2024-04-01 22:00")
    assert only(policy, *told, said, until="2024-04-02 12:00").breached_at == at("2024-04-01 06:13:50")


def test_what_is_beyond_the_cap_is_down():
    policy = uptime(promise("availability", "99%", "day"), at_most_ms=HOUR)
    told = [says("2024-04-01 00:00", "up"), says("2024-04-01 06:00", "maintenance"), says("2024-04-01 08:00", "up")]
    cycle = only(policy, *told, until="2024-04-02 12:00")
    # the second hour is down; 1 % of 23 h is 13 m 48 s
    assert (cycle.figures.excluded_ms, cycle.figures.downtime) == (HOUR, HOUR * WEIGHT_ONE)
    assert cycle.breached_at == at("2024-04-01 07:13:48")
    window = Window(at("2024-04-01 06:00"), at("2024-04-01 08:00"))
    seen = only(policy, says("2024-04-01 00:00", "up"), until="2024-04-02 12:00", windows=[window])
    assert (seen.figures.excluded_ms, seen.figures.downtime, seen.stage) == (HOUR, 0, "met")


def test_flapping_below_min_outage_counts_nothing_and_an_outage_of_just_that_length_counts_whole():
    policy = uptime(promise("availability", "99.9%", "day"), promise("outages", "0", "day"), min_outage_ms=5 * MINUTE)
    start = at("2024-04-01 06:00")
    flaps = [says(start + n * 5 * MINUTE, "down" if n % 2 else "up") for n in range(99)]
    short = [says(one.at - MINUTE, "up") for one in flaps if one.state == "up"]
    day, count = judge(policy, [*flaps, *short], at("2024-04-02 12:00")).values()
    assert (day[0].figures.downtime, day[0].stage, count[0].stage) == (0, "met", "met")
    day, count = judge(policy, flaps[:3], at("2024-04-02 12:00")).values()
    # down 06:05 to 06:10: just five minutes; budget 86.4 s is gone after 06:06:26.4, but it counts from 06:10 on
    assert day[0].figures.outages == ((start + 5 * MINUTE, start + 10 * MINUTE, 5 * MINUTE),)
    assert (day[0].breached_at, count[0].breached_at) == (start + 10 * MINUTE, start + 10 * MINUTE)


def test_unknown_time_stays_in_the_denominator_and_is_not_down():
    policy = uptime(promise("availability", "99%", "day"), stale_after_ms=10 * MINUTE)
    told = [says("2024-04-01 06:00", "up"), says("2024-04-01 07:00", "down", ttl="1h")]
    cycle = only(policy, *told, until="2024-04-02 12:00")
    # unknown: 00:00-06:00, 06:10-07:00 and 08:00-24:00; 6 h + 50 m + 16 h
    assert cycle.figures.unknown_ms == 22 * HOUR + 50 * MINUTE
    assert (cycle.figures.service_ms, cycle.figures.downtime) == (24 * HOUR, HOUR * WEIGHT_ONE)
    assert cycle.breached_at == at("2024-04-01 07:14:24")
    # a word at the very end of the other goes on without a gap
    goes_on = [says("2024-04-01 00:00", "up"), says("2024-04-01 00:10", "up", ttl="24h")]
    assert only(policy, *goes_on, until="2024-04-02 12:00").figures.unknown_ms == 0


def test_degraded_of_half_weight_uses_half_the_budget():
    policy = uptime(promise("availability", "99%", "day", "15m before"), degraded=WEIGHT_ONE // 2)
    told = [says("2024-04-01 00:00", "up"), says("2024-04-01 06:00", "degraded"), says("2024-04-01 08:00", "up")]
    cycle = only(policy, *told, until="2024-04-02 12:00")
    # 14 m 24 s are gone after 28 m 48 s; with 15 m of service time before it, at 13 m 48 s
    assert facts(cycle)[:2] == [
        ("warning", "15m before", at("2024-04-01 06:13:48")),
        ("breach", "", at("2024-04-01 06:28:48")),
    ]
    assert cycle.figures.downtime == HOUR * WEIGHT_ONE


def test_service_hours_do_not_break_an_outage_and_count_alone():
    office = Calendar("office", BERLIN, parse_weekly({"mon-fri": ["09:00-17:00"]}))
    policy = uptime(
        promise("availability", "90%", "week", "1h before", zone=BERLIN), promise("outages", "1", "week", zone=BERLIN),
        promise("longest_outage", "2h", "week", zone=BERLIN), hours=office,
    )  # fmt: skip
    told = [
        says("2024-04-01 00:00", "up"),
        says("2024-04-02 16:00+02:00", "down"),
        says("2024-04-03 17:00+02:00", "up"),
    ]
    share, count, longest = (cycles[0] for cycles in judge(policy, told, at("2024-04-09 12:00")).values())
    # 40 h a week, 4 h of budget: one on Tuesday, three on Wednesday: gone at 12:00; an hour before is 11:00
    assert facts(share)[:2] == [
        ("warning", "1h before", at("2024-04-03 11:00+02:00")),
        ("breach", "", at("2024-04-03 12:00+02:00")),
    ]
    assert (share.figures.longest_ms, len(share.figures.outages)) == (9 * HOUR, 1)
    assert (count.stage, longest.breached_at) == ("met", at("2024-04-03 10:00+02:00"))


def test_of_two_probes_the_quorum_decides():
    told = [
        says("2024-04-01 00:00", "up", "eu"), says("2024-04-01 00:00", "up", "us"),
        says("2024-04-01 06:00", "down", "eu"), says("2024-04-01 07:00", "degraded", "us"),
        says("2024-04-01 08:00", "up", "eu"), says("2024-04-01 08:00", "up", "us"),
    ]  # fmt: skip
    expected = {"any": 2 * HOUR, "all": 0, "majority": 0}
    for quorum, down in expected.items():
        cycle = only(monthly(quorum=quorum), *told, until="2024-05-02 00:00")
        assert cycle.figures.downtime == down * WEIGHT_ONE
    halved = only(monthly(quorum="majority", degraded=5_000), *told, until="2024-05-02 00:00")
    assert halved.figures.downtime == HOUR // 2 * WEIGHT_ONE  # both at least degraded from 07:00 to 08:00


def test_of_two_words_for_one_instant_the_worse_stands():
    for order in ((0, 1), (1, 0)):
        two = [says("2024-04-01 06:00", "down"), says("2024-04-01 06:00", "up")]
        told = [says("2024-04-01 00:00", "up"), *(two[n] for n in order), says("2024-04-01 07:00", "up")]
        assert only(monthly(), *told, until="2024-05-02 00:00").figures.downtime == HOUR * WEIGHT_ONE


def test_repair_and_failure_times_are_means_over_the_outages_that_count():
    policy = uptime(promise("mttr", "1h", "day"), promise("mtbf", "12h", "day"))
    told = [
        says("2024-04-01 00:00", "up"),
        says("2024-04-01 06:00", "down"), says("2024-04-01 08:00", "up"),
        says("2024-04-01 12:00", "down"), says("2024-04-01 13:00", "up"),
    ]  # fmt: skip
    mttr, mtbf = (cycles[0] for cycles in judge(policy, told, at("2024-04-02 12:00")).values())
    # 3 h / 2 = 1 h 30 m, judged at the end; (24 h - 3 h) / 2 = 10 h 30 m, out of reach with the second outage
    assert (mttr.figures.mttr_ms, mttr.breached_at) == (90 * MINUTE, at("2024-04-02 00:00"))
    assert (mtbf.figures.mtbf_ms, mtbf.breached_at) == (630 * MINUTE, at("2024-04-01 12:00"))


def test_a_rolling_window_forgets():
    policy = uptime(promise("availability", "90%", "10h rolling", "50%"))
    told = [
        says("2024-04-01 00:00", "up"), says("2024-04-01 06:00", "down"), says("2024-04-01 06:40", "up"),
        says("2024-04-01 12:00", "down"), says("2024-04-01 12:20", "up"),
        says("2024-04-01 16:10", "down"), says("2024-04-01 18:00", "up"),
    ]  # fmt: skip
    cycle = only(policy, *told, until="2024-04-01 20:00")
    # an hour may be down of any ten: at 12:20 it is just that. At 16:10 the first outage begins to leave as fast as
    # the third grows, until 16:40, when it is gone: 20 m + 30 m; 17:00? no: 50 m at 16:40 and ten more at 16:50
    assert cycle.told[0].at == at("2024-04-01 06:30")
    assert cycle.breached_at == at("2024-04-01 16:50")


def test_a_burn_rate_needs_both_windows_and_is_cleared_by_the_shorter():
    burn = Threshold("14.4x 1h 5m", burn=BurnRate(1440, HOUR, 5 * MINUTE))
    policy = uptime(replace(promise("availability", "99.9%"), thresholds=(burn,)))
    told = [says("2024-04-01 00:00", "up"), says("2024-04-10 10:00", "down"), says("2024-04-10 10:20", "up")]
    cycle = only(policy, *told, until="2024-04-11 00:00")
    # 14.4 x 0.1 % of an hour is 51.84 s, of five minutes 4.32 s: both at 10:00:51.84;
    # from 10:20 on the short window loses what it held, and has less than 4.32 s a millisecond after 10:24:55.68
    assert facts(cycle) == [
        ("warning", "14.4x 1h 5m", at("2024-04-10 10:00:51.84")),
        ("cleared", "14.4x 1h 5m", at("2024-04-10 10:24:55.681")),
    ]
