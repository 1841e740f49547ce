"""What the engine has to know of a kind of subject, tickets or services: its rows, its bytes, its fold."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

from slamon.engine.blocks import shelves
from slamon.engine.codec import decode_service, decode_ticket
from slamon.engine.heads import decode_head, encode_head
from slamon.engine.keys import SERVICE, TICKET, Letters
from slamon.engine.logs import ByInstant, ByRecord, Log
from slamon.engine.overlay import Overlay
from slamon.engine.service_state import (
    decode_service_head,
    decode_service_record,
    encode_service_head,
    encode_service_record,
)
from slamon.engine.state import decode_record, encode_record
from slamon.sla.coverage import Rules
from slamon.sla.events import ServiceEvent, TicketEvent
from slamon.sla.fold import Fold
from slamon.sla.service import Service
from slamon.sla.service_fold import ServiceFold
from slamon.sla.ticket import Ticket

Event = TicketEvent | ServiceEvent


State = Ticket | Service
Folding = Fold | ServiceFold


@dataclass(frozen=True, slots=True)
class Subjects:
    """One kind of subject; `checkpoint_every` so many records its state is kept, so that a late one is folded in from there."""

    name: str  # in the type of its facts
    letters: Letters
    log: Callable[[Overlay, Letters], Log]
    blank: Callable[[str], Any]
    fold: Callable[[Rules, Any, Overlay], Folding]
    decode: Callable[..., Event]
    encode_head: Callable[[Any, int | None], bytes]
    decode_head: Callable[[bytes], Any]
    encode_record: Callable[[Any], bytes]
    decode_record: Callable[[bytes], Any]
    checkpoint_every: int | None = None


def apply(fold: Folding, event: Event) -> None:
    """Let the fold of a subject take one of its records."""
    if isinstance(fold, Fold):
        fold.record(cast("TicketEvent", event))
    else:
        fold.record(cast("ServiceEvent", event))


def _ticket_fold(rules: Rules, ticket: Ticket, _: Overlay) -> Folding:
    return Fold(rules, ticket)


def _service_fold(rules: Rules, service: Service, overlay: Overlay) -> Folding:
    return ServiceFold(rules, service, shelves(overlay, service.subject))


TICKETS = Subjects(
    "ticket",
    TICKET,
    ByRecord,
    Ticket,
    _ticket_fold,
    decode_ticket,
    encode_head,
    decode_head,
    encode_record,
    decode_record,
)
SERVICES = Subjects(
    "service", SERVICE, ByInstant, Service, _service_fold, decode_service, encode_service_head, decode_service_head,
    encode_service_record, decode_service_record, checkpoint_every=64,
)  # fmt: skip
_BY_LETTER: Final = {letter: kind for kind in (TICKETS, SERVICES) for letter in (kind.letters.head, kind.letters.fact)}


def kind_of(key: bytes) -> Subjects:
    """Whose head or fact the row is."""
    return _BY_LETTER[key[:1]]
