"""What a vanished row or a tombstone means: its ticket is deleted (semantics 3.2). Knows no envelope."""

from typing import Any

from slamon.sla import canonical, instants
from slamon.sla.events import Kind, TicketEvent
from slamon.sources.source import Headers, Source


def of_row(source: Source, row: Any, headers: Headers, deleted_ms: int) -> list[TicketEvent]:
    """The deletions of the tickets that the last known form of the row speaks of."""
    named = {event.ticket: event.source for event in source.map(row, headers, deleted_ms)}
    return [of_ticket(ticket, deleted_ms, name) for ticket, name in named.items()]


def of_ticket(ticket: str, deleted_ms: int, source: str = "canonical") -> TicketEvent:
    """The deletion of the ticket; the id follows from the instant, so that a repeat changes nothing."""
    record_id = f"deleted:{instants.render(deleted_ms)}"
    return canonical.event(ticket, deleted_ms, Kind.DELETED, record_id=record_id, source=source)
