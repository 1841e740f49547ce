"""What the demo counts: facts that stand, each once."""

import orjson

from slamon.demo.fact import Fact, read
from tests.demo.offline import show
from tests.demo.seen import NOON, board_of, clock, fact, standing


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
    board = show(25, NOON).board
    assert board.counts["warning"] >= 5
    assert board.counts["breach"] >= 2
    assert board.counts["met"] >= 10


def test_three_minutes_of_the_demo_show_every_kind_of_fact():
    demo = show(180, NOON)
    board = demo.board
    shown = {what for what, count in board.counts.items() if count > 0}
    assert {"warning", "cleared", "breach", "met", "missed", "withdrawn"} <= shown
    assert not [name for name in demo.counts if name[0] == "deadletter"]
    assert sum(board.counts[what] for what in ("breach", "missed")) < board.counts["met"]  # most promises are kept


def test_a_hurried_desk_keeps_nearly_every_promise_and_a_slow_one_few():
    hurried, slow = (show(90, NOON, speed=speed).board.counts for speed in (3.0, 0.4))
    assert hurried["met"] > 20 * hurried["breach"]
    assert slow["breach"] > slow["met"] / 2


def checkout(seconds: float):
    """The facts of the service in so many seconds of the demo, and how it stands then."""
    board = show(seconds, NOON, rate=0.01).board
    told = [(one.what, one.threshold) for one in board.last if one.subject == "checkout"]
    (service,) = (one for one in board.services if one.name == "checkout")
    return told, service


def test_in_the_first_act_a_service_goes_down_is_warned_of_and_comes_back_in_time():
    told, down = checkout(20)
    assert told == [("warning", "20x 30s 5s")]
    assert (down.state, down.budget_ms) == ("down", 28_800)
    assert down.due_at == NOON + 20_000 - 250 + down.left_ms
    told, up = checkout(37)
    assert told[1:] == [
        ("warning", "50%"),
        ("warning", "10s before"),
        ("cleared", "10s before"),
        ("cleared", "20x 30s 5s"),
    ]
    assert (up.state, up.due_at, up.breached_at) == ("up", None, None)
    assert 5_000 < up.left_ms < 10_000


def test_in_the_second_act_it_uses_up_what_was_left_and_breaks_its_promise():
    told, broken = checkout(60)
    assert [what for what, threshold in told[5:] if threshold != "20x 30s 5s"] == ["warning", "breach"]
    assert broken.breached_at is not None
    assert NOON + 44_000 < broken.breached_at < NOON + 50_000
    assert broken.left_ms < 0


def test_a_clock_of_a_service_stands_among_the_services_and_not_among_the_tickets_due_next():
    board = board_of()
    board.due([{**clock("INC-7", "2024-01-05T12:00:01Z"), "ticket": "INC-7"}, {"service": "checkout"}])
    assert [due.ticket for due in board.next] == ["INC-7"]


def test_what_is_left_of_a_budget_runs_down_between_two_looks_while_the_service_is_down():
    down = standing("checkout", "down", due_at=NOON + 6_000)
    up = standing("search", "up")
    assert (down.left(NOON + 500), up.left(NOON + 500)) == (5_500, 6_000)


def test_a_breach_of_a_service_counts_as_one_of_a_ticket():
    board = board_of(fact("breach"), fact("breach", "checkout", 5, state="down", id="b2"))
    assert (board.breached, board.counts["breach"]) == ("checkout", 2)


def test_a_service_is_warned_of_what_was_raised_and_not_cleared_since():
    def told(what: str, threshold: str, **more: str) -> Fact:
        return fact(what, "checkout", threshold=threshold, state="down", id=what + threshold, **more)

    board = board_of(told("warning", "50%"), told("warning", "10s before"), told("cleared", "10s before"))
    assert board.warned == {"checkout": ["50%"]}
    board.add(Fact("withdrawn", "checkout", NOON, 1, id="c1", of="cleared", corrects="cleared10s before"))
    assert board.warned == {"checkout": ["50%", "10s before"]}
    board.add(Fact("withdrawn", "checkout", NOON, 1, id="c2", of="warning", corrects="warning50%"))
    board.add(Fact("reinstated", "checkout", NOON, 1, id="c3", of="cleared", corrects="cleared10s before"))
    assert board.warned == {"checkout": []}
