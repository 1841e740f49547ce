"""The demo on a terminal: services and clocks about to breach, counting down, and the facts as they come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from slamon.demo.board import Board, Next
from slamon.demo.fact import Fact
from slamon.demo.wording import clock_time, fate, left, said, sent, short, span, totals
from slamon.simulation.sender import Tally

COLOURS: Mapping[str, str] = {
    "warning": "yellow",
    "breach": "bold red",
    "missed": "red",
    "met": "green",
    "withdrawn": "magenta",
    "reinstated": "magenta",
}
STATES: Mapping[str, str] = {"up": "green", "degraded": "yellow", "down": "bold red", "maintenance": "blue"}
SOON_MS, VERY_SOON_MS = 10_000, 3_000
WIDE = 100  # columns from which there is room for titles
TALL = 20  # lines from which there is room for the services
FRAME_LINES = 8  # borders, headings and the lines around the two tables


@dataclass(frozen=True, slots=True)
class Place:
    """Where things are, as the reader may want to go there."""

    url: str
    bootstrap: str
    prefix: str
    product: str
    slamon: str = "slamon"  # the command that reaches this very installation


def frame(board: Board, tally: Tally, place: Place, now: int, size: tuple[int, int]) -> RenderableType:
    """Everything, fitted into (columns, lines)."""
    columns, lines = size
    services = board.services if lines >= TALL else []
    rows = max(2, lines - FRAME_LINES - (len(services) + 2 if services else 0))
    due_rows = rows // 2
    due = [clock for clock in board.next if clock.due_at > now]
    return Group(
        *([_panel("Services", _services(board, now, columns >= WIDE), len(services), "blue")] if services else []),
        _panel("About to breach", _due(due[:due_rows], now, columns >= WIDE), due_rows, "yellow"),
        _totals(board, tally, columns >= WIDE),
        _panel(
            _heading(board), _facts(list(board.last)[-(rows - due_rows) :], columns >= WIDE), rows - due_rows, "cyan"
        ),
        _whereto(board, place),
    )


def _panel(title: str, body: RenderableType, rows: int, colour: str) -> Panel:
    return Panel(body, title=title, title_align="left", border_style=colour, padding=(0, 1), height=rows + 2)


def _table(*widths: int) -> Table:
    """Columns of these widths, and one that takes the rest."""
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0), pad_edge=False, expand=True)
    for width in widths:
        table.add_column(width=width, no_wrap=True, overflow="ellipsis")
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    return table


def _due(clocks: Sequence[Next], now: int, wide: bool) -> RenderableType:
    if not clocks:
        return Text("nothing is due", style="dim")
    table = _table(10, 9, 15, 2, 10)
    for clock in clocks:
        left = clock.due_at - now
        about = f"{clock.target} by {clock.policy}: {clock.title}" if wide else clock.title
        table.add_row(
            Text(f"{span(left):>10}", style=_urgency(left)),
            clock.ticket,
            clock.objective,
            clock.priority,
            clock.customer,
            Text(about, style="dim"),
        )
    return table


def _services(board: Board, now: int, wide: bool) -> RenderableType:
    """State, availability, what is left of the budget, the time to the breach, and the warnings that stand."""
    table = _table(8, 8, 8, 22, *([20] if wide else []))
    for one in board.services:
        warned = "" if one.breached_at is not None else ", ".join(map(short, board.warned.get(one.name, ())))
        urgency = _urgency(one.due_at - now) if one.due_at is not None else "bold red"
        table.add_row(
            one.name,
            Text(one.state, style=STATES.get(one.state, "dim")),
            f"{one.availability * 100:.2f} %",
            Text(left(one, now), style="dim"),
            Text(fate(one, now), style=urgency),
            *([Text(warned, style="yellow")] if wide else []),
        )
    return table


def _urgency(left: int) -> str:
    if left <= VERY_SOON_MS:
        return "bold red"
    return "yellow" if left <= SOON_MS else "default"


def _facts(facts: Sequence[Fact], wide: bool) -> RenderableType:
    if not facts:
        return Text("nothing to tell yet", style="dim")
    table = _table(*([10] if wide else []), 10, 9, 15)
    for fact in reversed(facts):
        style = COLOURS.get(fact.what, "dim")
        cells = [Text(fact.what, style=style), Text(fact.subject), Text(fact.objective), Text(said(fact), style=style)]
        table.add_row(*([Text(clock_time(fact.shown_at), style="dim")] if wide else []), *cells)
    return table


def _heading(board: Board) -> str:
    return f"Facts, told {board.lag_ms} ms after they came true" if board.lags else "Facts"


def _totals(board: Board, tally: Tally, wide: bool) -> Text:
    desk = sent(tally) if wide else f"{tally.tickets} tickets"
    return Text(f" {desk}: {totals(board)}", style="bold", no_wrap=True, overflow="ellipsis")


def _whereto(board: Board, place: Place) -> Text:
    subject = board.breached or "TICKET"
    told = Text(no_wrap=True, overflow="ellipsis")
    told.append(" why?    ", style="dim").append(f"{place.slamon} explain {subject} --from {place.url}\n")
    told.append(" numbers ", style="dim").append(f"curl {place.url}/metrics\n")
    told.append(" Kafka   ", style="dim").append(f"{place.bootstrap}  topics {place.prefix}*  ({place.product})")
    return told.append("   Ctrl-C ends it", style="dim")


class Screen:
    """The whole terminal until the demo ends."""

    def __init__(self, board: Board, tally: Tally, place: Place, stdout: TextIO) -> None:
        self._board, self._tally, self._place = board, tally, place
        self._console = Console(file=stdout)
        self._live = Live(console=self._console, screen=True, auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.__exit__(None, None, None)

    def heard(self, _facts: Sequence[Fact]) -> None:
        """The board has them."""

    def show(self, now: int) -> None:
        """Draw everything anew."""
        size = self._console.size
        self._live.update(frame(self._board, self._tally, self._place, now, (size.width, size.height)), refresh=True)
