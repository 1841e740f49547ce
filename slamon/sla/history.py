"""The stretches of an account's past that were not good, as long as a window looks back on them (semantics 5.2, 5.8).

They stand in blocks: the newest ones at hand, older full blocks wherever `Shelf` keeps them, of which only totals are
at hand. A service that flaps for a year is as quick to judge as one that never does.
"""

from bisect import bisect_right
from collections import ChainMap
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from slamon.sla.calendar import Calendar
from slamon.sla.enums import Word, plain

BLOCK: Final = 128  # pieces


@plain
class Kind(Word):
    """What a stretch of time counts as."""

    GOOD = "good"
    BAD = "bad"
    EXCLUDED = "excluded"
    UNKNOWN = "unknown"


class Piece(NamedTuple):
    """A past stretch that was not good."""

    start: int
    end: int
    kind: Kind
    weight: int
    ms: int  # of service time


def longer(pieces: list[Piece], piece: Piece) -> bool:
    """Make the last piece longer by one that goes on as it did; False if it does not."""
    last = pieces[-1] if pieces else None
    if last is None or last.end != piece.start or last[2:4] != piece[2:4]:
        return False
    pieces[-1] = last._replace(end=piece.end, ms=last.ms + piece.ms)
    return True


class Sums(NamedTuple):
    """Milliseconds of service time by kind; `weighted` is downtime times its weight."""

    down: int = 0
    weighted: int = 0
    excluded: int = 0
    unknown: int = 0


class Block(NamedTuple):
    """A full block: its number, where it ends, and what is in it."""

    number: int
    end: int
    sums: Sums


Shelf = MutableMapping[int, list[Piece]]


@dataclass(slots=True)
class History:
    """Pieces in the order of time; `shelf` gives and takes full blocks by their number and is no state of its own."""

    blocks: list[Block] = field(default_factory=list)
    tail: list[Piece] = field(default_factory=list)
    made: int = 0  # the number of the next block: never one of a history before this
    shelf: Shelf = field(default_factory=dict, compare=False, repr=False)

    def copy(self) -> "History":
        """One that may be added to and leaves this as it is."""
        return History(list(self.blocks), list(self.tail), self.made, ChainMap({}, self.shelf))

    def add(self, piece: Piece) -> None:
        """Append a piece; one that goes on as the last one did makes that longer."""
        if longer(self.tail, piece):
            return
        if len(self.tail) == BLOCK:
            self.shelf[self.made] = self.tail
            self.blocks.append(Block(self.made, self.tail[-1].end, _sums(self.tail)))
            self.tail, self.made = [], self.made + 1
        self.tail.append(piece)

    def forget(self, before: int) -> None:
        """Drop the blocks that end before the instant."""
        while self.blocks and self.blocks[0].end <= before:
            del self.blocks[0]
        if not self.blocks and len(self.tail) > BLOCK // 2 and self.tail[BLOCK // 2].end <= before:
            del self.tail[: BLOCK // 2]

    def since(self, at: int) -> Iterator[Piece]:
        """The pieces that end after the instant."""
        first = bisect_right(self.blocks, at, key=lambda block: block.end)
        for block in self.blocks[first:]:
            yield from (piece for piece in self.shelf[block.number] if piece.end > at)
        yield from (piece for piece in self.tail if piece.end > at)

    def sums(self, since: int, hours: Calendar) -> Sums:
        """What lies after the instant, exactly."""
        first = bisect_right(self.blocks, since, key=lambda block: block.end)
        oldest = self.shelf[self.blocks[first].number] if first < len(self.blocks) else []
        parts = [
            _sums(_cut(piece, since, hours) for piece in oldest if piece.end > since),
            *(block.sums for block in self.blocks[first + 1 :]),
            _sums(_cut(piece, since, hours) for piece in self.tail if piece.end > since),
        ]
        return Sums(*map(sum, zip(*parts, strict=True)))


def _cut(piece: Piece, since: int, hours: Calendar) -> Piece:
    return piece if piece.start >= since else piece._replace(start=since, ms=hours.between(since, piece.end))


def _sums(pieces: Iterator[Piece] | list[Piece]) -> Sums:
    down = weighted = excluded = unknown = 0
    for piece in pieces:
        match piece.kind:
            case Kind.BAD:
                down, weighted = down + piece.ms, weighted + piece.ms * piece.weight
            case Kind.EXCLUDED:
                excluded += piece.ms
            case Kind.UNKNOWN:
                unknown += piece.ms
    return Sums(down, weighted, excluded, unknown)
