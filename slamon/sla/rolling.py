"""Budgets of a rolling window, and burn rates: instants at which a sliding sum crosses its line (semantics 5.2, 5.8)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from slamon.sla.accounts import Account, Count
from slamon.sla.ahead import counting
from slamon.sla.budget import BILLION, WHOLE
from slamon.sla.clock import Clock
from slamon.sla.history import Kind
from slamon.sla.instants import HOUR_MS, LATEST_MS
from slamon.sla.maintenance import Window
from slamon.sla.period import nominal_ms
from slamon.sla.policy import Objective, Policy, Threshold
from slamon.sla.rates import Weigh, lead, pending_weighted, trail
from slamon.sla.sliding import Rate, Slide, first_negative, first_positive
from slamon.sla.uptime_terms import WEIGHT_ONE, BurnRate, Period

LOOK_AHEAD_MS: Final = HOUR_MS  # how far ahead an end is looked for at once; who waits longer looks again then


class Rolling:
    """One rolling objective as it stands at its account's mark; sums are what is left of the budget, scaled to integers."""

    def __init__(
        self, account: Account, clock: Clock, objective: Objective, policy: Policy, windows: Sequence[Window]
    ) -> None:
        assert objective.period is not None
        assert objective.period.span_ms is not None
        assert policy.uptime is not None
        self.account, self.clock, self.terms, self.windows = account, clock, policy.uptime, windows
        self.span, self.mark = objective.period.span_ms, account.mark
        agreed = policy.agreement.effective_from if policy.agreement is not None else None
        self.begin = max(self.mark - self.span, -LATEST_MS if agreed is None else agreed)
        self.soon = self.mark + min(self.span, LOOK_AHEAD_MS)
        self._past = account.history.sums(self.begin, self.terms.hours)

    def due_at(self) -> int | None:
        """The instant at which the budget is gone if the service stays as it is."""
        at = self._first_below(WHOLE, 0)
        return None if at is None else self._counting(max(self.mark, at - 1))

    def recovers_at(self) -> int | None:
        """The instant from which the budget holds again."""
        # At the instant of the breach all of the budget is used and not yet more.
        not_before = 0 if self.clock.breached_at is None else self.clock.breached_at + 1
        return self._first_above(WHOLE, 0, not_before)

    def reached_at(self, threshold: Threshold) -> int | None:
        """The instant at which the threshold is reached if the service stays as it is."""
        if threshold.percent is not None:
            return self._share_at(threshold.percent)
        assert threshold.offset_ms is not None
        if self.account.outage is None:
            return None
        beyond = threshold.offset_ms * WEIGHT_ONE * BILLION * WHOLE
        at = self._first_below(WHOLE, beyond)
        return None if at is None else self._counting(max(self.mark, at - 1))

    def below_at(self, percent: int) -> int | None:
        """The instant from which less than this share of the budget is used."""
        return self._first_above(percent, -1, 0)

    def _share_at(self, percent: int) -> int | None:
        """The instant at which so much of the budget is used: with the very millisecond, other than a breach."""
        if self._weighted(pending=False) and self._left(percent, pending=False) <= 0:
            return self.mark
        used = self._weighted(pending=True)
        if not used and self.account.count.kind is not Kind.BAD:
            return None
        at = self._first_below(percent, -1)
        if at == self.mark and not used:  # nothing is allowed: any share of it is used up when all of it is
            return self.due_at()
        return None if at is None else self._counting(at)

    def _first_below(self, percent: int, plus: int) -> int | None:
        down = self.account.count.kind is Kind.BAD
        left = self._left(percent, pending=True) + plus
        if not down and left >= 0 and not self._may_shrink():
            return None
        limit = self.mark + self.span if down else self.soon
        weigh = self._weigh(percent)
        slide = Slide(self.span, left, self._trail(limit, weigh))
        return first_negative(self._lead(limit, weigh), slide, self.mark, limit)

    def _first_above(self, percent: int, plus: int, not_before: int) -> int | None:
        account, weigh = _as_counted(self.account), self._weigh(percent)
        back = trail(account, self.terms, self.windows, self.begin, self.soon, weigh, pending=False)
        front = lead(account, self.terms, self.windows, self.soon, weigh)
        slide = Slide(self.span, self._left(percent, pending=False) + plus, back)
        return first_positive(front, (slide,), self.mark, self.soon, not_before)

    def _may_shrink(self) -> bool:
        """Whether the budget may become less while the service is up: hours pass out of it, or something is excluded."""
        return not self.terms.hours.always or self.account.count.kind is Kind.EXCLUDED or bool(self.windows)

    def _left(self, percent: int, *, pending: bool) -> int:
        """What is left of this share of the budget at the mark."""
        served = self.terms.hours.between(self.begin, self.mark) - self._past.excluded
        used = self._weighted(pending=pending)
        return self.clock.target_ms * WEIGHT_ONE * percent * served - BILLION * WHOLE * used

    def _weighted(self, *, pending: bool) -> int:
        waiting = pending_weighted(self.account, self.begin, self.terms.hours) if pending else 0
        return self._past.weighted + waiting

    def _weigh(self, percent: int) -> Weigh:
        """What a millisecond adds to this share of the budget, less what it uses."""
        gain, loss = self.clock.target_ms * WEIGHT_ONE * percent, BILLION * WHOLE
        return lambda weight, served: (gain if served else 0) - loss * weight

    def _lead(self, limit: int, weigh: Weigh) -> Iterator[Rate]:
        return lead(self.account, self.terms, self.windows, limit, weigh)

    def _trail(self, limit: int, weigh: Weigh) -> Iterator[Rate]:
        return trail(self.account, self.terms, self.windows, self.begin, limit, weigh, pending=True)

    def _counting(self, at: int) -> int | None:
        return counting(self.account, self.terms, self.windows, at)


class Burning:
    """One pair of burn-rate windows over an account."""

    def __init__(
        self, account: Account, clock: Clock, burn: BurnRate, policy: Policy, period: Period, windows: Sequence[Window]
    ) -> None:
        assert policy.uptime is not None
        self.account, self.terms, self.windows = account, policy.uptime, windows
        length = nominal_ms(period) if account.end is None else account.end - account.start
        # downtime * scale >= factor * down share * window * served share
        self.scale = BILLION * 100 * max(1, length)
        self.line = clock.target_ms * WEIGHT_ONE * burn.factor * account.service_ms
        self.spans, self.factor = (burn.long_ms, burn.short_ms), burn.factor

    def begins_at(self) -> int | None:
        """The instant from which both windows burn too fast if the service stays as it is."""
        mark = self.account.mark
        if not self.line:  # nothing is allowed, or the period has no service time
            return None
        if all(slide.value >= 0 for slide in self._slides(mark, pending=False)):
            return mark
        if self.account.count.kind is not Kind.BAD:
            return None
        limit = mark + self.spans[0]
        at = first_positive(self._lead(self.account, limit), self._slides(limit, pending=True), mark, limit)
        return None if at is None else counting(self.account, self.terms, self.windows, at)

    def ends_at(self) -> int | None:
        """The instant from which one of the windows does not any more."""
        mark = self.account.mark
        limit = mark + min(self.spans[0], LOOK_AHEAD_MS)
        slides = self._slides(limit, pending=False)
        counted = _as_counted(self.account)
        ends = (first_negative(self._lead(counted, limit), slide, mark, limit) for slide in slides)
        return min((at for at in ends if at is not None), default=None)

    def speeds(self) -> tuple[float, float] | None:
        """How many times as fast as it lasts the budget was used in either window; None where nothing is allowed."""
        if not self.line:
            return None
        slides = self._slides(self.account.mark, pending=False)
        long_, short = ((slide.value / (self.line * slide.span) + 1) * self.factor / 100 for slide in slides)
        return long_, short

    def _slides(self, limit: int, *, pending: bool) -> list[Slide]:
        return [self._slide(span, limit, pending=pending) for span in self.spans]

    def _slide(self, span: int, limit: int, *, pending: bool) -> Slide:
        begin, hours = self.account.mark - span, self.terms.hours
        used = self.account.history.sums(begin, hours).weighted
        used += pending_weighted(self.account, begin, hours) if pending else 0
        account = self.account if pending else _as_counted(self.account)
        rates = trail(account, self.terms, self.windows, begin, limit, self._weigh, pending=pending)
        return Slide(span, used * self.scale - self.line * span, rates)

    def _lead(self, account: Account, limit: int) -> Iterator[Rate]:
        return lead(account, self.terms, self.windows, limit, self._weigh)

    def _weigh(self, weight: int, _: bool) -> int:
        return weight * self.scale


def _as_counted(account: Account) -> Account:
    """The account as if the outage that does not count yet were none; it is looked at again when it does."""
    if account.outage is None or account.outage.counted:
        return account
    return replace(account, count=Count(Kind.GOOD, ""))
