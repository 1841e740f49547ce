"""Windows of planned maintenance: what `between` gives back is what a plain expansion of the rule gives."""

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from slamon.policy_file import recurrence
from slamon.policy_file.recurrence import Recurrence
from slamon.policy_file.windows import LONGEST_UNBROKEN_MS, PlannedWindows, longest_unbroken
from slamon.sla import instants

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
BERLIN = ZoneInfo("Europe/Berlin")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ms(text: str) -> int:
    return instants.parse(text)


def weekly(rule: str = "FREQ=WEEKLY;BYDAY=SU", hours: int = 2, starts: str = "2024-01-07T02:00") -> PlannedWindows:
    return PlannedWindows([], [Recurrence(rule, datetime.fromisoformat(starts), hours * HOUR_MS, BERLIN)])


def texts(windows: PlannedWindows, start: str, end: str) -> list[str]:
    found = windows.between(ms(start), ms(end))
    return [f"{instants.render(opens)} {instants.render(closes)}" for opens, closes in found]


# -- DST and the wall clock ---------------------------------------------------------------------------------------


def test_a_window_that_begins_in_the_gap_begins_when_the_clock_goes_on() -> None:
    """Semantics 2.6: 02:00 of 2024-03-31 never is, so it is 03:00; 2.9: it lasts two real hours."""
    assert texts(weekly(), "2024-03-20T00:00:00Z", "2024-04-10T00:00:00Z") == [
        "2024-03-24T01:00:00Z 2024-03-24T03:00:00Z",
        "2024-03-31T01:00:00Z 2024-03-31T03:00:00Z",
        "2024-04-07T00:00:00Z 2024-04-07T02:00:00Z",
    ]


def test_a_window_that_begins_in_the_hour_that_is_twice_begins_in_the_first() -> None:
    assert texts(weekly(), "2024-10-25T00:00:00Z", "2024-11-05T00:00:00Z") == [
        "2024-10-27T00:00:00Z 2024-10-27T02:00:00Z",
        "2024-11-03T01:00:00Z 2024-11-03T03:00:00Z",
    ]


def test_a_window_that_has_begun_before_the_range_is_whole() -> None:
    assert texts(weekly(), "2024-01-07T02:30:00Z", "2024-01-07T02:31:00Z") == [
        "2024-01-07T01:00:00Z 2024-01-07T03:00:00Z"
    ]


def test_a_range_is_half_open_as_windows_are() -> None:
    assert texts(weekly(), "2024-01-07T03:00:00Z", "2024-01-14T01:00:00Z") == []
    assert texts(weekly(), "2024-01-07T02:59:59.999Z", "2024-01-07T03:00:00Z") != []
    assert texts(weekly(), "2024-01-07T02:00:00Z", "2024-01-07T02:00:00Z") == []


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20240121", "2024-01-21"),  # a date includes the whole of it
        ("20240121T020000", "2024-01-21"),
        ("20240121T015959", "2024-01-14"),
        ("20240121T010000Z", "2024-01-21"),  # 02:00 in Berlin
        ("20240121T005959Z", "2024-01-14"),
    ],
)
def test_until_is_the_last_moment_at_which_one_may_begin(until: str, last: str) -> None:
    found = texts(weekly(f"FREQ=WEEKLY;UNTIL={until}"), "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z")
    assert found[-1].startswith(last)


def test_a_count_is_counted_from_the_start_however_late_one_looks() -> None:
    windows = weekly("FREQ=DAILY;COUNT=60")
    assert len(windows.between(ms("2024-02-20T00:00:00Z"), ms("2025-01-01T00:00:00Z"))) == 60 - 44
    assert windows.between(ms("2024-03-07T00:00:00Z"), ms("2200-01-01T00:00:00Z")) == ()


def test_a_position_is_counted_in_whole_weeks_wherever_one_begins_to_look() -> None:
    windows = weekly("FREQ=WEEKLY;BYDAY=MO,SU;BYSETPOS=1", starts="2024-01-03T02:00")
    found = windows.between(ms("2024-01-08T00:00:00Z"), ms("2034-01-01T00:00:00Z"))
    assert {(EPOCH + timedelta(milliseconds=opens)).weekday() for opens, _ in found} == {0}
    assert len(found) == 521


# -- windows that meet -------------------------------------------------------------------------------------------


def test_windows_that_meet_are_one_whichever_end_is_looked_at() -> None:
    single = [(ms("2024-01-07T03:00:00Z"), ms("2024-01-07T05:00:00Z")), (ms("2024-01-07T04:00:00Z"), ms("2024-01-07T06:00:00Z"))]  # fmt: skip
    windows = PlannedWindows(single, [Recurrence("FREQ=WEEKLY", datetime(2024, 1, 7, 2), 2 * HOUR_MS, BERLIN)])
    whole = ["2024-01-07T01:00:00Z 2024-01-07T06:00:00Z"]
    assert texts(windows, "2024-01-07T05:59:00Z", "2024-01-07T07:00:00Z") == whole
    assert texts(windows, "2024-01-07T01:00:00Z", "2024-01-07T01:00:01Z") == whole


@pytest.mark.parametrize("edge", [396 << 32, 410 << 32])
def test_a_window_across_the_edge_of_a_block_is_seen_from_both_sides(edge: int) -> None:
    windows = PlannedWindows([(edge - HOUR_MS, edge + HOUR_MS)], [])
    for start in (edge - HOUR_MS, edge - 1, edge, edge + HOUR_MS - 1):
        assert windows.between(start, start + 1) == ((edge - HOUR_MS, edge + HOUR_MS),)
    assert windows.between(edge - DAY_MS, edge + DAY_MS) == ((edge - HOUR_MS, edge + HOUR_MS),)


def test_a_chain_across_many_blocks_is_one_window() -> None:
    """Months of nights that touch: longer than a block of windows that is remembered."""
    windows = weekly("FREQ=DAILY;COUNT=300", hours=24, starts="2024-01-01T00:00")
    (whole,) = windows.between(ms("2024-06-01T00:00:00Z"), ms("2024-06-02T00:00:00Z"))
    # The day of 25 hours parts them by one: the windows last 24 real hours.
    assert whole == (ms("2023-12-31T23:00:00Z"), ms("2024-10-26T22:00:00Z"))


def test_how_long_recurring_windows_go_on_is_seen_across_rules() -> None:
    one = Recurrence("FREQ=WEEKLY", datetime(2024, 1, 1), 5 * DAY_MS, ZoneInfo("UTC"))
    other = Recurrence("FREQ=WEEKLY", datetime(2024, 1, 6), 2 * DAY_MS, ZoneInfo("UTC"))
    assert longest_unbroken([one]) == 5 * DAY_MS
    assert longest_unbroken([one, other]) > 300 * DAY_MS


# -- content -----------------------------------------------------------------------------------------------------


def test_the_content_is_the_same_for_the_same_windows_only() -> None:
    rules = [Recurrence(rule, datetime(2024, 1, 7, 2), HOUR_MS, BERLIN) for rule in ("FREQ=WEEKLY;BYDAY=SU", "FREQ=DAILY")]  # fmt: skip
    turned = [Recurrence("FREQ=DAILY", datetime(2024, 1, 7, 2), HOUR_MS, BERLIN), Recurrence("BYDAY=SU;FREQ=WEEKLY", datetime(2024, 1, 7, 2), HOUR_MS, BERLIN)]  # fmt: skip
    same = PlannedWindows([(1, 5), (4, 9)], rules), PlannedWindows([(4, 9), (1, 5)], turned)
    assert same[0] == same[1]
    assert hash(same[0]) == hash(same[1])
    others = [PlannedWindows([(1, 9)], rules[:1]), PlannedWindows([(1, 8)], rules), PlannedWindows([], rules)]
    assert len({same[0].content, *(other.content for other in others)}) == 4


# -- looking is cheap ---------------------------------------------------------------------------------------------


def test_looking_again_near_the_present_expands_no_rule_again(monkeypatch: pytest.MonkeyPatch) -> None:
    windows = weekly("FREQ=HOURLY;INTERVAL=2", hours=1, starts="1999-01-01T00:00")
    now = ms("2026-01-01T00:00:00Z")
    first = [windows.between(now + n * HOUR_MS, now + (n + 5) * HOUR_MS) for n in range(50)]
    monkeypatch.setattr(recurrence, "rrulestr", lambda *_, **__: pytest.fail("expanded the rule again"))
    assert [windows.between(now + n * HOUR_MS, now + (n + 5) * HOUR_MS) for n in range(50)] == first


def test_an_old_endless_rule_is_not_walked_through_from_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    walked = []
    monkeypatch.setattr(
        recurrence, "rrulestr", lambda *a, **k: (walked.append(1) or wall for wall in rrulestr(*a, **k))
    )
    windows = PlannedWindows([], [Recurrence("FREQ=HOURLY", datetime(1971, 1, 2), HOUR_MS // 2, BERLIN)])
    windows.between(ms("2026-01-01T00:00:00Z"), ms("2026-01-02T00:00:00Z"))
    assert len(walked) < 5000  # of half a million hours


@pytest.mark.timeout(20)
def test_a_rule_that_never_occurs_is_told_quickly() -> None:
    for frequency in ("YEARLY", "MONTHLY", "DAILY", "HOURLY"):
        never = Recurrence(f"FREQ={frequency};BYMONTH=2;BYMONTHDAY=30", datetime(2024, 1, 1), HOUR_MS, BERLIN)
        assert never.first() is None


def test_ranges_before_and_after_all_time_are_empty() -> None:
    assert weekly().between(-(10**15), ms("1972-01-01T00:00:00Z")) == ()
    assert weekly().between(ms("2201-01-01T00:00:00Z"), 10**15) == ()


# -- against a plain expansion -------------------------------------------------------------------------------------

DAYS = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1, max_size=3, unique=True).map(",".join)  # fmt: skip
RULES = st.one_of(
    st.builds("FREQ=DAILY;INTERVAL={}".format, st.integers(1, 9)),
    st.builds("FREQ=HOURLY;INTERVAL={}".format, st.integers(3, 50)),
    st.builds("FREQ=HOURLY;BYHOUR={};BYDAY={}".format, st.sampled_from(["1,2,3", "0", "22"]), DAYS),
    st.builds(
        "FREQ=WEEKLY;INTERVAL={};BYDAY={};WKST={}".format, st.integers(1, 4), DAYS, st.sampled_from(["MO", "SU"])
    ),
    st.builds("FREQ=WEEKLY;INTERVAL={};BYDAY={};BYSETPOS={}".format, st.integers(1, 3), DAYS, st.sampled_from([1, -1])),
    st.builds("FREQ=MONTHLY;INTERVAL={};BYDAY={}MO".format, st.integers(1, 3), st.sampled_from([1, 2, -1])),
    st.builds("FREQ=MONTHLY;BYMONTHDAY={}".format, st.sampled_from(["1", "15,31", "-1"])),
    st.builds("FREQ=YEARLY;BYMONTH={};BYDAY=-1SU".format, st.sampled_from(["3", "10", "3,10"])),
    st.builds("FREQ=DAILY;COUNT={}".format, st.integers(1, 500)),
    st.builds("FREQ=WEEKLY;BYDAY={};UNTIL={}".format, DAYS, st.sampled_from(["20241027", "20250330T003000Z"])),
)
STARTS = st.datetimes(datetime(2023, 1, 1), datetime(2025, 1, 1)).map(lambda at: at.replace(microsecond=0, minute=0))
LENGTHS = st.sampled_from([HOUR_MS // 2, HOUR_MS, 2 * HOUR_MS, 26 * HOUR_MS, 5 * DAY_MS])
RECURRENCES = st.builds(Recurrence, RULES, STARTS, LENGTHS, st.sampled_from([BERLIN, ZoneInfo("America/Sao_Paulo")]))
# Weeks around the changes of clocks in Berlin, and others.
LOOKS = st.one_of(
    st.sampled_from(["2024-03-31", "2024-10-27", "2025-03-30", "2025-10-26"]).map(lambda day: ms(f"{day}T00:00:00Z")),
    st.integers(ms("2022-12-01T00:00:00Z"), ms("2026-06-01T00:00:00Z")),
)
SINGLE = st.lists(st.tuples(LOOKS, st.integers(1, 3 * DAY_MS)).map(lambda w: (w[0], w[0] + w[1])), max_size=3)


def plain_windows(one: Recurrence) -> list[tuple[int, int]]:
    """Every window up to 2027, by dateutil from the rule's own start."""
    named = recurrence.parts(one.rule)
    bare = ";".join(f"{name}={value}" for name, value in named.items() if name != "UNTIL")
    last = datetime(2027, 1, 1)
    if until := named.get("UNTIL"):
        utc = datetime(2025, 3, 30, 0, 30, tzinfo=UTC).astimezone(one.zone).replace(tzinfo=None)
        last = utc if until.endswith("Z") else datetime(2024, 10, 27, 23, 59, 59)
    walls = takewhile(lambda wall: wall <= last, rrulestr(bare, dtstart=one.starts))
    begins = [(wall.replace(tzinfo=one.zone) - EPOCH) // timedelta(milliseconds=1) for wall in walls]
    return [(at, at + one.lasts_ms) for at in begins]


def plainly_merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


@settings(max_examples=150, deadline=None)
@given(st.lists(RECURRENCES, max_size=2), SINGLE, st.lists(st.tuples(LOOKS, st.integers(1, 4000 * HOUR_MS)), min_size=1, max_size=4))  # fmt: skip
def test_between_is_what_a_plain_expansion_says(
    rules: list[Recurrence], single: list[tuple[int, int]], looks: list[tuple[int, int]]
) -> None:
    assume(longest_unbroken(rules) <= LONGEST_UNBROKEN_MS)  # as files may be
    windows = PlannedWindows(single, rules)
    everything = plainly_merged([*single, *(span for one in rules for span in plain_windows(one))])
    for start, length in looks:
        expected = tuple(w for w in everything if w[0] < start + length and start < w[1])
        assert windows.between(start, start + length) == expected
