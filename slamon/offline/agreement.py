"""What the source tool itself says of its tickets and services, beside slamon's verdicts."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import orjson

from slamon.engine.envelope import unwrap
from slamon.engine.subjects import SERVICES, TICKETS
from slamon.offline.files import Row
from slamon.offline.intake import Canonical
from slamon.offline.replay import Subject
from slamon.sla.clock import Clock, Stage
from slamon.sla.conditions import same
from slamon.sla.service import Service

YES = frozenset({"true", "1", "yes", "y", "met", "made", "kept", "achieved", "within", "fulfilled", "in sla", "ok"})
NO = frozenset({"false", "0", "no", "n", "missed", "breached", "failed", "violated", "broken", "overdue"})
_Order = tuple[int, int, int, int, str]


class Columns:
    """The last value of some raw columns by ticket or service, in the order of semantics 3.4 and not of the file."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        self._last: dict[tuple[str, str, str], tuple[_Order, str]] = {}

    def look(self, row: Row, records: Iterable[Canonical]) -> None:
        """Remember what the row says of the tickets or services of its records."""
        if not self.names:
            return
        raw = row.cells if row.cells is not None else unwrap(row.value, ()).data
        found = {name: value for name in self.names if (value := _at(raw, name)) is not None}
        for record in records if found else ():
            event = record.event()
            for name, said in found.items():
                place = (record.kind.name, event.subject, name)
                known = self._last.get(place)
                if known is None or known[0] <= event.order:
                    self._last[place] = (event.order, said)

    def seen(self, name: str) -> bool:
        """Whether any record had the column."""
        return any(column == name for *_, column in self._last)

    def of(self, subject: Subject, name: str) -> str | None:
        """The subject's last value of the column, None if it never had one."""
        kind = SERVICES if isinstance(subject, Service) else TICKETS
        found = self._last.get((kind.name, subject.subject, name))
        return None if found is None else found[1]


def _at(raw: Any, name: str) -> str | None:
    """The value of a column, or at a path like `fields.made_sla`, as text."""
    for step in [name] if isinstance(raw, Mapping) and name in raw else name.split("."):
        raw = raw.get(step) if isinstance(raw, Mapping) else None
    if raw is None or isinstance(raw, str):
        return raw
    return orjson.dumps(raw).decode()


@dataclass(frozen=True, slots=True)
class Where:
    """Tickets and services whose field, as slamon knows it or else as the records say it, has the value in the end."""

    name: str
    value: str

    def holds(self, subject: Subject, columns: Columns) -> bool:
        """Whether the ticket or service is meant."""
        fields = subject.promised_fields() if isinstance(subject, Service) else subject.fields
        if self.name in fields:
            return same(fields[self.name], self.value)
        said = columns.of(subject, self.name)
        return said is not None and said.casefold() == self.value.casefold()


@dataclass(frozen=True, slots=True)
class Differing:
    """A ticket or service of which the two do not say the same."""

    subject: str
    theirs: str
    ours: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often the two verdicts were the same, and where they were not."""

    agreed: int
    compared: int
    differing: list[Differing]
    undecided: int  # on which slamon gives no verdict yet
    unsaid: int  # of which the column says nothing that can be read

    def __str__(self) -> str:
        if not self.compared:
            return "agreement - (0 of 0)"
        # Cut, never rounded up: 100.00 % means every single one.
        hundredths = self.agreed * 10_000 // self.compared
        return f"agreement {hundredths // 100}.{hundredths % 100:02} % ({self.agreed} of {self.compared})"


def agreement(subjects: Iterable[tuple[Subject, list[Clock]]], columns: Columns, name: str) -> Agreement:
    """The comparison over tickets or services with their clocks of one objective."""
    agreed = compared = undecided = unsaid = 0
    differing: list[Differing] = []
    for subject, clocks in subjects:
        ours, theirs = verdict(clocks), _meaning(said := columns.of(subject, name))
        if ours is None:
            undecided += 1
        elif theirs is None:
            unsaid += 1
        else:
            compared += 1
            agreed += ours == theirs
            if ours != theirs:
                differing.append(Differing(subject.subject, f"{name} {said}", "met" if ours else "missed"))
    return Agreement(agreed, compared, differing, undecided, unsaid)


def verdict(clocks: Iterable[Clock]) -> bool | None:
    """Whether the promise was kept: not if any cycle breached, else if any was met; None while nothing is decided."""
    decided = [clock for clock in clocks if clock.breached_at is not None or clock.stage in (Stage.MET, Stage.MISSED)]
    return all(clock.breached_at is None and clock.stage is Stage.MET for clock in decided) if decided else None


def _meaning(said: str | None) -> bool | None:
    word = "" if said is None else said.strip().casefold().replace("_", " ")
    return True if word in YES else False if word in NO else None


def by_subject(clocks: Iterable[tuple[Subject, Clock]]) -> Iterator[tuple[Subject, list[Clock]]]:
    """Clocks that come subject by subject, gathered."""
    for _, own in groupby(clocks, key=lambda one: id(one[0])):
        found = list(own)
        yield found[0][0], [clock for _, clock in found]
