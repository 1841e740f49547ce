"""The one way a service changes: records and time, applied in their order, the same stairs as a ticket's (semantics 5).

Time-driven changes come one instant after the other: first what the service counts as and the end of periods, then
edges of the rules, then the clocks' thresholds and breaches of that instant, each stamped with it.
"""

from collections.abc import Iterable

from slamon.sla import covering
from slamon.sla.accounts import Account
from slamon.sla.budget import WHOLE
from slamon.sla.clock import Clock
from slamon.sla.counting import count_at, next_change
from slamon.sla.coverage import Rules
from slamon.sla.events import ServiceEvent, What
from slamon.sla.history import Kind
from slamon.sla.judging import Judge, Timer, Turn, overdue
from slamon.sla.policy import ObjectiveKind, Threshold
from slamon.sla.rolling import LOOK_AHEAD_MS
from slamon.sla.service import Service, note
from slamon.sla.service_clocks import ServiceClocks
from slamon.sla.service_explain import state


class ServiceFold(ServiceClocks):
    """Applies records and time to one service; what that asserts and takes back gathers in `step`."""

    # -- the two entrances -------------------------------------------------------------------------------------

    def record(self, record: ServiceEvent) -> None:
        """Apply the next record: everything due before it first, then the record (semantics 2.5)."""
        service, at = self.service, record.at
        if service.last is None:
            service.considered = at
        self._pass(at)
        for account in service.accounts:
            self.advance(account, at)
        first, again = service.first is None, service.gone is not None
        note(service, record)
        if record.fields or record.announced is not None:
            self._plans.clear()
            self.calm.clear()
        if record.deleted:
            covering.drop(self, at, "deleted")
        elif first or again or record.fields:
            covering.follow(self, at)
            covering.start(self, at, first=first)
        for account in service.accounts:
            account.wake = at  # what the instant counts as is known with the last of its records

    def time(self, before: int) -> None:
        """Let everything happen that time alone brings before the instant."""
        self._pass(before)
        self.service.ticked = max(self.service.ticked, before)

    def next_instant(self) -> int | None:
        """The next instant at which time alone changes the service."""
        service = self.service
        instants = [account.wake for account in service.accounts if account.wake is not None]
        edge = self.rules.next_edge(service.considered)
        if edge is not None and service.first is not None:
            instants.append(edge)
        return min(instants, default=None)

    # -- time --------------------------------------------------------------------------------------------------

    def _pass(self, before: int) -> None:
        while (at := self.next_instant()) is not None and at < before:
            self.service.fired = max(self.service.fired, at)
            edge, ended = self.rules.next_edge(self.service.considered) == at, False
            for account in list(self.service.accounts):
                if account.wake is not None and account.wake <= at:
                    ended |= self._wake(account, at, fires=not edge)
            if edge:
                self._edge(at)
            elif ended:
                covering.start(self, at)

    def _wake(self, account: Account, at: int, *, fires: bool) -> bool:
        """Let happen to the account what time brings at the instant; whether a period or cycle ended with it.

        `fires` not: the rules change at the instant, and its timers wait for what they say then.
        """
        self.advance(account, at)
        if account.closed:
            self.recount(account, at)  # a record may have ended the outage that it waits for
            self._close(account, at)
            return account.end == at
        clocks = self.clocks(account)
        for clock in clocks if account.outage is not None else ():
            self._break(account, clock, at)  # by an outage that is just long enough, also if it ends right now
        changes = self.recount(account, at)
        if not changes and account.id in self.calm:
            account.wake = self._woken(account, at)
            return False
        if not changes and fires:
            for clock in clocks:
                self._fire(account, clock, at)
        self.turn(account, at)
        return not all(clock.open for clock in clocks)

    def _edge(self, at: int) -> None:
        service = self.service
        service.considered = at
        self._plans.clear()
        self.calm.clear()
        for account in service.accounts:
            self.advance(account, at)
        covering.move_over(self, at)
        covering.follow(self, at)
        covering.start(self, at)
        for account in list(service.accounts):
            self.turn(account, at)

    def _close(self, account: Account, at: int) -> None:
        """End the period, unless an outage that is going on may still come to count in it."""
        self.closed[account.slot, account.policy, account.period] = account
        if self._pending(account) is not None:
            account.wake = self._awaited(account, at)
            return
        clocks = self.clocks(account)
        for clock in clocks:
            self._break(account, clock, at)
            self.stop(clock, at, "period")
        state(self, account, clocks, at)
        self.service.accounts.remove(account)

    def _awaited(self, account: Account, at: int) -> int | None:
        """When to look again at a period that is over and waits for an outage: when it counts, or what may end it before."""
        counts = self._pending(account)
        if counts is None:
            return None
        change = next_change(self.service, account, self.policy(account), self.windows(account), after=at)
        return counts if change is None else min(counts, change)

    def _pending(self, account: Account) -> int | None:
        """When an outage that still may come to count in the period that is over does."""
        policy, terms = self.policy(account), self.policy(account).uptime
        assert terms is not None
        if account.outage is None or not account.pending(terms.min_outage_ms):
            return None
        if policy.agreement is not None and policy.agreement.effective_until == account.end:
            return None  # what comes after the agreement makes no outage of it longer
        return account.outage.start + terms.min_outage_ms

    def _counts_at(self, account: Account) -> int | None:
        """When an outage that is going on has lasted long enough to count, if that lies ahead."""
        terms, outage = self.policy(account).uptime, account.outage
        assert terms is not None
        at = None if outage is None or outage.counted else outage.start + terms.min_outage_ms
        return at if at is not None and at > account.mark else None

    # -- what counts, and what follows from it -------------------------------------------------------------------

    def turn(self, account: Account, at: int) -> None:
        """Judge the account, which stands at the instant, and set when to look at it next."""
        if account not in self.service.accounts:
            return
        self.recount(account, at)
        for clock in self.clocks(account):
            self._break(account, clock, at)
        if account.closed:
            over = account.end is not None and account.end < at
            account.wake = (self._awaited(account, at) if over else None) or at
            return
        wakes = [timer.at for clock in self.clocks(account) for timer in self._aim(account, clock, at)]
        self.calm.discard(account.id)
        if not wakes and self._at_rest(account):
            self.calm.add(account.id)
        elif account.looks_back_ms:
            wakes.append(account.mark + min(account.looks_back_ms, LOOK_AHEAD_MS))
        account.wake = self._woken(account, at, *wakes)

    def _woken(self, account: Account, at: int, *timers: int) -> int | None:
        """When to look at the account next, timers or not."""
        change = next_change(self.service, account, self.policy(account), self.windows(account))
        wakes = (*timers, change, self._counts_at(account))
        return min((max(wake, at) for wake in wakes if wake is not None), default=None)

    def _at_rest(self, account: Account) -> bool:
        """Whether no clock of the account has anything to wait for while time goes on to count as it does."""
        terms = self.policy(account).uptime
        assert terms is not None
        return (
            account.end is not None  # of an endless one not every window is known
            and account.count.kind in (Kind.GOOD, Kind.UNKNOWN)
            and not account.count.maintenance
            and not self.windows(account)
            and terms.hours.always
            and not any(clock.raised for clock in self.clocks(account))
        )

    def _aim(self, account: Account, clock: Clock, at: int) -> list[Timer]:
        """The clock's timers from here on; what it warned of and does not hold any more is cleared."""
        judge = self._judge(account, clock)
        due_at = judge.due_at()
        if clock.breached_at is None:
            clock.due_at = due_at
            for threshold in judge.outlived(due_at):
                self.clear(clock, threshold, at, "recovered")
        return list(judge.timers(due_at))

    def _fire(self, account: Account, clock: Clock, at: int) -> None:
        """Do what the clock's timers say of the instant."""
        judge = self._judge(account, clock)
        for timer in sorted(judge.timers(judge.due_at()), key=_turn_order):
            if timer.at > at or not clock.open:
                continue
            match timer.turn:
                case Turn.BREACH:
                    self.breach(clock, at)
                case Turn.RECOVER:
                    self._recover(account, clock, at)
                case Turn.RAISE if timer.threshold is not None:
                    self._warn(clock, timer.threshold, at)
                case Turn.CLEAR if timer.threshold is not None:
                    self.clear(clock, timer.threshold, at, "recovered")

    def _warn(self, clock: Clock, threshold: Threshold, at: int) -> None:
        clock.raised[threshold.name] = at
        self.tell(clock, What.WARNING, at, threshold)

    def _recover(self, account: Account, clock: Clock, at: int) -> None:
        """End a cycle of a rolling window: its budget holds again."""
        self.stop(clock, at, "recovered")
        if not self.clocks(account):
            self.closed[account.slot, account.policy, account.period] = account
            self.service.accounts.remove(account)

    def _break(self, account: Account, clock: Clock, at: int) -> None:
        judge = self._judge(account, clock)
        if clock.breached_at is not None or not judge.broken():
            return
        overtaken = judge.overtaken()
        ends = count_at(self.service, account, self.policy(account), self.windows(account), at).kind is not Kind.BAD
        if ends:
            for threshold in judge.imminent():
                self.clear(clock, threshold, at, "recovered")
            if judge.objective.kind is ObjectiveKind.LONGEST_OUTAGE:  # its shares are of the outage that goes on
                overtaken = [threshold for threshold in overtaken if threshold.percent is None]
        for threshold in (one for one in overtaken if not overdue(one)):
            self._warn(clock, threshold, at)
        self.breach(clock, at)
        for threshold in (one for one in overtaken if overdue(one)):
            self._warn(clock, threshold, at)

    def _judge(self, account: Account, clock: Clock) -> Judge:
        return Judge(account, clock, *self.terms(clock), self.windows(account))


def _turn_order(timer: Timer) -> tuple[int, bool, int]:
    """Within one instant warnings in the order of their percentage, then the breach, then what comes after it."""
    percent = timer.threshold.percent if timer.threshold is not None and timer.threshold.percent is not None else 0
    return timer.at, timer.turn is Turn.BREACH or percent > WHOLE, percent


def refold_service(rules: Rules, subject: str, records: Iterable[ServiceEvent], ticked: int) -> ServiceFold:
    """The service worked out again from all its records, with time passed as far as ticks had let it."""
    fold = ServiceFold(rules, Service(subject))
    for record in sorted(records, key=lambda record: record.order):
        fold.record(record)
    if ticked >= 0:
        fold.time(ticked)
    return fold
