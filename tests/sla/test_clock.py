"""The clock alone: its table of stages, and deadlines that never come (semantics 2, 3.1)."""

from itertools import product

import pytest

from slamon.sla.calendar import ALWAYS, Calendar, parse_weekly
from slamon.sla.clock import (
    KEPT_SPANS,
    LONGEST_MS,
    OTHERS,
    TRANSITIONS,
    Clock,
    Signal,
    Stage,
    begin,
    end,
    move,
    need_of,
    next_timer,
    pause,
    resume,
    revive,
    settle,
    span_of,
)
from slamon.sla.policy import Target
from tests.kit import DAY, HOUR, MINUTE, at, objective, span, threshold

START = at("2024-01-08 09:00")


def started(target: str = "4h", calendar: Calendar = ALWAYS) -> Clock:
    clock = Clock("id", "sla", "resolution", "p", "v", START, 1, span(target).span_ms or 0, target, "default", START)
    begin(clock, calendar, START)
    return clock


def in_stage(stage: Stage) -> Clock:
    clock = started()
    clock.stage = stage
    return clock


def test_the_table_of_transitions_speaks_of_every_stage():
    assert set(TRANSITIONS) == set(Stage)
    assert all(signal in Signal for signals in TRANSITIONS.values() for signal in signals)


@pytest.mark.parametrize(("stage", "signal"), list(product(Stage, Signal)))
def test_a_signal_moves_a_stage_as_the_table_says_or_changes_nothing(stage: Stage, signal: Signal):
    clock = in_stage(stage)
    expected = TRANSITIONS[stage].get(signal)
    assert move(clock, signal) is (expected is not None)
    assert clock.stage is (expected or stage)


@pytest.mark.parametrize("stage", [Stage.ACTIVE, Stage.PAUSED])
def test_a_breached_clock_that_stops_has_missed(stage: Stage):
    clock = in_stage(stage)
    clock.breached_at = START + HOUR
    move(clock, Signal.STOP)
    assert clock.stage is Stage.MISSED


def test_a_stop_is_idempotent():
    """Semantics 3.4: resolved, then closed; the first one counts."""
    clock = started()
    assert end(clock, Signal.STOP, START + HOUR, "stop")
    assert not end(clock, Signal.STOP, START + 2 * HOUR, "stop")
    assert clock.ended_at == START + HOUR


def test_a_paused_clock_has_no_deadline_and_keeps_what_it_had_used():
    """Semantics 3.5."""
    clock = started()
    settle(clock, ALWAYS, START + HOUR, "open", "")
    pause(clock, ALWAYS, START + HOUR, "status=hold")
    assert (clock.due_at, clock.elapsed_ms) == (None, HOUR)
    settle(clock, ALWAYS, START + 9 * HOUR, "hold", "")
    resume(clock, ALWAYS, START + 9 * HOUR)
    assert (clock.due_at, clock.elapsed_ms) == (START + 12 * HOUR, HOUR)


def test_the_time_after_an_end_that_is_taken_back_was_a_pause():
    """Semantics 3.7."""
    clock = started()
    settle(clock, ALWAYS, START + HOUR, "open", "")
    end(clock, Signal.STOP, START + HOUR, "resolve")
    revive(clock, ALWAYS, START + 5 * HOUR, "reopened")
    assert clock.stage is Stage.ACTIVE
    assert clock.due_at == START + 8 * HOUR
    assert [(s.running, s.start, s.end) for s in clock.spans[:2]] == [
        (True, START, START + HOUR),
        (False, START + HOUR, START + 5 * HOUR),
    ]


def test_a_deadline_beyond_the_calendar_never_comes():
    """Semantics 2.8 looks two years ahead; a calendar may end later, and the ticket must live on."""
    ends = Calendar("short", "UTC", {}, {at_date: parse_weekly({"mon": ["09:00-17:00"]})[0] for at_date in [_date()]})
    clock = started("100h", ends)
    assert clock.due_at is None
    assert next_timer(clock, objective("resolution", "100h", "50%", calendar=ends)) is None
    settle(clock, ends, START + DAY, "open", "")
    assert clock.elapsed_ms == 8 * HOUR
    assert end(clock, Signal.STOP, START + DAY, "stop")
    assert clock.stage is Stage.MET


def _date():
    from datetime import date

    return date(2024, 1, 8)


def test_business_days_that_never_come_are_a_target_that_is_never_reached():
    ends = Calendar("short", "UTC", {}, {_date(): parse_weekly({"mon": ["09:00-17:00"]})[0]})
    assert span_of(Target("5 business days", business_days=5), ends, START) == LONGEST_MS


@pytest.mark.parametrize(
    ("name", "needed"), [("50%", 2), ("150%", 6), ("1h before", 3), ("2h after", 6), ("9h before", -5)]
)
def test_a_threshold_is_a_share_of_the_target_or_a_distance_from_it(name: str, needed: int):
    """Semantics 3.8."""
    assert need_of(threshold(name), 4 * HOUR) == needed * HOUR


def test_a_share_that_is_no_whole_millisecond_is_never_early():
    assert need_of(threshold("33%"), 100) == 33
    assert need_of(threshold("33%"), 101) == 34


def test_a_clock_paused_for_ever_again_stays_of_bounded_size():
    clock = started("9w")
    for number in range(3 * KEPT_SPANS):
        moment = START + number * MINUTE
        settle(clock, ALWAYS, moment, f"status {number}", "g" * 5000)
        (pause if number % 2 else resume)(clock, ALWAYS, moment, *(["hold"] if number % 2 else []))
    assert len(clock.spans) <= KEPT_SPANS + 1
    assert clock.folded is not None
    counted = clock.folded.ran + sum(s.ran for s in clock.spans)
    assert counted == clock.elapsed_ms == sum(clock.by_status.values())
    assert OTHERS in clock.by_status
    assert len(next(iter(clock.by_group))) == 100
