"""The plain view, word by word."""

import io

from slamon.demo.fact import Fact
from slamon.demo.plain import TOTALS_EVERY_MS, PlainView
from slamon.simulation.sender import Tally
from tests.demo.seen import NOON, board_of, clock, fact, standing

FACTS = [
    fact("warning", threshold="50%", remaining_ms=10_000),
    fact("warning", "INC-2", 250, threshold="5s before", remaining_ms=5_000, severity="critical"),
    fact("met", "INC-3", 300, remaining_ms=4_000),
    fact("cleared", "INC-3", 300, threshold="50%", reason="met"),
    fact("breach", "INC-2", 5_250, id="b1"),
    fact("warning", "INC-2", 10_250, threshold="150%", remaining_ms=-10_000, escalate_to="duty manager"),
    fact("missed", "INC-2", 70_000, remaining_ms=-64_750),
    fact("warning", "checkout", 71_000, threshold="20x 30s 5s", target="99.2%", remaining_ms=24_000, state="down"),
    fact("warning", "checkout", 72_000, threshold="50%", target="99.2%", remaining_ms=14_400, state="down"),
    fact("warning", "checkout", 73_000, threshold="10s before", target="99.2%", remaining_ms=10_000, state="down"),
    fact("cleared", "checkout", 74_000, threshold="10s before", reason="recovered", state="up", escalate_to="Ada"),
    fact("breach", "checkout", 75_000, target="99.2%", state="down"),
    Fact("withdrawn", "INC-2", NOON + 5_250, 70_000, reason="late_record", id="c1", of="breach", corrects="b1"),
    Fact("reinstated", "INC-2", NOON + 5_250, 71_000, reason="late_record", id="c2", of="breach", corrects="b1"),
]

GOLDEN = """\
12:00:00.0  warning    INC-1     resolution       P1 Acme       50% of 20s: 10.0 s left
12:00:00.2  warning    INC-2     resolution       P1 Acme       5s before 20s are over: 5.0 s left
12:00:05.2  breach     INC-2     resolution       P1 Acme       20s are over, still not done
12:00:10.2  warning    INC-2     resolution       P1 Acme       150% of 20s: 10.0 s over, for duty manager
12:01:10.0  missed     INC-2     resolution       P1 Acme       done 1 min 04 s too late
12:01:11.0  warning    checkout  availability     down          the budget of 99.2% burns 20x too fast for 30s: 24.0 s left
12:01:12.0  warning    checkout  availability     down          50% of the budget of 99.2%: 14.4 s left
12:01:13.0  warning    checkout  availability     down          10s before the budget of 99.2% is gone: 10.0 s left
12:01:14.0  cleared    checkout  availability     up            10s before is off again: recovered
12:01:15.0  breach     checkout  availability     down          the budget of 99.2% is used up, still down
12:01:15.2  withdrawn  INC-2     resolution       P1 Acme       breach taken back: late record
12:01:16.2  reinstated INC-2     resolution       P1 Acme       breach holds again: late record
"""


def test_every_piece_of_news_is_a_line_and_kept_promises_are_only_counted():
    board, out = board_of(), io.StringIO()
    view = PlainView(board, Tally(), out)
    view.heard([shown for one in FACTS if (shown := board.add(one)) is not None])
    assert out.getvalue() == GOLDEN


def test_totals_come_every_few_seconds_with_what_is_due_next():
    tally, out = Tally(), io.StringIO()
    tally.tickets, tally.sent["good"], tally.sent["late"], tally.services = 3, 11, 1, {b"checkout", b"search"}
    board = board_of(*FACTS)
    board.services = [standing("checkout", "down", due_at=NOON + 6_000), standing("search", "up")]
    board.due([clock("INC-8", "2024-01-05T12:00:04Z"), clock("INC-9", "2024-01-05T12:00:06.250Z")])
    view = PlainView(board, tally, out)
    for now in (NOON, NOON + TOTALS_EVERY_MS - 1, NOON + TOTALS_EVERY_MS, NOON + TOTALS_EVERY_MS + 1):
        view.show(now)
    assert out.getvalue() == (
        "12:00:05.0  -- 3 tickets, 2 services, 12 records: 6 warnings, 2 breaches, 1 met, 1 missed, 1 withdrawn, "
        "1 reinstated; next INC-9 resolution in 1.2 s; checkout down, breach in 1.0 s\n"
    )


def test_before_anything_has_happened_there_is_only_the_count():
    out = io.StringIO()
    view = PlainView(board_of(), Tally(), out)
    view.show(NOON)
    view.show(NOON + TOTALS_EVERY_MS)
    assert out.getvalue() == "12:00:05.0  -- 0 tickets, 0 records: 0 warnings, 0 breaches\n"
