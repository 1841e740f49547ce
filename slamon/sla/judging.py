"""When time alone changes a service's clock: thresholds, breach, recovery; and what no longer holds (semantics 5.7, 5.8)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from slamon.sla import budget
from slamon.sla.accounts import Account
from slamon.sla.ahead import before
from slamon.sla.clock import Clock
from slamon.sla.enums import Word, plain
from slamon.sla.history import Kind
from slamon.sla.maintenance import Window
from slamon.sla.policy import Objective, ObjectiveKind, Policy, Threshold
from slamon.sla.rolling import Burning, Rolling
from slamon.sla.uptime_terms import UptimeTerms


@plain
class Turn(Word):
    """What a timer does."""

    RAISE = "raise"
    BREACH = "breach"
    CLEAR = "clear"
    RECOVER = "recover"


class Timer(NamedTuple):
    at: int
    turn: Turn
    threshold: Threshold | None = None


class Judge:
    """One clock of a service over its account, as things stand at the account's mark."""

    def __init__(
        self, account: Account, clock: Clock, policy: Policy, objective: Objective, windows: Sequence[Window]
    ) -> None:
        assert policy.uptime is not None
        self.account, self.clock, self.windows = account, clock, windows
        self.policy, self.objective = policy, objective
        self.terms: UptimeTerms = policy.uptime
        rolls = account.end is None
        self.rolling = Rolling(account, clock, objective, policy, windows) if rolls else None

    def due_at(self) -> int | None:
        """The instant at which the promise breaks if the service stays as it is."""
        if self.rolling is not None:
            return self.rolling.due_at()
        return budget.reached_at(self.account, self.clock, self.objective, self.terms, self.windows, None)

    def broken(self) -> bool:
        """Whether the promise is broken by what has counted so far."""
        if self.rolling is not None:
            return False  # its timers say so to the millisecond
        served = budget.served_ms(self.account, self.terms, self.windows)
        return budget.broken(self.account, self.clock, self.objective, served)

    def outlived(self, due_at: int | None) -> list[Threshold]:
        """The warnings that the state of the service no longer supports; those of sliding windows have timers."""
        found = []
        for threshold in self._raised():
            if threshold.burn is not None:
                continue
            if _imminence(threshold):
                at = self._imminent_at(threshold, due_at)
                outlived = at is None or at > self.account.mark
            else:
                outlived = self.rolling is None and not self._stands(threshold)
            if outlived:
                found.append(threshold)
        return found

    def timers(self, due_at: int | None) -> Iterator[Timer]:
        """Everything that time alone does to the clock if the service stays as it is."""
        if self.clock.breached_at is None and due_at is not None and not self._too_late(due_at):
            yield Timer(due_at, Turn.BREACH)
        yield from self._raises(due_at)
        if self.clock.breached_at is None:
            yield from self._clears()
        elif self.rolling is not None:
            at = self.rolling.recovers_at()
            if at is not None:
                yield Timer(at, Turn.RECOVER)

    def _raises(self, due_at: int | None) -> Iterator[Timer]:
        for threshold in self.objective.thresholds:
            if threshold.name in self.clock.raised or (self.clock.breached_at is not None and not overdue(threshold)):
                continue
            at = self._reached_at(threshold, due_at)
            if at is not None and not self._too_late(at):
                yield Timer(at, Turn.RAISE, threshold)

    def _clears(self) -> Iterator[Timer]:
        for threshold in self._raised():
            at = None
            if threshold.burn is not None:
                at = self._burning(threshold).ends_at()
            elif self.rolling is not None and threshold.percent is not None:
                at = self.rolling.below_at(threshold.percent)
            if at is not None and not self._too_late(at):
                yield Timer(at, Turn.CLEAR, threshold)

    def _reached_at(self, threshold: Threshold, due_at: int | None) -> int | None:
        if threshold.burn is not None:
            return self._burning(threshold).begins_at() if self.clock.target_ms else None
        if _imminence(threshold):
            return self._imminent_at(threshold, due_at)
        if self.rolling is not None:
            return self.rolling.reached_at(threshold)
        return budget.reached_at(self.account, self.clock, self.objective, self.terms, self.windows, threshold)

    def _stands(self, threshold: Threshold) -> bool:
        """Whether the share is still used; a mean is not brought down by an outage that only begins."""
        served = budget.served_ms(self.account, self.terms, self.windows)
        gauges = [
            budget.gauge(self.account, self.clock, self.objective, served, pending=pending) for pending in (False, True)
        ]
        if self.objective.kind is ObjectiveKind.MTTR:
            ended = self.account.repairs * self.clock.target_ms
            gauges.append(budget.Gauge(self.account.repaired_ms, ended))
        return any(budget.holds(threshold, gauge) for gauge in gauges)

    def _imminent_at(self, threshold: Threshold, due_at: int | None) -> int | None:
        """So much service time before the promise breaks if the service stays down, but not before it went down."""
        if due_at is None or self._too_late(due_at) or self.account.count.kind is not Kind.BAD:
            return None
        assert threshold.offset_ms is not None
        return before(self.account, self.terms, self.windows, due_at, -threshold.offset_ms)

    def imminent(self) -> list[Threshold]:
        """The warnings of a breach to come that stand."""
        return [threshold for threshold in self._raised() if _imminence(threshold)]

    def overtaken(self) -> list[Threshold]:
        """The thresholds that are reached and were not warned of, in their order: what counts at once may overtake them."""
        served = budget.served_ms(self.account, self.terms, self.windows)
        now = budget.gauge(self.account, self.clock, self.objective, served, pending=False)
        found = [one for one in self.objective.thresholds if one.name not in self.clock.raised and not _imminence(one)]
        return [
            threshold
            for threshold in sorted(found, key=lambda one: one.percent or 0)
            if (self._burns(threshold) if threshold.burn is not None else budget.holds(threshold, now))
        ]

    def _burns(self, threshold: Threshold) -> bool:
        at = self._reached_at(threshold, None)
        return at is not None and at <= self.account.mark

    def _too_late(self, at: int) -> bool:
        """Whether the period, or the agreement, is over by then: what is used up exactly at its end has lasted."""
        if self.account.closed:
            return False
        agreement, end = self.policy.agreement, self.account.end
        if end is None and agreement is not None:
            end = agreement.effective_until
        return end is not None and at >= end

    def _raised(self) -> list[Threshold]:
        by_name = {threshold.name: threshold for threshold in self.objective.thresholds}
        return [by_name[name] for name in self.clock.raised if name in by_name]

    def _burning(self, threshold: Threshold) -> Burning:
        assert threshold.burn is not None
        assert self.objective.period is not None
        return Burning(self.account, self.clock, threshold.burn, self.policy, self.objective.period, self.windows)


def _imminence(threshold: Threshold) -> bool:
    return threshold.offset_ms is not None and threshold.offset_ms < 0


def overdue(threshold: Threshold) -> bool:
    """Whether it speaks of the time after the breach."""
    if threshold.percent is not None:
        return threshold.percent > budget.WHOLE
    return threshold.offset_ms is not None and threshold.offset_ms > 0
