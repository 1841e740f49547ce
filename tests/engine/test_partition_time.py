"""How far the present is proven (semantics 4.4)."""

from slamon.engine.partition_time import TIME, PartitionTime
from slamon.engine.unit import Watermark

ROWS, MAIL = ("rows", 0), ("mail", 0)
HOLD = 120_000


def entered(*inputs: tuple[str, int]) -> PartitionTime:
    time = PartitionTime(frozenset(inputs), HOLD)
    time.entered(0)
    return time


def test_nothing_is_proven_before_the_own_end_was_seen():
    assert entered().value(5) == (None, False)


def test_it_is_the_own_proof_and_never_above_the_wall():
    time = entered()
    time.own(100)
    assert time.value(200) == (100, False)
    time.own(900)
    assert time.value(500) == (500, False)


def test_it_is_the_least_of_all_inputs_and_waits_for_those_that_were_not_read_yet():
    time = entered(ROWS, MAIL)
    time.own(100)
    assert time.value(100) == (None, False)
    time.heard(Watermark("w", {ROWS: 90, MAIL: None}), 100)
    assert time.value(100) == (None, False)
    time.heard(Watermark("w", {MAIL: 80}), 100)
    assert time.value(100) == (80, False)


def test_it_never_goes_back():
    time = entered(ROWS)
    time.own(100)
    time.heard(Watermark("w", {ROWS: 90}), 100)
    assert time.value(100) == (90, False)
    time.heard(Watermark("other", {ROWS: 50}), 110)
    assert time.value(110) == (90, False)


def test_an_owner_whose_clock_runs_ahead_counts_as_now():
    time = entered(ROWS)
    time.own(100)
    time.heard(Watermark("w", {ROWS: 10_000}), 100)
    assert time.value(100) == (100, False)


def test_an_input_without_an_owner_holds_for_max_hold_and_then_facts_are_behind():
    time = entered(ROWS)
    time.own(HOLD)
    assert time.value(HOLD) == (None, False)
    time.own(HOLD + 1)
    assert time.value(HOLD + 1) == (HOLD + 1, True)


def test_inputs_that_are_not_configured_do_not_count():
    time = entered()
    time.own(100)
    time.heard(Watermark("w", {ROWS: 5}), 100)
    assert time.value(100) == (100, False)


def test_by_records_only_watermarks_move_it():
    """Semantics 4.4: `--clock records`."""
    time = PartitionTime(frozenset(), HOLD, by_records=True)
    time.own(100)
    assert time.value(100) == (None, False)
    time.heard(Watermark("test", {TIME: 7_000}), 0)
    assert time.value(0) == (7_000, False)
