"""A look at one ticket in a store: every clock with its explanation, as plain JSON values (semantics 7)."""

from collections.abc import Sequence
from typing import Any

from slamon.engine.codec import clock_prefix, fact_prefix, head_key
from slamon.engine.state import decode_clock, decode_head, decode_telling
from slamon.engine.unit import Store
from slamon.sla.clock import Clock
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
        "clocks": [_told(fold, clock, clocks, at) for clock in clocks],
        "corrected": [
            {"fact": t.id, "what": t.what, "time": instant(t.instant), "corrections": t.count, "stands": t.holds}
            for t in tellings
            if t.count
        ],
        "waiting": [{"fact": t.id, "what": t.what, "time": instant(t.instant)} for t in tellings if not t.settled],
    }


def _told(fold: Fold, clock: Clock, clocks: Sequence[Clock], at: int) -> dict[str, Any]:
    """One clock, and what endangers it: the OLAs and UCs behind its policy that have warned or are broken (semantics 3.10)."""
    told = describe(clock, *fold.terms(clock), fold.ticket.subject, fold.ticket.fields, at)
    behind = (one for one in clocks if fold.terms(one)[0].supports == clock.policy)
    risks = [_risk(one) for one in behind if one.open and (one.breached_at is not None or one.raised)]
    return {**told, "risks": risks} if clock.open and risks else told


def _risk(clock: Clock) -> dict[str, Any]:
    return {
        "policy": clock.policy,
        "objective": clock.objective,
        "stage": clock.stage.value,
        "due_at": instant(clock.due_at),
        "breached_at": instant(clock.breached_at),
    }


def deadlines(head: bytes, before: int) -> list[tuple[int, str, str]]:
    """(due_at, policy, objective) of the head's open clocks that are due before the instant and not breached."""
    return [
        (clock.due_at, clock.policy, clock.objective)
        for clock in decode_head(head).clocks
        if clock.open and clock.breached_at is None and clock.due_at is not None and clock.due_at < before
    ]
