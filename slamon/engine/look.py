"""A look at one ticket or service in a store: every clock with its explanation, as plain JSON values (semantics 7)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from slamon.engine.blocks import shelves
from slamon.engine.heads import due_of_clocks, due_of_head
from slamon.engine.keys import TICKET, Letters
from slamon.engine.state import decode_clock, decode_telling
from slamon.engine.subjects import SERVICES, TICKETS, State, kind_of
from slamon.engine.unit import Store
from slamon.sla.clock import Clock
from slamon.sla.coverage import Rules
from slamon.sla.durations import format_duration
from slamon.sla.explain import describe, instant
from slamon.sla.fold import Fold
from slamon.sla.policy import ObjectiveKind
from slamon.sla.rolling import Burning
from slamon.sla.service_explain import describe as describe_service
from slamon.sla.service_fold import ServiceFold


class Burn(NamedTuple):
    """How many times as fast as it lasts a budget is used in one window of a pair with this factor."""

    factor: str
    window: str
    speed: float


class Standing(NamedTuple):
    """An open clock of a service: what a fact would tell of it, but the explanation, and its burn rates."""

    told: dict[str, Any]
    burns: Sequence[Burn] = ()


def look(store: Store, rules: Rules, subject: str, at: int) -> dict[str, Any] | None:
    """The ticket as it stands at the instant, or None if nothing of it is known; the store is only read."""
    ticket = _state(store, TICKET, subject, TICKETS.decode_head)
    if ticket is None:
        return None
    fold = Fold(rules, ticket)
    clocks = _clocks(ticket)
    return {
        "ticket": subject,
        "at": instant(at),
        "created_at": instant(ticket.created_at),
        "fields": dict(ticket.fields),
        "clocks": [_told(fold, clock, clocks, at) for clock in clocks],
        **_tellings(store, TICKET, subject),
    }


def look_at_service(store: Store, rules: Rules, subject: str, at: int) -> dict[str, Any] | None:
    """The service as it stands at the instant (or up to where it is decided), None if nothing of it is known; only reads."""
    service = _state(store, SERVICES.letters, subject, SERVICES.decode_head)
    if service is None:
        return None
    at = max(at, service.ticked - 1, *(account.mark for account in service.accounts))
    fold = ServiceFold(rules, service, shelves(store, subject))
    fold.time(at)  # on a copy: what its last record changed is known with the next instant
    return {
        "service": subject,
        "at": instant(at),
        "first_record_at": instant(service.first),
        "fields": dict(service.fields),
        "monitors": [
            {
                "location": word.location, "customer": word.customer, "state": word.state.value, "since": instant(word.at),
                "until": None if word.ttl is None else instant(word.at + word.ttl),
            }
            for word in service.words
        ],
        "announced": [
            {"name": one.name, "from": instant(one.start), "until": instant(one.end), "announced": instant(one.since)}
            for one in service.notices
        ],
        "clocks": [describe_service(fold, clock, at) for clock in _clocks(service) if clock.objective],
        **_tellings(store, SERVICES.letters, subject),
    }  # fmt: skip


def standing(store: Store, rules: Rules, head: bytes, at: int) -> list[Standing]:
    """Every open clock of the service at the instant, if it stays as it is from where its account stands.

    Pass no instant that partition time has not proven: months between the two would all be worked out here, at once.
    """
    service = SERVICES.decode_head(head)
    at = max(at, service.ticked - 1, *(account.mark for account in service.accounts))
    fold = ServiceFold(rules, service, shelves(store, service.subject))
    fold.time(at)  # on a copy: what its last record changed is known with the next instant
    for account in service.accounts:
        fold.advance(account, at)
    return [_standing(fold, clock, at) for clock in service.clocks if clock.open]


def deadlines(key: bytes, head: bytes, before: int) -> list[tuple[int, str, str]]:
    """(due_at, policy, objective) of the head's open clocks that are due before the instant and not breached."""
    if key[:1] == TICKET.head:
        return due_of_head(head, before)
    return due_of_clocks(kind_of(key).decode_head(head).clocks, before)


def _state(store: Store, letters: Letters, subject: str, decode: Callable[[bytes], Any]) -> Any:
    value = store.get(letters.head_key(subject))
    if value is None:
        return None
    state = decode(value)
    state.past = [decode_clock(clock) for _, clock in store.scan(letters.clocks(subject))]
    return state


def _standing(fold: ServiceFold, clock: Clock, at: int) -> Standing:
    told = describe_service(fold, clock, at)
    del told["explanation"]
    return Standing(told, list(_burns(fold, clock)))


def _burns(fold: ServiceFold, clock: Clock) -> Iterator[Burn]:
    """Of the pairs that the objective warns of: for their windows the account remembers enough."""
    account, (policy, objective) = fold.account(clock), fold.terms(clock)
    if account is None or objective.period is None or objective.kind is not ObjectiveKind.AVAILABILITY:
        return
    for burn in (threshold.burn for threshold in objective.thresholds if threshold.burn is not None):
        speeds = Burning(account, clock, burn, policy, objective.period, fold.windows(account)).speeds()
        if speeds is not None:
            for span, speed in zip((burn.long_ms, burn.short_ms), speeds, strict=True):
                yield Burn(f"{burn.factor / 100:g}", format_duration(span), speed)


def _clocks(state: State) -> list[Clock]:
    return sorted((*state.past, *state.clocks), key=lambda clock: (clock.slot, clock.objective, clock.start))


def _tellings(store: Store, letters: Letters, subject: str) -> dict[str, Any]:
    tellings = [decode_telling(telling) for _, telling in store.scan(letters.facts(subject))]
    return {
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
