"""The topic `clocks`: what a unit changes of it, and the first list of all that is open (docs/clocks.md)."""

from itertools import chain, islice
from typing import Final

from slamon.engine.clock_rows import Form, Row, record, rows_of, tombstone
from slamon.engine.keys import HEADS
from slamon.engine.position import Position
from slamon.engine.state import decode_clock
from slamon.engine.subjects import State, Subjects, kind_of
from slamon.engine.unit import Outgoing, Store, Unit
from slamon.sla.coverage import Rules

PAGE: Final = 50  # heads: listed beside what is due, and both stay within a slice of about 20 ms


class Changes:
    """What one unit changes of the open clocks of one kind of subject: `found` first, `left` once the unit is done with it."""

    def __init__(self, form: Form, kind: Subjects, rules: Rules, unit: Unit) -> None:
        self._form, self._kind, self._rules, self._unit = form, kind, rules, unit
        self._before: dict[str, dict[str, Row]] = {}

    def found(self, state: State) -> None:
        """So the subject was before the unit."""
        self._before[state.subject] = rows_of(self._kind, state)

    def left(self, state: State) -> None:
        """So it is now: tell the difference."""
        before = self._before.pop(state.subject, {})
        after = rows_of(self._kind, state)
        for clock_id, row in after.items():
            if before.get(clock_id) != row:
                send(self._unit, record(self._form, self._kind, state.subject, clock_id, row, self._rules))
        for clock_id in before:
            if clock_id not in after:
                send(self._unit, tombstone(clock_id))


class Listing:
    """Tells of every clock of a partition once, page by page, unless the position says that the topic has them all.

    From then on each unit tells what it changes. A worker that does not write the topic takes that word out of the position
    with its first unit; one that ends before the list does begins it again.
    """

    def __init__(self, form: Form | None, position: Position, *, blank: bool) -> None:
        self.form = form
        self._position = position
        self._next = b""
        if form is None or blank:
            position.listed = form

    @property
    def over(self) -> bool:
        """Whether there is nothing left to list."""
        return self._position.listed == self.form

    def page(self, store: Store, rules: Rules, unit: Unit) -> bool:
        """Whether this page is the last one; the unit is given its records, before any that it decides itself."""
        assert self.form is not None
        heads = chain.from_iterable(store.scan(letter, self._next) for letter in sorted(HEADS))
        page = list(islice(heads, PAGE))
        for key, head in page:
            self._list(self.form, kind_of(key), head, store, rules, unit)
        if len(page) == PAGE:
            self._next = page[-1][0] + b"\0"
            return False
        self._position.listed = self.form
        return True

    def _list(self, form: Form, kind: Subjects, head: bytes, store: Store, rules: Rules, unit: Unit) -> None:
        """The open clocks, and tombstones for those that ended while perhaps nobody wrote the topic."""
        state: State = kind.decode_head(head)
        rows = rows_of(kind, state)
        for clock_id, row in rows.items():
            send(unit, record(form, kind, state.subject, clock_id, row, rules))
        past = (decode_clock(value) for _, value in store.scan(kind.letters.clocks(state.subject)))
        for clock in (*state.clocks, *past):
            if clock.id not in rows and clock.objective and not clock.draft:
                send(unit, tombstone(clock.id))


def send(unit: Unit, outgoing: Outgoing) -> None:
    """Let the unit send it."""
    unit.outgoing.append(outgoing)
    unit.size += outgoing.size
