"""What is known of one service, independent of any policy: its monitors' words, announcements, fields; and its clocks."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from slamon.sla.accounts import Account
from slamon.sla.clock import Clock
from slamon.sla.events import Order, ServiceEvent, State, Value

KEPT_WORDS: Final = 256  # monitors of a service; the oldest one that says `up`, else the oldest, makes room
KEPT_ANNOUNCED: Final = 256
KEPT_FIELDS: Final = 128


class Word(NamedTuple):
    """What one monitor said last, and until when it holds if its record said so."""

    location: str
    customer: str | None
    state: State
    at: int
    ttl: int | None


class Notice(NamedTuple):
    """Maintenance that a record announced: `since` is when it was announced as it now stands."""

    name: str
    customer: str | None
    start: int
    end: int
    since: int


@dataclass(slots=True)
class Service:
    """The fold of a service's records so far. Instants are milliseconds; None has not happened."""

    subject: str
    fields: dict[str, Value] = field(default_factory=dict)
    first: int | None = None  # instant of the first record: before it nothing is known
    gone: str | None = None  # deleted
    words: list[Word] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    last: Order | None = None  # place of the newest record
    fired: int = -1  # time alone has changed clocks at this instant
    ticked: int = -1  # a tick has let time pass up to here
    considered: int = -1  # edges of the rules up to here are done
    source: str = ""  # of the newest record
    heard: int = 0  # when a record last arrived
    retired: int = -1  # instant at which a clock last ended
    since: int = 0  # records since its state was last kept
    cut: int = -1  # records before this instant are not kept any more
    accounts: list[Account] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    cycles: dict[tuple[str, str], int] = field(default_factory=dict)
    past: list[Clock] = field(default_factory=list)  # clocks that have ended, where they are at hand

    def promised_fields(self) -> dict[str, Value]:
        """What the conditions of policies for services look at."""
        return {**self.fields, "service": self.subject}


def note(service: Service, record: ServiceEvent) -> None:
    """Take in what the record tells."""
    if service.first is None:
        service.first = record.at
    service.last, service.source = record.order, record.source
    service.gone = "deleted" if record.deleted else None
    for name, value in record.fields.items():
        if value is None:
            service.fields.pop(name, None)
        elif name in service.fields or len(service.fields) < KEPT_FIELDS:
            service.fields[name] = value
    if record.deleted:
        service.words, service.notices = [], []
    if record.state is not None:
        service.words = _with_word(service.words, record, record.state)
    if record.announced is not None:
        service.notices = _with_notice(service.notices, record)


def _with_word(words: Iterable[Word], record: ServiceEvent, state: State) -> list[Word]:
    mine = (record.location, record.customer)
    others = [word for word in words if (word.location, word.customer) != mine]
    if len(others) >= KEPT_WORDS:
        others.remove(min(others, key=lambda word: (word.state is not State.UP, word.at)))
    return [*others, Word(record.location, record.customer, state, record.at, record.ttl)]


def _with_notice(notices: Iterable[Notice], record: ServiceEvent) -> list[Notice]:
    told = record.announced
    assert told is not None
    others = [notice for notice in notices if (notice.name, notice.customer) != (told.name, record.customer)]
    known = next((one for one in notices if one not in others), None)
    if told.end <= told.start:
        return others
    since = known.since if known is not None and (known.start, known.end) == (told.start, told.end) else record.at
    kept = sorted(others, key=lambda notice: notice.end)[-(KEPT_ANNOUNCED - 1) :]
    return [*kept, Notice(told.name, record.customer, told.start, told.end, since)]
