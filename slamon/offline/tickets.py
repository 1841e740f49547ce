"""Tickets all of whose records are known beforehand: each is folded once, and each of its facts told once. Knows no bytes of state."""

from collections.abc import Iterable, Iterator

from slamon.engine.desk import id_reused
from slamon.engine.render import fact_value
from slamon.engine.state import encode_record
from slamon.offline.left import Left
from slamon.sla.coverage import Rules
from slamon.sla.events import Fact, TicketEvent
from slamon.sla.fold import refold
from slamon.sla.step import Step
from slamon.sla.ticket import Ticket


class Tickets:
    """Takes records in the order in which they were found, and folds every ticket at the end."""

    def __init__(self, rules: Rules, source: str) -> None:
        self.rules, self._source = rules, source
        self._records: dict[str, dict[str, TicketEvent]] = {}  # by ticket and id
        self.folded: list[Ticket] = []

    def take(self, event: TicketEvent) -> None:
        """Keep the record unless it is there already; raises InvalidRecord where its id was that of another one (semantics 4.2)."""
        known = self._records.get(event.ticket)
        if known is None:
            self._records[event.ticket] = {event.id: event}
            return
        first = known.setdefault(event.id, event)
        if first is not event and encode_record(first) != encode_record(event):
            raise id_reused("ticket", event)

    def fold(self, before: int) -> Iterator[Left]:
        """Every fact from before the instant; those of one ticket, instant and kind in the order they leave in.

        The records are forgotten, the tickets stand in `folded`, in the order of their ids.
        """
        # In the order of the store's keys, which are bytes.
        for subject in sorted(self._records, key=str.encode):
            ticket, facts = told(self.rules, subject, self._records.pop(subject).values(), before)
            self.folded.append(ticket)
            for fact in facts:
                yield self._left(ticket, fact)

    def _left(self, ticket: Ticket, fact: Fact) -> Left:
        value = bytes(memoryview(fact_value("ticket", self._source, fact)))
        return Left(fact.at, "ticket", ticket.subject, fact.what.value, value)


def told(rules: Rules, subject: str, records: Iterable[TicketEvent], before: int) -> tuple[Ticket, list[Fact]]:
    """The ticket at the instant, its past in the order of the store, and its facts but those of drafts.

    What time alone brings leaves first, in its order; what records brought has waited, and leaves by its id.
    """
    fold = refold(rules, subject, records, -1)
    waiting, fold.step = fold.step.added, Step()
    fold.time(before)
    for gone in fold.step.withdrawn:
        waiting.pop(gone.id, None)
    brought = fold.step.added
    facts = [*brought.values(), *(waiting[key] for key in sorted(waiting) if key not in brought)]
    ticket = fold.ticket
    ticket.past = list({clock.id: clock for clock in sorted(ticket.past, key=lambda clock: clock.id)}.values())
    return ticket, [fact for fact in facts if not fact.draft]
