"""The view of a terminal fits it, shows what is due first, and says where to look."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from slamon.demo.screen import Place, frame
from slamon.simulation.sender import Tally
from tests.demo.seen import NOON, board_of, clock, fact, standing

PLACE = Place("http://127.0.0.1:8080", "127.0.0.1:9092", "demo.", "noida-db 0.2.3")


def busy():
    board = board_of(*(fact("breach", f"INC-{number}", number) for number in range(60)))
    board.due([clock(f"INC-{100 + number}", f"2024-01-05T12:00:{number:02d}.500Z") for number in range(40)])
    board.services = [
        standing("checkout", "down", due_at=NOON + 6_000),
        standing("login", "degraded"),
        replace(standing("search", "down", breached_at=NOON - 1_000), left_ms=-1),
    ]
    return board


def drawn(board, columns: int, lines: int) -> list[str]:
    console = Console(file=io.StringIO(), width=columns, height=lines, force_terminal=False, color_system=None)
    with console.capture() as capture:
        console.print(frame(board, Tally(), PLACE, NOON + 2000, (columns, lines)))
    return capture.get().splitlines()


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (120, 36), (200, 60), (60, 12)])
@pytest.mark.parametrize("board", [board_of(), busy()])
def test_it_fills_the_terminal_and_no_more(board, columns, lines):
    shown = drawn(board, columns, lines)
    assert len(shown) == lines
    assert max(map(len, shown)) <= columns


def test_the_clock_with_the_least_time_left_stands_first_and_those_that_are_over_are_gone():
    shown = drawn(busy(), 120, 24)
    (top,) = (number for number, line in enumerate(shown) if "About to breach" in line)
    assert shown[top + 1].split()[1:4] == ["0.5", "s", "INC-102"]
    assert "20s by gold: VPN drops every few minutes" in shown[top + 1]


def test_each_service_has_a_line_with_what_is_left_of_its_budget_and_the_time_to_its_breach():
    assert [line.strip("│ ") for line in drawn(busy(), 80, 24)[1:4]] == [
        "checkout  down      99.44 %   4.0 s left, 13 %        breach in 4.0 s",
        "login     degraded  99.44 %   6.0 s left, 20 %",
        "search    down      99.44 %   budget used up          broken at 11:59:59.0",
    ]


def test_a_wide_terminal_has_room_for_the_warnings_that_stand():
    board = busy()
    for threshold in ("20x 30s 5s", "50%", "10s before"):
        board.add(fact("warning", "checkout", threshold=threshold, state="down", id=threshold))
    assert drawn(board, 100, 30)[1].endswith("breach in 4.0 s       20x, 50%, 10s before │")


def test_a_low_terminal_shows_tickets_alone():
    assert "Services" in drawn(busy(), 80, 24)[0]
    assert "About to breach" in drawn(busy(), 60, 12)[0]


def test_the_newest_fact_stands_first():
    facts = [line for line in drawn(busy(), 80, 24) if line.startswith("│ breach")]
    assert [line.split()[2] for line in facts[:2]] == ["INC-59", "INC-58"]
    assert "20s are over, still not done" in facts[0]


def test_it_says_how_to_have_the_newest_breach_explained():
    assert " why?    slamon explain INC-59 --from http://127.0.0.1:8080" in drawn(busy(), 80, 24)
    assert " why?    slamon explain TICKET --from http://127.0.0.1:8080" in drawn(board_of(), 80, 24)
