"""The worked cases of other SLA engines (`SLAMON_VECTORS`, see its README): slamon's answer to each of them."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from slamon.sla.calendar import Calendar, Interval
from slamon.sla.hours import DAY_S, DAYS

Case = Mapping[str, Any]

ROOT = Path(__file__).resolve().parents[1]
PATH = Path(os.environ.get("SLAMON_VECTORS") or ROOT / ".." / "shared" / "vectors" / "sla-clock-vectors.json")


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000


def calendar_of(case: Case) -> Calendar:
    spec = case["calendar"]
    weekly = {DAYS.index(day): intervals(hours) for day, hours in spec["hours"].items()}
    special = {date.fromisoformat(day): intervals(hours) for day, hours in spec.get("special_hours", {}).items()}
    # A break takes hours out of one date: a holiday of some hours (semantics 2.7).
    breaks = {date.fromisoformat(day): intervals(hours) for day, hours in spec.get("breaks", {}).items()}
    whole = dict.fromkeys(map(date.fromisoformat, spec["holidays"]))
    return Calendar(case["id"], spec["tz"], weekly, special, breaks | whole)


def intervals(hours: list[list[str]]) -> tuple[Interval, ...]:
    return tuple(Interval(second(opens), second(closes)) for opens, closes in hours)


def second(clock: str) -> int:
    hour, minute = clock.split(":")
    total = int(hour) * 3600 + int(minute) * 60
    assert 0 <= total <= DAY_S
    return total


def running(case: Case) -> Iterator[tuple[int, int | None]]:
    """The stretches from `start` on that are not paused; the last one has no end."""
    since: int | None = instant(case["start"])
    for event in case["events"]:
        at = instant(event["at"])
        if event["type"] == "pause" and since is not None:
            yield since, at
            since = None
        elif event["type"] == "resume" and since is None:
            since = at
    if since is not None:
        yield since, None


def due_at(case: Case) -> int:
    calendar = calendar_of(case)
    if case.get("unit") == "business_days":
        return calendar.add_business_days(instant(case["start"]), case["duration_business_days"])
    left = case["duration_seconds"] * 1000
    for start, end in running(case):
        due = calendar.add(start, left)
        if end is None or due < end:
            return due
        left -= calendar.between(start, end)
    raise AssertionError("a case that stays paused has no due_at")


def elapsed(case: Case) -> int:
    calendar, end = calendar_of(case), instant(case["end"])
    stretches = ((start, end if until is None else min(until, end)) for start, until in running(case))
    return sum(calendar.between(start, until) for start, until in stretches if start < until)


def check_due_at(case: Case) -> None:
    expect = case["expect"]
    # Business days are judged by their own rule: the instant lies on a later date whatever the convention.
    assert due_at(case) == instant(expect.get("due_at_earliest", expect["due_at"]))


def check_elapsed(case: Case) -> None:
    assert elapsed(case) == case["expect"]["elapsed_seconds"] * 1000


CHECKS: dict[str, Callable[[Case], None]] = {"due_at": check_due_at, "elapsed": check_elapsed}


def cases() -> list[Any]:
    if not PATH.is_file():
        reason = f"no vectors: SLAMON_VECTORS names no file and {PATH.name} is not beside the repository"
        return [pytest.param({}, marks=pytest.mark.skip(reason=reason), id="absent")]
    return [pytest.param(case, id=case["id"]) for case in json.loads(PATH.read_bytes()) if case["kind"] in CHECKS]


@pytest.mark.parametrize("case", cases())
def test_slamon_agrees_with_the_worked_cases_of_other_engines(case: Case):
    CHECKS[case["kind"]](case)
