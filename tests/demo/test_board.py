"""What the demo counts: facts that stand, each once."""

import orjson

from slamon.demo.fact import Fact, read
from tests.demo.offline import show
from tests.demo.seen import NOON, board_of, clock, fact


def test_a_fact_that_comes_twice_counts_once():
    board = board_of(fact("breach"))
    assert board.add(fact("breach")) is None
    assert (board.counts["breach"], len(board.last), board.breached) == (1, 1, "INC-1")


def test_a_withdrawn_breach_no_longer_counts_and_keeps_the_name_of_its_clock():
    board = board_of(fact("breach", id="b1"))
    shown = board.add(Fact("withdrawn", "INC-1", NOON, 900, reason="late_record", id="c1", of="breach", corrects="b1"))
    assert shown is not None
    assert (shown.what, shown.objective, shown.customer, shown.reason) == (
        "withdrawn",
        "resolution",
        "Acme",
        "late_record",
    )
    assert (board.counts["breach"], board.counts["withdrawn"]) == (0, 1)
    board.add(Fact("reinstated", "INC-1", NOON, 900, id="c2", of="breach", corrects="b1"))
    assert (board.counts["breach"], board.counts["reinstated"]) == (1, 1)


def test_the_lag_is_that_of_warnings_and_breaches_not_of_corrections():
    board = board_of(fact("breach", id="b1"), fact("warning"), fact("met"))
    board.add(Fact("withdrawn", "INC-1", NOON, 90_000, id="c1", of="breach", corrects="b1"))
    assert board.lag_ms == 18


def test_the_clocks_due_next_are_read_from_the_answer_of_the_worker():
    board = board_of()
    board.due([clock("INC-7", "2024-01-05T12:00:01.500Z", priority=None)])
    (due,) = board.next
    assert (due.due_at, due.ticket, due.priority, due.customer) == (NOON + 1500, "INC-7", "", "Acme")


def test_a_fact_that_tells_little_can_still_be_shown():
    data = {"what": "statement", "context": {}, "target": None}
    event = {"id": "x", "subject": "INC-1", "time": "2024-01-05T12:00:00Z", "data": data}
    assert read(orjson.dumps(event), []) == Fact("statement", "INC-1", NOON, 0, id="x")


def test_the_usual_demo_warns_and_breaches_within_half_a_minute():
    board, _ = show(25, NOON)
    assert board.counts["warning"] >= 5
    assert board.counts["breach"] >= 2
    assert board.counts["met"] >= 10


def test_three_minutes_of_the_demo_show_every_kind_of_fact():
    board, machine = show(180, NOON)
    shown = {what for what, count in board.counts.items() if count > 0}
    assert {"warning", "cleared", "breach", "met", "missed", "withdrawn"} <= shown
    assert not [name for name in machine.counts if name[0] == "deadletter"]
    assert sum(board.counts[what] for what in ("breach", "missed")) < board.counts["met"]  # most promises are kept


def test_a_hurried_desk_keeps_nearly_every_promise_and_a_slow_one_few():
    hurried, slow = (show(90, NOON, speed=speed)[0].counts for speed in (3.0, 0.4))
    assert hurried["met"] > 20 * hurried["breach"]
    assert slow["breach"] > slow["met"] / 2
