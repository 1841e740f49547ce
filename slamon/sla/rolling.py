"""Budgets of a rolling window, and burn rates: instants at which a sliding sum crosses its line (semantics 5.2, 5.8)."""

from collections.abc import Sequence

from slamon.sla.accounts import Account
from slamon.sla.budget import BILLION, WHOLE
from slamon.sla.clock import Clock
from slamon.sla.instants import LATEST_MS
from slamon.sla.maintenance import Window
from slamon.sla.period import nominal_ms
from slamon.sla.policy import Objective, Policy, Threshold
from slamon.sla.rates import Weigh, rates
from slamon.sla.sliding import Rate, first_negative, first_positive, total
from slamon.sla.sliding import Window as Slide
from slamon.sla.uptime_terms import WEIGHT_ONE, BurnRate, Period


class Rolling:
    """One rolling objective as it stands at its account's mark; sums are what is left of the budget, scaled to integers."""

    def __init__(
        self, account: Account, clock: Clock, objective: Objective, policy: Policy, windows: Sequence[Window]
    ) -> None:
        assert objective.period is not None
        assert objective.period.span_ms is not None
        assert policy.uptime is not None
        self.account, self.clock, self.terms, self.windows = account, clock, policy.uptime, windows
        self.span = objective.period.span_ms
        agreed = policy.agreement.effective_from if policy.agreement is not None else None
        self.begin = max(account.mark - self.span, -LATEST_MS if agreed is None else agreed)
        self.limit = account.mark + self.span

    def due_at(self) -> int | None:
        """The instant at which the budget is gone if the service stays as it is."""
        rates_ = self._rates(self._left(WHOLE), pending=True)
        at = first_negative(rates_, Slide(self.span), self.account.mark, self.limit)
        return None if at is None else self._counting(max(self.account.mark, at - 1))

    def recovers_at(self) -> int | None:
        """The instant from which the budget holds again."""
        broken_at = -1 if self.clock.breached_at is None else self.clock.breached_at
        # At the instant of the breach all of the budget is used and not yet more.
        begin = max(self.account.mark, broken_at + 1)
        return first_positive(self._rates(self._left(WHOLE), pending=False), (Slide(self.span),), begin, self.limit)

    def reached_at(self, threshold: Threshold, due_at: int | None) -> int | None:
        """The instant at which the threshold is reached if the service stays as it is."""
        mark = self.account.mark
        if threshold.percent is not None:
            return self._share_at(threshold.percent)
        assert threshold.offset_ms is not None
        if threshold.offset_ms < 0:
            if due_at is None or self.account.outage is None:
                return None
            return self._counting(max(mark, self.terms.hours.add(due_at, threshold.offset_ms)))
        if self.account.outage is None:
            return None
        beyond = Slide(self.span, threshold.offset_ms * self.account.count.weight * BILLION * WHOLE)
        at = first_negative(self._rates(self._left(WHOLE), pending=True), beyond, mark, self.limit)
        return None if at is None else self._counting(max(mark, at - 1))

    def below_at(self, percent: int) -> int | None:
        """The instant from which less than this share of the budget is used."""
        share = Slide(self.span, -1)
        return first_positive(self._rates(self._left(percent), pending=False), (share,), self.account.mark, self.limit)

    def _share_at(self, percent: int) -> int | None:
        slide, mark = Slide(self.span), self.account.mark
        share = self._rates(self._left(percent), pending=True)
        at = first_negative(share, slide, mark, self.limit)
        if at is None:
            return None
        exact = at - 1 if at > mark and total(share, slide, at - 1) == 0 else at
        return self._counting(exact)

    def _left(self, percent: int) -> Weigh:
        """What a millisecond adds to this share of the budget, less what it uses."""
        gain, loss = self.clock.target_ms * WEIGHT_ONE * percent, BILLION * WHOLE
        return lambda weight, served: (gain if served else 0) - loss * weight

    def _rates(self, weigh: Weigh, *, pending: bool) -> list[Rate]:
        return rates(self.account, self.terms, self.windows, self.begin, self.limit, weigh, pending=pending)

    def _counting(self, at: int) -> int:
        outage = self.account.outage
        return at if outage is None or outage.counted else max(at, outage.start + self.terms.min_outage_ms)


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
        served = clock.target_ms * WEIGHT_ONE * burn.factor * account.service_ms
        self.slides = (
            Slide(burn.long_ms, -served * burn.long_ms),
            Slide(burn.short_ms, -served * burn.short_ms),
        )
        self.begin, self.limit = account.mark - burn.long_ms, account.mark + burn.long_ms

    def begins_at(self) -> int | None:
        """The instant from which both windows burn too fast if the service stays as it is."""
        at = first_positive(self._rates(pending=True), self.slides, self.account.mark, self.limit)
        outage = self.account.outage
        if at is None or outage is None or outage.counted:
            return at
        return max(at, outage.start + self.terms.min_outage_ms)

    def ends_at(self) -> int | None:
        """The instant from which one of the windows does not any more."""
        found = self._rates(pending=False)
        ends = (first_negative(found, slide, self.account.mark, self.limit) for slide in self.slides)
        return min((at for at in ends if at is not None), default=None)

    def _rates(self, *, pending: bool) -> list[Rate]:
        def weigh(weight: int, _: bool) -> int:
            return weight * self.scale

        return rates(self.account, self.terms, self.windows, self.begin, self.limit, weigh, pending=pending)
