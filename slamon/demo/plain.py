"""The demo as plain lines, for pipes, logs and terminals that cannot do more."""

from collections.abc import Sequence
from typing import Self, TextIO

from slamon.demo.board import Board, Next
from slamon.demo.fact import Fact
from slamon.demo.wording import clock_time, fate, said, sent, span, totals
from slamon.simulation.sender import Tally

TOTALS_EVERY_MS = 5_000
# A promise that is kept is no news: it is counted. `missed` is, so is what is taken back, and of a service what is off again.
NEWS = frozenset({"warning", "breach", "missed", "withdrawn", "reinstated"})


def line(fact: Fact) -> str:
    """One fact, under the instant at which it became true; a correction under that of its telling."""
    who = fact.state or f"{fact.priority} {fact.customer}"
    return f"{clock_time(fact.shown_at)}  {fact.what:<10} {fact.subject:<9} {fact.objective:<16} {who:<13} {said(fact)}"


def totals_line(board: Board, tally: Tally, now: int) -> str:
    """How it stands, and what is due next."""
    first = next((clock for clock in board.next if clock.due_at > now), None)
    soon = [f"next {_soon(first, now)}"] if first else []
    down = [f"{one.name} {one.state}, {fate(one, now)}" for one in board.services if one.due_at is not None]
    return "; ".join([f"{clock_time(now)}  -- {sent(tally)}: {totals(board)}", *soon, *down])


def _soon(clock: Next, now: int) -> str:
    return f"{clock.ticket} {clock.objective} in {span(clock.due_at - now)}"


class PlainView:
    """Prints what comes; `show` is called often."""

    def __init__(self, board: Board, tally: Tally, stdout: TextIO) -> None:
        self._board, self._tally, self._out = board, tally, stdout
        self._totals_at: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._out.flush()

    def heard(self, facts: Sequence[Fact]) -> None:
        """Facts that are new."""
        for fact in facts:
            if fact.what in NEWS or (fact.state and fact.what == "cleared"):
                print(line(fact), file=self._out, flush=True)

    def show(self, now: int) -> None:
        """A line of totals, every few seconds."""
        self._totals_at = now if self._totals_at is None else self._totals_at
        if now - self._totals_at >= TOTALS_EVERY_MS:
            self._totals_at = now
            print(totals_line(self._board, self._tally, now), file=self._out, flush=True)
