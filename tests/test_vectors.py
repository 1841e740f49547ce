"""The worked cases of other SLA engines (`SLAMON_VECTORS`, see its README): slamon's answer to each of them."""

import json
import os
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from slamon.sla.calendar import Calendar, Interval
from slamon.sla.clock import Clock, Stage, begin, pause, resume, settle, span_of
from slamon.sla.conditions import Event
from slamon.sla.coverage import Rules
from slamon.sla.events import Kind, TicketEvent
from slamon.sla.explain import describe
from slamon.sla.fold import Fold, refold
from slamon.sla.hours import DAY_S, DAYS
from slamon.sla.policy import Activation, Objective, ObjectiveKind, Policy, PolicyBook, PolicySet, Target, Targets

Case = Mapping[str, Any]

LONG_MS = 366 * 86_400_000
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


def clock_of(case: Case, target: Target, until: int) -> Clock:
    """The case as a life of one clock, through the functions that every clock lives by."""
    calendar, start = calendar_of(case), instant(case["start"])
    clock = Clock(
        "id", "sla", "case", "policy", "v", start, 1, span_of(target, calendar, start), target.text, "", start
    )
    begin(clock, calendar, start)
    for event in case["events"]:
        at = instant(event["at"])
        if at > until:
            break
        settle(clock, calendar, at, "", "")
        if event["type"] == "pause":
            pause(clock, calendar, at, "on hold")
        elif event["type"] == "resume":
            resume(clock, calendar, at)
    settle(clock, calendar, until, "", "")
    return clock


def check_due_at(case: Case) -> None:
    expect = case["expect"]
    # Business days are judged by their own rule: the instant lies on a later date whatever the convention.
    expected = instant(expect.get("due_at_earliest", expect["due_at"]))
    if case.get("duration_seconds", 1) <= 0:  # no target: counted backward by the calendar alone
        assert calendar_of(case).add(instant(case["start"]), case["duration_seconds"] * 1000) == expected
        return
    if case.get("unit") == "business_days":
        assert calendar_of(case).add_business_days(instant(case["start"]), case["duration_business_days"]) == expected
        return
    ends = [instant(event["at"]) for event in case["events"]]
    clock = clock_of(case, Target("case", case["duration_seconds"] * 1000), max([*ends, instant(case["start"])]))
    assert clock.due_at == expected


def check_elapsed(case: Case) -> None:
    assert (
        clock_of(case, Target("long", LONG_MS), instant(case["end"])).elapsed_ms
        == case["expect"]["elapsed_seconds"] * 1000
    )


# What those engines call events, in the words of a ticket's records.
EVENTS: Mapping[str, tuple[Kind, str | None]] = {
    "created": (Kind.CREATED, None), "customer_message": (Kind.REPLIED, "customer"), "first_response": (Kind.REPLIED, "agent"),
    "pause": (Kind.PAUSED, None), "resume": (Kind.RESUMED, None), "closed": (Kind.CLOSED, None),
}  # fmt: skip
RUNNING = {Stage.ACTIVE: "running", Stage.PAUSED: "paused", Stage.MET: "met"}


def objective_of(case: Case, name: str, seconds: int) -> Objective:
    target = Targets(default=Target(f"{seconds}s", seconds * 1000))
    if "next-response-includes-first" not in case.get("tags", ()):
        return Objective(name, ObjectiveKind(name), target, calendar_of(case))
    message, answer = Event((Kind.REPLIED,), by="customer"), Event((Kind.REPLIED,), by="agent")
    return Objective(name, ObjectiveKind.CUSTOM, target, calendar_of(case), start=message, stop=answer)


def check_escalation(case: Case) -> None:
    objectives = tuple(objective_of(case, name, seconds) for name, seconds in case["targets"].items())
    book = PolicyBook((Activation(0, PolicySet("v", (Policy("case", objectives),))),))
    records = [
        TicketEvent("T-1", f"{number}", instant(event["at"]), *_told(event["type"]))
        for number, event in enumerate(case["events"])
    ]
    at = instant(case["evaluate_at"])
    fold = refold(Rules(book), "T-1", records, at + 1)
    assert {clock.objective for clock in fold.ticket.clocks} == case["expect"].keys()
    for clock in fold.ticket.clocks:
        assert seen(fold, clock, at).items() >= case["expect"][clock.objective].items()


def _told(event: str) -> tuple[Any, ...]:
    kind, by = EVENTS[event]
    return (kind, {}, None, by, True if by else None)


def seen(fold: Fold, clock: Clock, at: int) -> dict[str, Any]:
    """The clock in the words of the vectors."""
    told = describe(clock, *fold.terms(clock), "T-1", fold.ticket.fields, at)
    return {
        "elapsed_seconds": told["elapsed_seconds"],
        "margin_seconds": told["remaining_seconds"],
        "remaining_seconds": told["remaining_seconds"],
        "due_at": told["due_at"],
        "state": "breached" if clock.breached_at is not None else RUNNING[clock.stage],
        "cycles": [past.start for past in fold.ticket.past],
    }


CHECKS: dict[str, Callable[[Case], None]] = {
    "due_at": check_due_at,
    "elapsed": check_elapsed,
    "escalation": check_escalation,
}


def cases() -> list[Any]:
    if not PATH.is_file():
        reason = f"no vectors: SLAMON_VECTORS names no file and {PATH.name} is not beside the repository"
        return [pytest.param({}, marks=pytest.mark.skip(reason=reason), id="absent")]
    return [pytest.param(case, id=case["id"]) for case in json.loads(PATH.read_bytes()) if case["kind"] in CHECKS]


@pytest.mark.parametrize("case", cases())
def test_slamon_agrees_with_the_worked_cases_of_other_engines(case: Case):
    CHECKS[case["kind"]](case)
