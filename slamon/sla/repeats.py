"""Records that repeat what stands: most of what trackers send. Between two turns of the rules they change no clock.

Promises that look at nothing but fields (`Rules.mark`) were judged with the record before; only time goes on. So such a
record moves the ticket's place in the order and nothing else, and its clocks need not even be at hand.
"""

from typing import TYPE_CHECKING

from slamon.sla.clock import KEPT_NAME, KEPT_NAMES
from slamon.sla.conditions import Fields
from slamon.sla.coverage import Rules
from slamon.sla.events import Kind, Order, TicketEvent, Value
from slamon.sla.frame import name_of
from slamon.sla.ticket import is_resolved

if TYPE_CHECKING:
    from slamon.sla.fold import Fold


def repeats(
    rules: Rules,
    record: TicketEvent,
    under: str | None,
    last: Order,
    source: str,
    created_at: int | None,
    fields: Fields,
) -> bool:
    """Whether the record tells a ticket that stands so only what it knows, and the rules are those of its last record."""
    return (
        under is not None
        and under == rules.mark
        and _tells_fields(record, created_at)
        and record.source == source
        and all(_stands(fields, name, value) for name, value in record.fields.items())
        and not rules.turn(last[0], record.at)
    )


def is_calm(fold: "Fold") -> bool:
    """Whether no clock is open that a repeating record could end, or account to other names than those at hand."""
    ticket, known = fold.ticket, None
    status, group = name_of(ticket.fields, "status"), name_of(ticket.fields, "group")
    for clock in ticket.clocks:
        if not clock.open:
            continue
        policy = fold.terms(clock)[0]
        if policy is not known and is_resolved(ticket, policy):
            return False
        if len(clock.by_status) >= KEPT_NAMES or len(clock.by_group) >= KEPT_NAMES:
            return False
        known = policy
    return len(status) <= KEPT_NAME and len(group) <= KEPT_NAME and status.casefold() != "acknowledged"


def _tells_fields(record: TicketEvent, created_at: int | None) -> bool:
    kind = record.kind
    if kind is Kind.SNAPSHOT:
        return created_at is not None or record.created_at is None
    return kind is Kind.UPDATED


def _stands(fields: Fields, name: str, value: Value) -> bool:
    """Whether the field holds just this value; not every number that is equal is written as the same text."""
    held = fields.get(name)
    if type(value) is str:
        return type(held) is str and held == value
    return type(held) is type(value) and type(value) is not float and held == value
