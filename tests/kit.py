"""A small kit for tests of the rules: promises and records in a line each, one partition over a store in memory, a reader."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from slamon.engine.codec import encode_service, encode_ticket
from slamon.engine.heads import decode_head
from slamon.engine.keys import SERVICE as SERVICE_ROWS
from slamon.engine.keys import TICKET as TICKET_ROWS
from slamon.engine.limits import Limits
from slamon.engine.memory import MemoryStore
from slamon.engine.partition import Partition
from slamon.engine.service_state import decode_service_head
from slamon.engine.state import decode_clock
from slamon.engine.unit import Outgoing, Unit
from slamon.sla.calendar import ALWAYS, Calendar, parse_duration, parse_weekly
from slamon.sla.clock import Clock
from slamon.sla.conditions import Field
from slamon.sla.coverage import Rules
from slamon.sla.events import Kind, ServiceEvent, TicketEvent
from slamon.sla.fold import Fold, refold
from slamon.sla.policy import (
    Activation,
    Objective,
    ObjectiveKind,
    Policy,
    PolicyBook,
    PolicySet,
    Target,
    Targets,
    Threshold,
)
from slamon.sla.service import Service
from slamon.sla.ticket import Ticket

TICKET = "T-1"
TOPIC, UPTIME = "slamon.tickets", "slamon.uptime"
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
PATIENT = Limits(max_lateness_ms=10_000 * DAY, max_future_ms=10_000 * DAY, retention_ms=10_000 * DAY)
OFFICE = Calendar(
    "office", "Europe/Berlin", parse_weekly({day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")})
)


def at(text: str) -> int:
    """`2024-01-05 15:00` in UTC, or with an offset, as epoch milliseconds."""
    moment = datetime.fromisoformat(text)
    return round((moment if moment.tzinfo else datetime.fromisoformat(f"{text}+00:00")).timestamp() * 1000)


def span(text: str) -> Target:
    return Target(text, parse_duration(text))


def threshold(name: str) -> Threshold:
    """`90%`, `15m before` or `2h after`."""
    if name.endswith("%"):
        return Threshold(name, percent=int(name[:-1]) * 100)
    length, side = name.split()
    return Threshold(name, offset_ms=parse_duration(length) * (-1 if side == "before" else 1))


def objective(kind: str, target: str | Mapping[str, str] = "4h", *warn: str, **more: Any) -> Objective:
    """An objective named after its kind, or `name=`; a mapping gives targets by priority."""
    by_value = {} if isinstance(target, str) else {key.casefold(): span(text) for key, text in target.items()}
    targets = Targets(by_value=by_value, default=span(target) if isinstance(target, str) else None)
    more.setdefault("calendar", ALWAYS)
    name = more.pop("name", kind)
    return Objective(name, ObjectiveKind(kind), targets, thresholds=tuple(map(threshold, warn)), **more)


def paused_by(*statuses: str) -> Field:
    return Field("status", statuses)


def policies(*objectives: Objective | Policy, version: str = "v1", **more: Any) -> PolicySet:
    """Loose objectives make up one policy named `standard`; overrides and calendars come by name."""
    loose = tuple(one for one in objectives if isinstance(one, Objective))
    whole = tuple(one for one in objectives if isinstance(one, Policy))
    return PolicySet(version, (*((Policy("standard", loose),) if loose else ()), *whole), **more)


def book(first: PolicySet | Objective | Policy, *rest: Objective | Policy | Activation) -> PolicyBook:
    """One version of these promises, or a first one and the activations that follow it."""
    if isinstance(first, PolicySet):
        return PolicyBook((Activation(0, first), *(one for one in rest if isinstance(one, Activation))))
    return PolicyBook((Activation(0, policies(first, *(one for one in rest if not isinstance(one, Activation)))),))


def record(when: str | int, kind: str, _id: str | None = None, **more: Any) -> TicketEvent:
    """A record of T-1; what is no attribute of a record is one of the ticket's fields."""
    own = {
        name: more.pop(name) for name in ("ticket", "revision", "by", "public", "created_at", "source") if name in more
    }
    if isinstance(own.get("created_at"), str):
        own["created_at"] = at(own["created_at"])
    instant = at(when) if isinstance(when, str) else when
    number = _id or f"{kind}-{instant}-{'-'.join(f'{k}={v}' for k, v in sorted(more.items()))}"
    return TicketEvent(own.pop("ticket", TICKET), number, instant, Kind(kind), more, **own)


def reply(when: str | int, _id: str | None = None) -> TicketEvent:
    return record(when, "replied", _id or f"reply-{when}", by="agent", public=True)


def customer(when: str | int, _id: str | None = None) -> TicketEvent:
    return record(when, "replied", _id or f"customer-{when}", by="customer", public=True)


def fold(promises: PolicyBook, *records: TicketEvent, until: str | int | None = None) -> Fold:
    """The rules alone: the ticket after these records, with time passed up to `until`."""
    before = -1 if until is None else at(until) if isinstance(until, str) else until
    return refold(Rules(promises), TICKET, records, before)


def clock_of(ticket: Ticket | Fold, name: str = "resolution") -> Clock:
    """The newest cycle of the objective."""
    held = ticket.ticket if isinstance(ticket, Fold) else ticket
    return next(clock for clock in held.clocks if clock.objective == name)


def told(made: Fold) -> list[tuple[str, str, str | None, int]]:
    """(what, objective, threshold, at) of every fact that stands."""
    facts = sorted(made.step.added.values(), key=lambda fact: fact.at)
    return [(fact.what.value, fact.body["objective"], fact.threshold, fact.at) for fact in facts]


@dataclass(frozen=True, slots=True)
class Delivered:
    """A record as Kafka would deliver it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


class Reader:
    """What a read_committed reader of the facts knows; it fails at once where it is told the same thing twice."""

    def __init__(self) -> None:
        self.stands: dict[str, dict[str, Any]] = {}
        self.bodies: dict[str, dict[str, Any]] = {}
        self.corrections: list[dict[str, Any]] = []
        self.letters: list[Outgoing] = []
        self.heads: list[dict[str, bytes]] = []

    def hear(self, outgoing: Iterable[Outgoing]) -> None:
        for sent in outgoing:
            if sent.topic == "deadletter":
                self.letters.append(sent)
                continue
            self.heads.append(dict(sent.headers))
            event = orjson.loads(sent.value)
            if not event["type"].endswith(".correction.v1"):
                assert event["id"] not in self.bodies, "a fact was sent twice"
                self.bodies[event["id"]] = self.stands[event["id"]] = event["data"]
            elif sent.topic == "outcomes":
                self._correct(event)

    def _correct(self, event: Mapping[str, Any]) -> None:
        data = event["data"]
        key, reinstates = data["corrects"], data["reinstates"]
        assert key in self.bodies, "a correction of a fact that was never sent"
        assert (key in self.stands) is not reinstates, "a correction that changes nothing"
        self.corrections.append(data)
        if reinstates:
            self.stands[key] = data["fact"]
        else:
            del self.stands[key]

    def reasons(self) -> list[str]:
        """Why the dead letters were refused."""
        return [dict(letter.headers)["reason"].decode() for letter in self.letters]


class Bench:
    """A partition over a store in memory, and its reader."""

    def __init__(self, promises: PolicyBook, limits: Limits = PATIENT) -> None:
        self.book, self.limits = promises, limits
        self.store, self.reader = MemoryStore(), Reader()
        self.offset = 0
        self.units: list[Unit] = []
        self.rebuild()

    def rebuild(self) -> None:
        """As after a crash: nothing is left but the store."""
        self.partition = Partition(0, 1, self.store, self.book, self.limits)

    def publish(self, promises: PolicyBook) -> None:
        self.book = self.partition.book = promises

    def deliver(self, *records: TicketEvent | ServiceEvent, time: int | None = None, caught_up: bool = True) -> Unit:
        """One batch (of tickets or of services), arriving at its newest instant; facts leave if partition time is given."""
        topic = UPTIME if records and isinstance(records[0], ServiceEvent) else TOPIC
        pairs = (
            (one.subject.encode(), encode_service(one) if isinstance(one, ServiceEvent) else encode_ticket(one))
            for one in records
        )
        stamp = max((one.at for one in records), default=None)
        return self.deliver_raw(*pairs, time=time, caught_up=caught_up, stamp=stamp, topic=topic)

    def deliver_raw(
        self,
        *pairs: tuple[bytes | None, bytes | None],
        time: int | None = None,
        caught_up: bool = True,
        stamp: int | None = None,
        topic: str = TOPIC,
    ) -> Unit:
        stamp = at("2030-01-01") if stamp is None else stamp
        batch = [Delivered(self.offset + n, stamp, key, value) for n, (key, value) in enumerate(pairs)]
        self.offset += len(batch)
        return self._take(self.partition.on_batch(topic, batch, time or stamp, time, caught_up))

    def tick(self, when: str | int) -> Unit:
        """Partition time has passed the instant; every unit that takes."""
        time = at(when) if isinstance(when, str) else when
        while (unit := self._take(self.partition.on_tick(time, time))).more:
            pass
        return unit

    def ticket(self, subject: str = TICKET) -> Ticket:
        value = self.store.get(TICKET_ROWS.head_key(subject))
        assert value is not None
        ticket = decode_head(value)
        ticket.past = [decode_clock(clock) for _, clock in self.store.scan(TICKET_ROWS.clocks(subject))]
        return ticket

    def service(self, subject: str) -> Service:
        value = self.store.get(SERVICE_ROWS.head_key(subject))
        assert value is not None
        service = decode_service_head(value)
        service.past = [decode_clock(clock) for _, clock in self.store.scan(SERVICE_ROWS.clocks(subject))]
        return service

    def _take(self, unit: Unit) -> Unit:
        self.store.apply(unit)
        self.reader.hear(unit.outgoing)
        self.units.append(unit)
        return unit


def limits(**changed: int) -> Limits:
    return replace(PATIENT, **changed)
