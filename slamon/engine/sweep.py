"""What is new in the rules, carried to every head: a head written before a version was published has no timer for it (semantics 3.12)."""

from itertools import chain, islice
from typing import Final

from slamon.engine.keys import HEADS
from slamon.engine.position import Position
from slamon.engine.unit import Store
from slamon.sla.coverage import Rules

NOTHING: Final = 0  # no edge was carried to the heads that are there


class Sweep:
    """The walk over all heads at an edge of the rules, a page at a time.

    `position.swept` is None while all heads were written under the rules in force and time has not looked at them yet.
    """

    def __init__(self, position: Position) -> None:
        self._position = position
        self._first: bytes | None = None  # where the next page begins; None outside a walk
        self._edge = 0  # up to here this walk carries the edges
        self.changed()  # nobody knows under which rules a worker before wrote what is there

    @property
    def walking(self) -> bool:
        """Whether a walk has pages left."""
        return self._first is not None

    def changed(self) -> None:
        """The rules are others now: what is there was written without them."""
        if self._position.swept is None and self._position.applied:
            self._position.swept = NOTHING

    def next_edge(self, rules: Rules) -> int | None:
        """The next edge that is to be carried."""
        return None if self._position.swept is None else rules.next_edge(self._position.swept)

    def page(self, store: Store, rules: Rules, before: int, limit: int) -> list[bytes]:
        """So many heads that are to be looked at since an edge has passed; none when all were."""
        position = self._position
        if position.swept is None:
            position.swept = before - 1
        if self._first is None:
            edge = rules.last_edge(position.swept, before)
            if edge is None:
                return []
            self._first, self._edge = b"", edge
        found = _heads(store, self._first, limit)
        if len(found) == limit:
            self._first = found[-1] + b"\0"
        else:
            self._first = None
            position.swept = self._edge  # not before: a worker that ends meanwhile begins again
        return found


def _heads(store: Store, first: bytes, limit: int) -> list[bytes]:
    """So many keys of heads of both kinds from the key on."""
    heads = chain.from_iterable(store.scan(letter, first) for letter in sorted(HEADS))
    return [key for key, _ in islice(heads, limit)]
