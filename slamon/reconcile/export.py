"""An export of a source's tickets as the canonical records that intake would make of it, by ticket."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from slamon.offline.files import Bad, Row
from slamon.offline.intake import Intake
from slamon.sla.events import TicketEvent
from slamon.sla.instants import render

FROM_THE_FUTURE = "from_the_future"
NO_TICKET = "no_ticket"


@dataclass(slots=True)
class Export:
    """`told` in the order of semantics 3.4; `newest` is the latest instant that any row tells."""

    told: dict[str, list[TicketEvent]] = field(default_factory=dict)
    bad: list[Bad] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)
    newest: int | None = None
    rows: int = 0


def read(rows: Iterable[tuple[Row | Bad, Intake]], now: int, max_future_ms: int) -> Export:
    """Everything the rows say of tickets up to now; what can not be understood, or lies ahead, is bad."""
    export = Export()
    for row, intake in rows:
        export.rows += 1
        if isinstance(row, Bad):
            export.bad.append(row)
            continue
        taken = intake.take(row)
        if taken.bad is not None:
            export.bad.append(taken.bad)
        for record in taken.records:
            _take(export, row.place, record.event(), now + max_future_ms)
    for events in export.told.values():
        events.sort(key=lambda event: event.order)
    return export


def _take(export: Export, place: str, event: object, latest: int) -> None:
    if not isinstance(event, TicketEvent):
        export.bad.append(Bad(place, NO_TICKET, "row: expected a ticket, got a service: they have no clocks to close"))
    elif event.at > latest:
        message = f"at: expected an instant that has come, got {render(event.at)}"
        export.bad.append(Bad(place, FROM_THE_FUTURE, message))
    else:
        export.told.setdefault(event.ticket, []).append(event)
        export.sources.add(event.source)
        export.newest = event.at if export.newest is None else max(export.newest, event.at)
