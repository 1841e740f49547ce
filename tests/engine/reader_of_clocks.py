"""A partition that writes the topic `clocks`, and a reader who keeps the newest value of each key, as compaction does."""

from collections.abc import Iterator
from typing import Any

import orjson

from slamon.engine.clock_rows import Form
from slamon.engine.partition import Partition
from slamon.engine.state import decode_clock
from slamon.engine.subjects import SERVICES, TICKETS
from slamon.engine.unit import Unit
from slamon.sla.clock import Clock
from slamon.sla.events import ServiceEvent, TicketEvent
from slamon.sla.instants import render
from slamon.sla.policy import PolicyBook
from tests.kit import PATIENT, Bench, Limits

Row = dict[str, Any]


class Listed(Bench):
    """`rows` is what the topic says; unless a list is expected, a record that changes nothing of it is a mistake."""

    def __init__(self, promises: PolicyBook, limits: Limits = PATIENT, form: Form | None = "json") -> None:
        self.form, self.rows = form, dict[str, Row]()
        self.listing = False
        super().__init__(promises, limits)

    def rebuild(self) -> None:
        form = self.form
        self.partition = Partition(0, 1, self.store, self.book, self.limits, clocks=form)

    def turn(self, form: Form | None) -> None:
        """Restart with another setting."""
        self.form, self.listing = form, True
        self.rebuild()

    def crash(self, *records: TicketEvent | ServiceEvent, time: int | None = None) -> None:
        """Decide a batch that is never committed."""
        kept, offset = dict(self.store.pairs), self.offset
        took, self._take = self._take, lambda unit: unit  # type: ignore[method-assign]
        try:
            self.deliver(*records, time=time, caught_up=bool(time))
        finally:
            self._take = took  # type: ignore[method-assign]
        assert self.store.pairs == kept
        self.offset = offset
        self.rebuild()

    def _take(self, unit: Unit) -> Unit:
        said = [sent for sent in unit.outgoing if sent.topic == "clocks"]
        for sent in said:
            self._keep(sent.key, sent.value)
        facts = [sent for sent in unit.outgoing if sent.topic != "clocks"]
        self.store.apply(unit)
        self.reader.hear(facts)
        self.units.append(unit)
        return unit

    def _keep(self, key: bytes | None, value: bytes | None) -> None:
        assert key is not None
        assert self.form is not None
        clock_id = key.decode()
        row = None if value is None else orjson.loads(value)
        if row is not None and self.form == "connect":
            row = row["payload"]
        assert self.listing or row != self.rows.get(clock_id), "a record that changes nothing"
        if row is None:
            self.rows.pop(clock_id, None)
        else:
            self.rows[clock_id] = row

    # -- what is true

    def states(self) -> Iterator[Any]:
        for kind in (TICKETS, SERVICES):
            for _, head in self.store.scan(kind.letters.head):
                yield kind, kind.decode_head(head)

    def open(self) -> dict[str, tuple[Any, Clock]]:
        """The subject and the clock of every open clock that is no draft."""
        return {
            clock.id: (state, clock)
            for _, state in self.states()
            for clock in state.clocks
            if clock.stage in ("active", "paused") and not clock.slot.startswith("draft/")
        }

    def ended(self) -> set[str]:
        """The ids of the clocks that are known and not open."""
        known = {clock.id for _, state in self.states() for clock in state.clocks}
        for kind, state in self.states():
            known |= {decode_clock(value).id for _, value in self.store.scan(kind.letters.clocks(state.subject))}
        return known - self.open().keys()

    def check(self) -> None:
        """The topic says what is true, of every open clock and of no other."""
        assert self.rows.keys() == self.open().keys()
        for clock_id, (state, clock) in self.open().items():
            row = self.rows[clock_id]
            assert row["subject"] == state.subject
            assert (row["objective"], row["policy"], row["version"]) == (clock.objective, clock.policy, clock.version)
            assert row["stage"] == clock.stage.value
            at = (lambda instant: instant) if self.form == "connect" else told
            assert [row[name] for name in ("due_at", "breached_at", "cycle_start")] == [
                at(clock.due_at), at(clock.breached_at), at(clock.start)
            ]  # fmt: skip
            assert row["thresholds"] == ", ".join(clock.raised)
            assert (row["status"], row["priority"]) == (state.fields.get("status"), state.fields.get("priority"))
            if row["remaining_seconds"] is not None:
                assert clock.stage == "paused"
                assert row["remaining_seconds"] * 1000 == clock.target_ms - clock.elapsed_ms


def told(instant: int | None) -> str | None:
    return None if instant is None else render(instant)
