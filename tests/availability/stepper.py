"""A second judge of availability over calendar periods, stupider than the first: it walks from minute to minute.

It knows periods only by their spans and asks nobody but the monitors' words. Where a minute breaks the promise it walks
from millisecond to millisecond.
"""

from dataclasses import dataclass, field
from itertools import pairwise

from slamon.sla.events import State
from slamon.sla.uptime_terms import WEIGHT_ONE
from tests.availability.timeline import World
from tests.availability.words import together
from tests.kit import MINUTE

PPB = 1_000_000_000


@dataclass
class Walked:
    """A period, minute by minute."""

    down: int = 0  # parts of WEIGHT_ONE, of outages that count
    excluded: int = 0
    unknown: int = 0
    spent: int = 0
    pending: int = 0  # of the outage that is still too short
    breached_at: int | None = None
    ended: bool = False
    outages: int = 0
    counts: bool = False  # the running outage


@dataclass
class Stepper:
    """Walks over the minutes of one period of an availability objective, and past its end if an outage is open there."""

    world: World
    start: int
    end: int
    since: int | None = None  # the running outage began
    taken: Walked = field(default_factory=Walked)

    def walk(self, before: "Stepper | None", first: int) -> Walked:
        """From the first record in the period, or from where the period before left off."""
        self.since = before.since if before else None
        earliest = min([first, *(one.start for one in self.world.planned)])
        now = max(self.start, earliest - earliest % MINUTE)
        self.taken.unknown = self.open(self.start, now)
        while now < min(self.end, self.world.until):
            self._minute(now)
            now += MINUTE
        self._past_the_end(now)
        if self.taken.breached_at is not None and self.taken.breached_at >= self.world.until:
            self.taken.breached_at = None  # in the minute that was begun
        return self.taken

    def _minute(self, now: int) -> None:
        taken, is_open = self.taken, self.world.terms.hours.is_open(now)
        kind, weight = self._kind(now, is_open)
        if weight == 0:
            self._reach(now, takes=False)  # just long enough
            self.since, taken.pending, taken.counts = None, 0, False
        elif self.since is None:
            self.since = now
        self._reach(now, is_open and weight > 0)
        self._judge(now, weight if is_open and taken.counts else 0, is_open and kind == "excluded", now + MINUTE)
        if is_open:
            taken.excluded += MINUTE * (kind == "excluded")
            taken.unknown += MINUTE * (kind == "unknown")
            taken.spent += MINUTE * self._accepted(now, is_open)
            if taken.counts:
                taken.down += weight * MINUTE
            else:
                taken.pending += weight * MINUTE

    def _reach(self, now: int, takes: bool) -> None:
        """From here on the running outage counts, from its first second."""
        if self.since is None or self.taken.counts or now - self.since < self.world.terms.min_outage_ms:
            return
        if self.taken.pending or takes:
            self.taken.counts, self.taken.outages = True, self.taken.outages + 1
            self.taken.down, self.taken.pending = self.taken.down + self.taken.pending, 0

    def _judge(self, now: int, weight: int, excluding: bool, until: int) -> None:
        def over(at: int) -> int:
            excluded = self.taken.excluded + ((at - now) if excluding else 0)
            return self.taken.down + weight * (at - now) - WEIGHT_ONE * self._budget(excluded, at, now)

        if self.taken.breached_at is not None or (over(now) <= 0 and over(until) <= 0):
            return
        for at in range(now, until):
            if over(at) > 0 or (over(at) == 0 and over(at + 1) > 0):
                self.taken.breached_at = at
                return

    def _past_the_end(self, now: int) -> None:
        """An outage that is too short yet decides the period when it is long enough or over."""
        self.taken.ended = self.end < self.world.until
        while self.taken.ended and self.taken.pending and self._goes_on(now):
            if now - self.since >= self.world.terms.min_outage_ms:
                self._reach(now, takes=False)
                self._judge(now, 0, False, now + 1)
                return
            now += MINUTE
            self.taken.ended = now < self.world.until
        if self.since is not None and now == self.end and now - self.since >= self.world.terms.min_outage_ms:
            self._reach(now, takes=False)
            self._judge(now, 0, False, now + 1)

    def _goes_on(self, now: int) -> bool:
        after = self.world.policy.agreement
        ends = after.effective_until if after else None
        if ends is not None and now >= ends:
            return False
        fresh = Stepper(self.world, self.end, self.end)  # the next period's cap is untouched; enough for a short while
        return fresh._kind(now, self.world.terms.hours.is_open(now))[1] > 0

    def _accepted(self, now: int, is_open: bool) -> bool:
        terms = self.world.terms
        state = together(terms, self.world.words, now)
        if now < (self.world.first or 0) and terms.maintenance != "exclude":
            return False
        if terms.at_most_ms is not None and self.taken.spent >= terms.at_most_ms:
            return False
        return self._windowed(now) or (state is State.MAINTENANCE and terms.notice_ms is None)

    def _windowed(self, now: int) -> bool:
        return any(one.since <= now < one.until and one.start <= now < one.end for one in self.world.planned)

    def _kind(self, now: int, is_open: bool) -> tuple[str, int]:
        terms = self.world.terms
        if self._accepted(now, is_open):
            return {"exclude": ("excluded", 0), "count_up": ("up", 0), "count_down": ("down", WEIGHT_ONE)}[
                terms.maintenance
            ]
        state = together(terms, self.world.words, now)
        weight = {State.DOWN: WEIGHT_ONE, State.MAINTENANCE: WEIGHT_ONE, State.DEGRADED: terms.degraded}
        return ("unknown" if state is State.UNKNOWN else "seen"), weight.get(state, 0)

    def _budget(self, excluded: int, at: int, minute: int) -> int:
        target = self.world.objective.targets.default
        ahead = self._ahead(minute, at)
        if self.world.terms.at_most_ms is not None:
            spent = self.taken.spent + (
                (at - minute) if self._accepted(minute, True) and self.world.terms.hours.is_open(minute) else 0
            )
            ahead = min(ahead, self.world.terms.at_most_ms - spent)
        if self.world.terms.maintenance != "exclude":
            ahead = 0
        return target.down_ppb * (self.open(self.start, self.end) - excluded - ahead) // PPB

    def _ahead(self, minute: int, at: int) -> int:
        known = [one for one in self.world.planned if one.since <= minute < one.until]
        cuts = sorted({at, self.end, *(cut for one in known for cut in (one.start, one.end) if at < cut < self.end)})
        return sum(
            self.open(start, end)
            for start, end in pairwise(cuts)
            if start >= at and any(one.start <= start < one.end for one in known)
        )

    def open(self, start: int, end: int) -> int:
        return self.world.terms.hours.between(start, end) if start < end else 0
