"""A look at one ticket in a store: every clock with its explanation, as plain JSON values (semantics 7)."""

from typing import Any

from slamon.engine.codec import clock_prefix, fact_prefix, head_key
from slamon.engine.state import decode_clock, decode_head, decode_telling
from slamon.engine.unit import Store
from slamon.sla.coverage import Rules
from slamon.sla.explain import describe, instant
from slamon.sla.fold import Fold


def look(store: Store, rules: Rules, subject: str, at: int) -> dict[str, Any] | None:
    """The ticket as it stands at the instant, or None if nothing of it is known; the store is only read."""
    value = store.get(head_key(subject))
    if value is None:
        return None
    ticket = decode_head(value)
    ticket.past = [decode_clock(clock) for _, clock in store.scan(clock_prefix(subject))]
    fold = Fold(rules, ticket)
    clocks = sorted((*ticket.past, *ticket.clocks), key=lambda clock: (clock.slot, clock.objective, clock.start))
    tellings = [decode_telling(telling) for _, telling in store.scan(fact_prefix(subject))]
    return {
        "ticket": subject,
        "at": instant(at),
        "created_at": instant(ticket.created_at),
        "fields": dict(ticket.fields),
        "clocks": [describe(clock, *fold.terms(clock), subject, ticket.fields, at) for clock in clocks],
        "corrected": [
            {"fact": t.id, "what": t.what, "time": instant(t.instant), "corrections": t.count, "stands": t.holds}
            for t in tellings
            if t.count
        ],
        "waiting": [{"fact": t.id, "what": t.what, "time": instant(t.instant)} for t in tellings if not t.settled],
    }


def deadlines(head: bytes, before: int) -> list[tuple[int, str, str]]:
    """(due_at, policy, objective) of the head's open clocks that are due before the instant and not breached."""
    return [
        (clock.due_at, clock.policy, clock.objective)
        for clock in decode_head(head).clocks
        if clock.open and clock.breached_at is None and clock.due_at is not None and clock.due_at < before
    ]
