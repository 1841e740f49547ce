"""The judge of availability with a pencil, second sheet: whose words count, notice, moved windows, and where time ends."""

from slamon.sla.calendar import Calendar, parse_weekly
from slamon.sla.policy import Agreement
from slamon.sla.uptime_terms import WEIGHT_ONE
from tests.availability.brute import judge
from tests.availability.promises import announces, promise, says, uptime
from tests.availability.test_worked import only
from tests.kit import HOUR, MINUTE, at

NEVER_CLOSED = promise("availability", "99%", "day", "15m before")


def downtime(*events, until: str = "2024-04-02 12:00", agreement: Agreement | None = None, **terms) -> int:
    """Milliseconds of it on the first day."""
    cycle = only(uptime(NEVER_CLOSED, agreement=agreement, **terms), *events, until=until)
    return cycle.figures.downtime // WEIGHT_ONE


def test_only_an_agreement_of_the_customer_hears_what_names_one():
    told = [
        says("2024-04-01 00:00", "up"),
        says("2024-04-01 06:00", "down", customer="acme"),
        says("2024-04-01 07:00", "up"),
    ]
    assert downtime(*told) == 0
    assert downtime(*told, agreement=Agreement("theirs", customer="other")) == 0
    assert downtime(*told, agreement=Agreement("ours", customer="acme")) == HOUR


def test_a_monitor_that_lapsed_or_knows_nothing_does_not_vote():
    told = [
        says("2024-04-01 00:00", "up", "eu"),
        says("2024-04-01 05:00", "down", "us", ttl="1h"),
        says("2024-04-01 08:00", "unknown", "eu"),
        says("2024-04-01 09:00", "up", "eu"),
    ]
    # any: 05:00 to 06:00; then eu alone votes; from 08:00 nobody does, and us has lapsed: no data
    assert downtime(*told) == HOUR
    assert downtime(*told, no_data="down") == 2 * HOUR
    assert downtime(*told, quorum="all") == 0
    # nobody lapsed, nobody knows: unknown, whatever no_data says
    assert downtime(says("2024-04-01 00:00", "unknown"), no_data="down") == 0


def test_an_announcement_counts_from_its_own_instant_until_it_is_moved_or_taken_back():
    down = [says("2024-04-01 00:00", "up"), says("2024-04-01 06:00", "down"), says("2024-04-01 10:00", "up")]
    late = announces("2024-04-01 07:00", "upgrade", "2024-04-01 06:00", "2024-04-01 09:00")
    moved = announces("2024-04-01 08:00", "upgrade", "2024-04-01 20:00", "2024-04-01 21:00")
    off = announces("2024-04-01 08:00", "upgrade", "2024-04-01 06:00", "2024-04-01 06:00")
    assert downtime(*down, late) == 2 * HOUR  # 07:00 to 09:00 is out
    assert downtime(*down, late, moved) == 3 * HOUR  # 07:00 to 08:00
    assert downtime(*down, late, off) == 3 * HOUR


def test_a_maintenance_state_inside_an_accepted_window_is_that_window():
    told = [
        says("2024-04-01 00:00", "up"),
        announces("2024-04-01 01:00", "upgrade", "2024-04-01 06:00", "2024-04-01 07:00"),
        says("2024-04-01 05:30", "maintenance"),
        says("2024-04-01 07:30", "up"),
    ]
    # with notice demanded the half hours beside the window are down; each mode says what the window is
    expected = {"exclude": HOUR, "count_up": HOUR, "count_down": 2 * HOUR}
    for mode, down in expected.items():
        assert downtime(*told, notice_ms=HOUR, maintenance=mode) == down


def test_service_that_comes_up_while_closed_ends_the_outage():
    office = Calendar("office", "UTC", parse_weekly({"mon-fri": ["09:00-17:00"]}))
    policy = uptime(promise("outages", "5", "week"), hours=office, min_outage_ms=2 * HOUR)
    told = [
        says("2024-04-01 00:00", "up"),
        says("2024-04-01 16:50", "down"), says("2024-04-01 18:50", "up"),  # 2 h of wall time, 10 m of service time
        says("2024-04-01 21:00", "down"), says("2024-04-02 08:00", "up"),  # takes no service time at all
        says("2024-04-02 23:00", "down"), says("2024-04-03 09:15", "up"),  # 15 m
        says("2024-04-03 16:59", "down"), says("2024-04-03 18:00", "up"),  # too short
    ]  # fmt: skip
    cycle = only(policy, *told, until="2024-04-09 12:00")
    assert [ms for _, _, ms in cycle.figures.outages] == [10 * MINUTE, 15 * MINUTE]
    assert cycle.figures.downtime == 25 * MINUTE * WEIGHT_ONE


def test_an_agreement_that_ends_ends_its_period():
    contract = Agreement("contract", effective_until=at("2024-04-01 12:00"))
    policy = uptime(NEVER_CLOSED, agreement=contract)
    cycles = judge(policy, [says("2024-04-01 00:00", "up")], at("2024-04-03 00:00"))[NEVER_CLOSED.name]
    assert [(one.start, one.ended_at, one.figures.budget_ms) for one in cycles] == [
        (at("2024-04-01 00:00"), at("2024-04-01 12:00"), 432_000)  # 1 % of 12 h
    ]


def test_an_imminent_warning_is_cleared_when_the_service_comes_up_and_raised_at_once_when_too_little_is_left():
    told = [
        says("2024-04-01 00:00", "up"),
        says("2024-04-01 06:00", "down"), says("2024-04-01 06:10", "up"),
        says("2024-04-01 07:00", "down"), says("2024-04-01 07:04", "up"),
    ]  # fmt: skip
    cycle = only(uptime(NEVER_CLOSED), *told, until="2024-04-01 12:00")
    # 14 m 24 s from the start are less than 15 m
    assert [(one.what, one.at) for one in cycle.told] == [
        ("warning", at("2024-04-01 06:00")),
        ("cleared", at("2024-04-01 06:10")),
        ("warning", at("2024-04-01 07:00")),
        ("cleared", at("2024-04-01 07:04")),
    ]
