"""Where a service's clocks begin and end beside their periods: policies, versions, agreements, fields (semantics 3.9, 3.12, 5.3)."""

from typing import TYPE_CHECKING

from slamon.sla.accounts import Account, Outage
from slamon.sla.clock import Clock, clock_id, digest
from slamon.sla.counting import next_change
from slamon.sla.coverage import Promise, effective
from slamon.sla.history import History
from slamon.sla.period import bounds
from slamon.sla.policy import Objective, ObjectiveKind, Policy, Target
from slamon.sla.uptime_terms import Period

if TYPE_CHECKING:
    from slamon.sla.service_fold import ServiceFold


def start(fold: "ServiceFold", at: int, *, first: bool = False) -> None:
    """Begin the clocks that are promised and do not run; `first`: from the start of the period that holds the instant."""
    service, rules = fold.service, fold.rules
    if service.gone is not None:
        return
    running = {(c.slot, c.objective) for c in service.clocks if c.open and not _over(fold, c, at)}
    fields = service.promised_fields()
    for key, promise in rules.services(rules.version_at(at)).of(fields, at).items():
        if key not in running:
            _begin(fold, promise, at, first=first)


def follow(fold: "ServiceFold", at: int) -> None:
    """Give every open clock the promise that the service's fields select now; a breached one keeps what it has."""
    fields = fold.service.promised_fields()
    for clock in [clock for clock in fold.service.clocks if clock.open]:
        policy = fold.terms(clock)[0]
        promise = fold.rules.services(clock.version).of(fields, at).get((clock.slot, clock.objective))
        if _closed(fold, clock):
            continue
        if not effective(policy, at):
            _cancel(fold, clock, at, "agreement_ended")
        elif promise is None or promise.policy.name != clock.policy:
            _cancel(fold, clock, at, "not_covered")
        elif clock.breached_at is None:
            _aim(clock, promise, at)


def move_over(fold: "ServiceFold", at: int) -> None:
    """An edge of the rules: a version that takes open clocks over; a rolling window, which never ends, follows any."""
    rules = fold.rules
    if not any(activation.at == at for activation in rules.book.activations[1:]):
        return
    to_open = any(activation.at == at and activation.to_open for activation in rules.book.activations[1:])
    version = rules.version_at(at)
    promises = rules.services(version).of(fold.service.promised_fields(), at)
    for account in list(fold.service.accounts):
        if account.closed or not (to_open or account.end is None):
            continue
        for clock in fold.clocks(account):
            promise = promises.get((clock.slot, clock.objective))
            if promise is None or not _same(fold, clock, promise):
                if clock.breached_at is None:
                    _cancel(fold, clock, at, "not_covered")
                continue
            if account.version != version:
                _recast(fold, account, promise, at)
            if clock.breached_at is None:
                clock.version, clock.terms = version, None
                _aim(clock, promise, at)


def drop(fold: "ServiceFold", at: int, reason: str) -> None:
    """Cancel everything but what is over: the service is gone."""
    for clock in [clock for clock in fold.service.clocks if clock.open and not _closed(fold, clock)]:
        _cancel(fold, clock, at, reason)


def number_of(objective: Objective, target: Target) -> int:
    """The target as the one number its kind counts in."""
    match objective.kind:
        case ObjectiveKind.AVAILABILITY:
            assert target.down_ppb is not None
            return target.down_ppb
        case ObjectiveKind.OUTAGES:
            assert target.count is not None
            return target.count
    assert target.span_ms is not None
    return target.span_ms


def _same(fold: "ServiceFold", clock: Clock, promise: Promise) -> bool:
    return promise.policy.name == clock.policy and promise.objective.period == fold.terms(clock)[1].period


def _aim(clock: Clock, promise: Promise, at: int) -> None:
    number = number_of(promise.objective, promise.target)
    if number != clock.target_ms:
        clock.since = at
    clock.target_ms, clock.target_text, clock.target_from = number, promise.target.text, promise.target_from


def _cancel(fold: "ServiceFold", clock: Clock, at: int, reason: str) -> None:
    account = fold.account(clock)
    fold.cancel(clock, at, reason)
    if account is not None and not fold.clocks(account):
        fold.service.accounts.remove(account)


def _closed(fold: "ServiceFold", clock: Clock) -> bool:
    account = fold.account(clock)
    return account is not None and account.closed


def _over(fold: "ServiceFold", clock: Clock, at: int) -> bool:
    """Whether the clock's period has ended and the next one may begin; a record at that very instant comes before it."""
    account = fold.account(clock)
    if account is None or account.end is None or not account.closed:
        return False
    return account.end < at or fold.closed.get((account.slot, account.policy, account.period)) is account


def _begin(fold: "ServiceFold", promise: Promise, at: int, *, first: bool) -> None:
    period = promise.objective.period
    assert period is not None
    if period.unit is None:
        begun, ends = at, None
    else:
        promise, begun, ends = _calendar(fold, promise, at, first=first)
    start = None if ends is None else begun
    account = fold.account_of(promise.slot, promise.policy.name, period.text, start)
    if account is None:
        account = _open(fold, promise, begun, ends)
        fold.service.accounts.append(account)
        _live_through(fold, account, at)
    fold.service.clocks.append(_clock(fold, promise, begun))
    fold.turn(account, at)


def _calendar(fold: "ServiceFold", promise: Promise, at: int, *, first: bool) -> tuple[Promise, int, int]:
    """The promise of the period that holds the instant, and the period, cut at the agreement's dates."""
    period, agreement = promise.objective.period, promise.policy.agreement
    assert period is not None
    begun, ends = bounds(period, at)[0], _end_of(promise, period, at)
    if agreement is not None:
        begun = max(begun, agreement.effective_from or begun)
    if not first:
        return promise, at, ends
    pinned = _promised_at(fold, promise, begun)
    if pinned is not None:
        return pinned, begun, ends
    versions = [a.at for a in fold.rules.book.activations if begun < a.at <= at]
    return promise, max(versions, default=at), ends


def _end_of(promise: Promise, period: Period, at: int) -> int:
    """Where the period that holds the instant ends, or the agreement in it."""
    agreement, (_, ends) = promise.policy.agreement, bounds(period, at)
    return ends if agreement is None or agreement.effective_until is None else min(ends, agreement.effective_until)


def _promised_at(fold: "ServiceFold", promise: Promise, at: int) -> Promise | None:
    """The same promise as the version active at the instant makes it."""
    rules = fold.rules
    cover = rules.services(rules.version_at(at)).of(fold.service.promised_fields(), at)
    found = cover.get((promise.slot, promise.objective.name))
    same = found is not None and found.policy.name == promise.policy.name
    return found if same and found is not None and found.objective.period == promise.objective.period else None


def _open(fold: "ServiceFold", promise: Promise, begun: int, ends: int | None) -> Account:
    policy, objective = promise.policy, promise.objective
    terms, period = policy.uptime, objective.period
    assert terms is not None
    assert period is not None
    until = begun + (period.span_ms or 0) if ends is None else ends
    name = f"{policy.name}/{period.text}"
    account = Account(
        digest(promise.slot, fold.service.subject, name, begun), promise.slot, policy.name, promise.version, period.text,
        begun, ends, terms.hours.between(begun, until), begun, history=History(made=begun),
        looks_back_ms=_looks_back(policy, objective),
    )  # fmt: skip
    fold.lend_shelf(account)
    _inherit(fold, account)
    return account


def _recast(fold: "ServiceFold", account: Account, promise: Promise, at: int) -> None:
    """Go on with the account under another version: its hours, windows and agreement's end hold from the instant on."""
    before, after, period = fold.policy(account).uptime, promise.policy.uptime, promise.objective.period
    assert before is not None
    assert after is not None
    assert period is not None
    account.version = promise.version
    account.looks_back_ms = _looks_back(promise.policy, promise.objective)
    if account.end is None:
        account.service_ms = after.hours.between(account.start, account.start + (period.span_ms or 0))
        return
    account.service_ms -= before.hours.between(at, account.end)
    account.end = _end_of(promise, period, at)
    account.service_ms += after.hours.between(at, account.end)


def _looks_back(policy: Policy, objective: Objective) -> int:
    """How far the window looks back, or the burn rates of the objectives that share the account."""
    assert objective.period is not None
    burns = [
        threshold.burn.long_ms
        for other in policy.objectives
        if other.period == objective.period
        for threshold in other.thresholds
        if threshold.burn is not None
    ]
    return max([objective.period.span_ms or 0, *burns])


def _inherit(fold: "ServiceFold", account: Account) -> None:
    """Take over from the account of the period before: an outage that is going on, and what windows look back on."""
    before = fold.closed.get((account.slot, account.policy, account.period))
    if before is None or before.mark != account.start:
        return
    account.history, before.history, before.looks_back_ms = before.history, History(), 0
    if before.outage is not None:
        waiting = [] if before.outage.counted else before.outage.pieces
        account.outage = Outage(before.outage.start, before.outage.reason, pieces=list(waiting))
        account.count = before.count


def _live_through(fold: "ServiceFold", account: Account, at: int) -> None:
    """Account the time between the period's start and the instant, in which nothing was known of the service."""
    policy = fold.policy(account)
    fold.recount(account, account.mark)
    while account.mark < at:
        change = next_change(fold.service, account, policy, fold.windows(account))
        edge = fold.rules.next_edge(account.mark)  # windows of the version in force at each instant count
        to = min(at if change is None else change, at if edge is None else edge, at)
        fold.advance(account, to)
        if to == edge:
            fold.plan_again(account)
        fold.recount(account, to)


def _clock(fold: "ServiceFold", promise: Promise, begun: int) -> Clock:
    service, key = fold.service, (promise.slot, promise.objective.name)
    service.cycles[key] = service.cycles.get(key, 0) + 1
    return Clock(
        clock_id(promise.slot, service.subject, promise.objective.name, begun), promise.slot, promise.objective.name,
        promise.policy.name, promise.version, begun, service.cycles[key], number_of(promise.objective, promise.target),
        promise.target.text, promise.target_from, begun,
    )  # fmt: skip
