"""What can be done to the clocks of a service, and where to look up what they are judged by. When: `service_fold.py`."""

from collections.abc import Callable
from typing import Final

from slamon.sla.accounts import Account, advance, switch
from slamon.sla.clock import Clock, Signal, Stage, end
from slamon.sla.counting import count_at
from slamon.sla.coverage import Rules
from slamon.sla.events import What
from slamon.sla.history import Shelf
from slamon.sla.instants import DAY_MS, LATEST_MS
from slamon.sla.maintenance import Window, plan
from slamon.sla.policy import Objective, Policy, Threshold
from slamon.sla.service import Service
from slamon.sla.service_explain import describe
from slamon.sla.step import KEPT_FACTS, Step

FORGOTTEN_AFTER_MS: Final = 60 * DAY_MS  # a warning so old is not withdrawn any more
PASSING: Final = (What.WARNING.value, What.CLEARED.value)


class ServiceClocks:
    """The accounts and clocks of one service; what is asserted of them gathers in `step`."""

    def __init__(self, rules: Rules, service: Service, shelves: Callable[[Account], Shelf] | None = None) -> None:
        self.rules = rules
        self.service = service
        self.shelves = shelves
        for account in service.accounts:
            self.lend_shelf(account)
        self.step = Step()
        self.closed: dict[tuple[str, str, str], Account] = {}  # by slot, policy and period: the one before the present
        self.calm: set[str] = set()  # accounts that only another count can bring something new
        self._plans: dict[str, tuple[int, list[Window]]] = {}  # by account: up to where, and its windows

    @property
    def state(self) -> Service:
        return self.service

    def lend_shelf(self, account: Account) -> None:
        """Give the account's history the place where its full blocks are kept."""
        if self.shelves is not None:
            account.history.shelf = self.shelves(account)

    def advance(self, account: Account, at: int) -> None:
        """Account the time up to the instant."""
        terms = self.policy(account).uptime
        assert terms is not None
        advance(account, terms.hours, terms.min_outage_ms, at)

    def recount(self, account: Account, at: int) -> bool:
        """Whether the time from the instant on counts as something else than before it."""
        count = count_at(self.service, account, self.policy(account), self.windows(account), at)
        if count == account.count:
            return False
        switch(account, count, at)
        return True

    # -- clocks ------------------------------------------------------------------------------------------------

    def breach(self, clock: Clock, at: int) -> None:
        clock.breached_at = at
        clock.due_at = at if clock.due_at is None else min(clock.due_at, at)
        self.tell(clock, What.BREACH, at)

    def stop(self, clock: Clock, at: int, by: str) -> None:
        """End the clock with a verdict."""
        end(clock, Signal.STOP, at, by)
        if clock.stage is Stage.MET:
            self.clear_all(clock, at, "met")
        self.tell(clock, What.MET if clock.stage is Stage.MET else What.MISSED, at)
        self._retire(clock)

    def cancel(self, clock: Clock, at: int, reason: str) -> None:
        """End the clock without a verdict; a breach already reached stands."""
        end(clock, Signal.CANCEL, at, reason)
        self.clear_all(clock, at, "cancelled")
        self.tell(clock, What.CANCELLED, at, reason=reason)
        self._retire(clock)

    def _retire(self, clock: Clock) -> None:
        service = self.service
        service.clocks.remove(clock)
        service.past.append(clock)
        service.retired = max(service.retired, clock.ended_at or 0)

    def clear(self, clock: Clock, threshold: Threshold, at: int, reason: str) -> None:
        """Say that a warning does not hold any more."""
        clock.raised.pop(threshold.name, None)
        self.tell(clock, What.CLEARED, at, threshold, reason)

    def clear_all(self, clock: Clock, at: int, reason: str) -> None:
        by_name = {threshold.name: threshold for threshold in self.terms(clock)[1].thresholds}
        for name in list(clock.raised):
            self.clear(clock, by_name.get(name) or Threshold(name), at, reason)

    def tell(
        self, clock: Clock, what: What, at: int, threshold: Threshold | None = None, reason: str | None = None
    ) -> None:
        """Assert a fact of the clock, told as it stands at the instant."""
        service = self.service
        if len(clock.facts) > KEPT_FACTS // 2:  # a rolling window's clock may live for years
            old = at - FORGOTTEN_AFTER_MS
            clock.facts = [fact for fact in clock.facts if fact[2] > old or fact[0] not in PASSING]
        self.step.assert_(
            service, clock, what, at, threshold, reason,
            lambda: {"what": what.value, "source": service.source, **describe(self, clock, at)},
        )  # fmt: skip

    # -- looking things up -------------------------------------------------------------------------------------

    def clocks(self, account: Account) -> list[Clock]:
        """The open clocks that are judged by the account."""
        return [clock for clock in self.service.clocks if clock.open and self.account(clock) is account]

    def account(self, clock: Clock) -> Account | None:
        """The account a clock is judged by, as long as it is kept."""
        period = self.terms(clock)[1].period
        assert period is not None
        if period.unit is None and not any(one is clock for one in self.service.clocks):
            return None  # a cycle of a rolling window that has ended: its account goes on with the next one
        start = None if period.unit is None else clock.start
        return self.account_of(clock.slot, clock.policy, period.text, start)

    def account_of(self, slot: str, policy: str, period: str, start: int | None) -> Account | None:
        """The account of a period that starts at the instant, or (None) the one of a rolling window."""
        of = (slot, policy, period)
        found = (one for one in self.service.accounts if (one.slot, one.policy, one.period) == of)
        return next((one for one in found if start is None or one.start == start), None)

    def terms(self, clock: Clock) -> tuple[Policy, Objective]:
        """The policy and objective the clock runs under."""
        if clock.terms is None:
            clock.terms = self.rules.terms(clock.version, clock.policy, clock.objective)
        return clock.terms

    def policy(self, account: Account) -> Policy:
        """The policy whose account it is, in its version."""
        return self.rules.policy(account.version, account.policy)

    def plan_again(self, account: Account) -> None:
        """Let the windows be looked up again: what they follow from has changed."""
        self._plans.pop(account.id, None)

    def windows(self, account: Account) -> list[Window]:
        """The windows that take time out of the account from its mark on, as far as it looks ahead."""
        known = self._plans.get(account.id)
        terms = self.policy(account).uptime
        assert terms is not None
        # A period that is over may still wait for an outage, which a window can end.
        ends = None if account.end is None else account.end + terms.min_outage_ms
        horizon = account.mark + account.looks_back_ms if ends is None else ends
        if known is None or known[0] < horizon:
            upto = min(LATEST_MS, horizon + account.looks_back_ms) if account.end is None else horizon
            found = plan(self.rules, self.service, self.policy(account), account.mark, max(upto, account.mark + 1))
            known = self._plans[account.id] = (upto, found)
        return known[1]
