"""Clocks, records and pending facts as bytes and back: rows of JSON, versioned by VERSION. Tickets: `heads.py`.

The order of the values is the format: a change is a migration and a new version.
"""

from dataclasses import dataclass
from typing import Any, Final

import orjson

from slamon.engine.keys import STAMP, stamp
from slamon.engine.version import VERSION, open_row
from slamon.sla.clock import Clock, Folded, Relief, Span, Stage
from slamon.sla.events import Fact, Kind, TicketEvent, What
from slamon.sla.step import Withdrawn, labels_of

END: Final = b"\n"  # of a row that is not alone; JSON as it is written here has none
BODY_BESIDE: Final = 3  # the version from which on the body of a telling stands beside its row
dumps: Final = orjson.dumps  # at hand: asking the module for it each time is a tenth of encoding a record
_SORTED: Final = orjson.OPT_SORT_KEYS
STAGES: Final = {stage.value: stage for stage in Stage}


def encode_record(event: TicketEvent) -> bytes:
    """A record of the log: equal bytes for equal content."""
    row = [
        VERSION, event.ticket, event.id, event.at, event.kind.value, event.fields, event.revision, event.by, event.public,
        event.created_at, event.source,
    ]  # fmt: skip
    return dumps(row, option=_SORTED)


def decode_record(value: bytes) -> TicketEvent:
    ticket, record_id, at, kind, fields, *rest = open_row(value)[1:]
    give_tuples(fields)
    return TicketEvent(ticket, record_id, at, Kind(kind), fields, *rest)


def encode_clock(clock: Clock) -> bytes:
    """A clock of an earlier cycle."""
    return orjson.dumps([VERSION, row_of_clock(clock)])


def decode_clock(value: bytes) -> Clock:
    return clock_of_row(open_row(value)[1])


def give_tuples(fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        if type(value) is list:
            fields[name] = tuple(value)


def tuple_of(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def parts_of_clock(clock: Clock) -> tuple[list[Any], Any, Any]:
    """Its spans, what was folded of them, and its overrides, as they are written."""
    folded = clock.folded
    return (
        [(s.running, s.start, s.end, s.ran, s.reason) for s in clock.spans],
        None if folded is None else (folded.until, folded.ran, folded.paused, folded.count),
        clock.overrides
        and {name: (relief.text, relief.percent, relief.ms) for name, relief in clock.overrides.items()},
    )


def row_of_clock(clock: Clock) -> tuple[Any, ...]:
    spans, folded, overrides = parts_of_clock(clock)
    return (
        clock.id, clock.slot, clock.objective, clock.policy, clock.version, clock.start, clock.cycle, clock.target_ms,
        clock.target_text, clock.target_from, clock.since, clock.stage.value, clock.anchor, clock.anchor_ms, clock.mark,
        clock.elapsed_ms, clock.due_at, clock.breached_at, clock.ended_at, clock.ended_by, clock.partial, clock.unrelaxed_ms,
        clock.raised, spans, folded, clock.by_status, clock.by_group, overrides, clock.facts,
    )  # fmt: skip


def clock_of_row(row: list[Any]) -> Clock:
    spans, folded, _, _, overrides, facts = row[-6:]
    row[11] = STAGES[row[11]]
    row[-6] = [Span(*span) for span in spans]
    if folded is not None:
        row[-5] = Folded(*folded)
    if overrides:
        row[-2] = {name: Relief(*relief) for name, relief in overrides.items()}
    if facts:
        row[-1] = [(what, threshold, at) for what, threshold, at in facts]
    return Clock(*row)


@dataclass(slots=True, init=False)
class Telling:
    """What the world has been told of a fact and what is true of it: they differ while something is to be sent.

    `told`: the world holds it for true; `holds`: it is; `count`: corrections sent so far; `at`: not to be sent before;
    `stale`: what it was told with is not true any more.
    """

    id: str
    what: str
    clock_id: str
    threshold: str | None
    instant: int
    told: bool
    holds: bool
    count: int
    at: int
    reason: str
    draft: bool
    source: str  # of the ticket
    known: int  # when the ticket's newest record had arrived
    stale: bool
    labels: tuple[str, str, str, str] | None  # of its body: policy, objective, priority, kind of the policy
    body: bytes | None  # what its reader is told, as JSON

    def __init__(
        self, id: str, what: str, clock_id: str, threshold: str | None, instant: int, told: bool, holds: bool,  # noqa: A002
        count: int, at: int, reason: str = "", draft: bool = False, source: str = "", known: int = 0,
        stale: bool = False, labels: tuple[str, str, str, str] | None = None, body: bytes | None = None,
    ) -> None:  # fmt: skip
        self.id, self.what, self.clock_id, self.threshold, self.instant = id, what, clock_id, threshold, instant
        self.told, self.holds, self.count, self.at, self.reason = told, holds, count, at, reason
        self.draft, self.source, self.known, self.stale = draft, source, known, stale
        self.labels, self.body = labels, body

    def say(self, fact: Fact) -> None:
        """From now on its reader is told what the fact says."""
        self.labels, self.body = fact.labels, body_bytes(fact)

    @property
    def settled(self) -> bool:
        """Whether the world knows what is true."""
        return self.told == self.holds and not (self.holds and self.stale)

    @property
    def first(self) -> bool:
        """Whether what is to be sent is the fact itself, and no correction of it."""
        return self.holds and not self.told and self.count == 0

    @property
    def leaves_at(self) -> int:
        """The instant that it waits for: none where a clock that was ahead has told it before, and it proves false."""
        early = self.told and not self.holds and self.at == self.instant
        return 0 if early else self.at


def of_fact(fact: Fact) -> Telling:
    """A new fact: true and not told."""
    return Telling(
        fact.id, fact.what.value, fact.clock_id, fact.threshold, fact.at, False, True, 0, fact.at,
        draft=fact.draft,
    )  # fmt: skip


def of_withdrawn(gone: Withdrawn) -> Telling:
    """A fact that was sent long ago and is not true any more."""
    return Telling(
        gone.id,
        gone.what,
        gone.clock_id,
        gone.threshold,
        gone.at,
        True,
        False,
        0,
        max(gone.at, gone.since),
        gone.reason,
        gone.draft,
    )


def encode_telling(telling: Telling, look_at: int = 0) -> bytes:
    """The telling under the instant it may be sent at, or a later one to look at it; never where it is settled."""
    row = [
        VERSION, telling.id, telling.what, telling.clock_id, telling.threshold, telling.instant, telling.told,
        telling.holds, telling.count, telling.at, telling.reason, telling.draft, telling.source, telling.known, telling.stale,
        telling.labels,
    ]  # fmt: skip
    at = stamp(None if telling.settled else max(telling.leaves_at, look_at))
    return at + dumps(row) if telling.body is None else b"".join((at, dumps(row), END, telling.body))


def decode_telling(value: bytes) -> Telling:
    """The telling; its body is left as it stands, behind the row."""
    end = value.find(END, STAMP)
    row = open_row(value[STAMP:] if end < 0 else value[STAMP:end])
    if row[0] < BODY_BESIDE:
        body = row.pop(14)
        telling = Telling(*row[1:])
        if body is not None:
            telling.labels, telling.body = labels_of(body), orjson.dumps(body)
        return telling
    labels = row.pop()
    telling = Telling(*row[1:])
    telling.labels, telling.body = tuple_of(labels), None if end < 0 else value[end + 1 :]
    return telling


def body_bytes(fact: Fact) -> bytes:
    """What the reader of the fact is told, as JSON."""
    return orjson.dumps(fact.values) if fact.text is None else fact.text.encode()


def topic_of(what: str) -> str:
    """The role of the topic a fact goes to (architecture: topics)."""
    if what in (What.WARNING, What.CLEARED):
        return "warnings"
    return "breaches" if what == What.BREACH else "outcomes"
