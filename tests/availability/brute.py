"""The judge of availability: every fact and figure of a policy over a history, from interval lists and nothing else.

It shares no code and no idea with the machine: each question is answered from scratch by adding up the whole timeline,
and instants are found by asking at every point where something changes, and between two of them by halving.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise

from slamon.sla.events import ServiceEvent
from slamon.sla.policy import ObjectiveKind, Policy, Threshold
from slamon.sla.uptime_terms import WEIGHT_ONE
from tests.availability.account import PPB, Account
from tests.availability.spans import Span
from tests.availability.timeline import Outage, Piece, World
from tests.availability.told import Cycle, Told
from tests.availability.words import Window

Condition = Callable[[int], bool]


def judge(
    policy: Policy, events: Sequence[ServiceEvent], until: int, windows: Sequence[Window] = ()
) -> dict[str, list[Cycle]]:
    """Every period of every objective, with the facts whose instants lie before `until`."""
    found = {}
    for objective in policy.objectives:
        world = World(policy, objective, tuple(events), tuple(windows), until)
        found[objective.name] = [cycle for span in world.cycles for cycle in cycles(world, span)]
    return found


def cycles(world: World, span: Span) -> Iterator[Cycle]:
    """The period; a rolling window begins a new cycle whenever it is within its budget again."""
    since: int | None = span[0]
    while since is not None:
        verdict = Verdict(world, span, since)
        yield verdict.cycle
        since = verdict.recovered_at


@dataclass(frozen=True)
class Verdict:
    """What is said of one period, in a world."""

    world: World
    span: Span
    since: int  # where this cycle of a rolling window begins

    @cached_property
    def account(self) -> Account:
        return Account(self.world, self.span)

    @cached_property
    def fixed(self) -> int:
        """When the period is judged: at its end, or when an outage over its end is long enough or over."""
        if self.recovered_at is not None:
            return self.recovered_at
        end = self.span[1]
        for outage in self.world.outages:
            reached = outage.start + self.world.terms.min_outage_ms
            if outage.start < end < outage.end and reached > end and self._takes_time(outage):
                return min(reached, outage.end)
        return end

    def _takes_time(self, outage: Outage) -> bool:
        return any(start < self.span[1] and end > self.span[0] for start, end, _ in outage.weight_spans)

    @cached_property
    def breached_at(self) -> int | None:
        """The first instant from which the promise cannot be kept, wherever the look ends."""
        account = self.account
        if account.kind is ObjectiveKind.MTTR:
            end = self.fixed
            over = end < self.world.until and account.used(end, end) > account.allowed(end, end)
            return end if over else None
        return next((at for at, holds in self.changes(self.beyond) if holds), None)

    @cached_property
    def recovered_at(self) -> int | None:
        """Where a rolling window that was beyond its budget is within it again."""
        if not self.account.rolling:
            return None
        return next((at for at, holds in self.changes(self.beyond, last=self.span[1]) if not holds), None)

    def beyond(self, at: int) -> bool:
        """Whether more is used than allowed from this instant on; what is used up exactly is in time (semantics 2.4)."""
        used, allowed = self.account.used(at, at), self.account.allowed(at, at)
        if used != allowed:
            return used > allowed
        return self.account.used(at + 1, at) > self.account.allowed(at + 1, at)

    def changes(
        self, condition: Condition, since: int | None = None, *cuts: int | None, last: int | None = None
    ) -> Iterator[tuple[int, bool]]:
        """Every instant at which a condition begins or ceases to hold; false at first. Between cuts it changes once at most."""
        before = False
        for start, end in self._steps(
            self.since if since is None else since, cuts, self.fixed if last is None else last
        ):
            for low, high in ((start, start), (start, end - 1)):
                after = condition(high)
                if after is not before:
                    yield first(condition, low, high, after), after
                    before = after

    def _steps(self, since: int, more: Iterable[int | None], last: int) -> list[Span]:
        last = min(last + 1, self.world.until)
        cuts = {since, last, *self.span, *(cut for cut in more if cut is not None)}
        for piece in self.world.pieces:
            cuts |= {piece.start, piece.end}
        cuts |= {outage.start + self.world.terms.min_outage_ms for outage in self.world.outages}
        if self.account.rolling:
            cuts |= {cut + self.account.rolling for cut in cuts}
        inside = sorted(cut for cut in cuts if since <= cut <= last)
        return list(pairwise(inside))

    # -- thresholds ----------------------------------------------------------------------------------------------

    def condition(self, threshold: Threshold) -> Condition:
        """Whether a threshold is overtaken at an instant."""
        if threshold.percent is not None:
            return lambda at: self._share(at, threshold.percent or 0)
        burn = threshold.burn
        if burn is not None:
            return lambda at: self._burns(at, burn.long_ms, burn.factor) and self._burns(at, burn.short_ms, burn.factor)
        assert threshold.offset_ms is not None
        if threshold.offset_ms >= 0:
            return lambda at: self._after(at, threshold.offset_ms or 0)
        return lambda at: self._before(at, -(threshold.offset_ms or 0))

    def _share(self, at: int, percent: int) -> bool:
        used, allowed = self.account.used(at, at), self.account.allowed(at, at)
        if self.account.kind is ObjectiveKind.LONGEST_OUTAGE:
            return (
                self.account.running(at) or 0
            ) * 10_000 >= percent * allowed  # the span is a new one for each outage
        if self.account.kind is ObjectiveKind.MTTR and (going_on := self.account.running(at)) is not None:
            # An outage that begins brings no mean down: its repair does.
            before, mean = used - going_on, self.account.target.span_ms or 0
            if before * 10_000 >= percent * (allowed - mean) > 0:
                return True
        return used * 10_000 >= percent * allowed if used and allowed else self.beyond(at)  # any share of nothing

    def _after(self, at: int, offset: int) -> bool:
        one = WEIGHT_ONE if self.account.kind is ObjectiveKind.AVAILABILITY else 1
        over = self.account.used(at, at) - self.account.allowed(at, at)
        return self.breached_at is not None and over >= offset * one

    def _burns(self, at: int, window: int, factor: int) -> bool:
        """Whether the downtime of a window is at least so many hundredths of what the target allows for its length."""
        down = self.account.down_between(at - window, at)
        return down * 100 * PPB >= factor * (self.account.target.down_ppb or 0) * window * WEIGHT_ONE

    def _burn_cuts(self, threshold: Threshold) -> set[int]:
        """Where a window of a burn rate begins or ceases to burn."""
        burn, found = threshold.burn, set()
        for window in (burn.long_ms, burn.short_ms) if burn else ():
            slides = {cut + window for piece in self.world.pieces for cut in (piece.start, piece.end)}
            burning = partial(self._burns, window=window, factor=burn.factor)
            found |= slides | {at for at, _ in self.changes(burning, None, *slides)}
        return found

    def _before(self, at: int, offset: int) -> bool:
        """While down: whether so much service time or less is left before the budget is gone if it goes on."""
        if self.breached_at is not None and at > self.breached_at:
            return False
        piece = next((p for p in self.world.pieces if p.start <= at < p.end), None)
        if piece is None or piece.weight == 0:
            return False
        due, ahead = self._if_it_goes_on(piece.start, piece.weight)
        if due is None:
            return False
        left = sum(min(due, p.end) - max(at, p.start) for p in ahead.running if p.start < due and p.end > at)
        return left <= offset

    def _if_it_goes_on(self, now: int, weight: int) -> "tuple[int | None, Verdict]":
        """When the promise will be broken if all stays as it is now, and the world in which it does."""
        if now not in self._ahead:
            span = self.account.rolling
            longest = now + 2 * span if span else self.span[1]
            ahead = Verdict(
                self.world.from_now_on(now, longest + self.world.terms.min_outage_ms + 1, weight), self.span, now
            )
            self._ahead[now] = (
                next(
                    (at for at, over in ahead.changes(ahead.beyond, now, last=longest if span else None) if over), None
                ),
                ahead,
            )
        return self._ahead[now]

    @cached_property
    def _ahead(self) -> "dict[int, tuple[int | None, Verdict]]":
        return {}

    @cached_property
    def running(self) -> list[Piece]:
        """The pieces in which service time passes."""
        return [piece for piece in self.world.pieces if piece.open and not piece.excluded]

    # -- the verdict ---------------------------------------------------------------------------------------------

    @cached_property
    def cycle(self) -> Cycle:
        """Everything that is said before the world ends."""
        ended = self.fixed if self.fixed < self.world.until else None
        breached = self.breached_at
        stage = "active" if ended is None else "met" if breached is None else "missed"
        if ended is not None and self.account.rolling and self.recovered_at is None:
            stage = "cancelled"  # with its agreement: a window has no end of its own
        figures = self.account.figures(min(self.fixed, self.world.until))
        told = [
            *self._warnings(ended, breached, stage),
            *([self._told(breached, "breach")] if breached is not None else []),
        ]
        told += [self._told(ended, stage)] if ended is not None else []
        return Cycle(self.world.objective.name, self.since, self.span[1], stage, breached, ended, figures, sorted(told))

    def _warnings(self, ended: int | None, breached: int | None, stage: str) -> Iterator[Told]:
        for threshold in self.world.objective.thresholds:
            raised = False
            for at, holds in self.changes(self.condition(threshold), None, breached, *self._burn_cuts(threshold)):
                if holds and at == ended != breached:
                    break  # nobody needs to be warned of what is over
                if breached is not None and at > breached and (not holds or threshold.burn):
                    break  # it came true
                raised = holds
                yield self._told(at, "warning" if holds else "cleared", threshold.name)
            if raised and ended is not None and stage != "missed":
                yield self._told(ended, "cleared", threshold.name)

    def _told(self, at: int, what: str, threshold: str = "") -> Told:
        return Told(at, self.world.objective.name, self.since, what, threshold)


def first(condition: Condition, low: int, high: int, wanted: bool) -> int:
    """The first instant in [low, high] at which a condition is as wanted, given that it is at `high` and changes once."""
    while low < high:
        middle = (low + high) // 2
        if condition(middle) is wanted:
            high = middle
        else:
            low = middle + 1
    return low
