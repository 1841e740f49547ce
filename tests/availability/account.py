"""What is used and what is allowed in one period of one objective, at any instant, added up from the pieces of a world."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from slamon.sla.policy import ObjectiveKind, Target
from slamon.sla.uptime_terms import WEIGHT_ONE
from tests.availability.spans import Span, effective, overlap
from tests.availability.timeline import Outage, World

PPB = 1_000_000_000


@dataclass(frozen=True)
class Figures:
    """A period as its statement tells it; downtime in parts of WEIGHT_ONE, everything else in milliseconds."""

    service_ms: int
    excluded_ms: int
    unknown_ms: int
    downtime: int
    budget_ms: int | None
    outages: tuple[tuple[int, int, int], ...]  # those that count: from, until, service time in it
    longest_ms: int
    mttr_ms: Fraction | None
    mtbf_ms: Fraction | None

    @property
    def availability(self) -> Fraction | None:
        promised = self.service_ms - self.excluded_ms
        return 1 - Fraction(self.downtime, WEIGHT_ONE * promised) if promised else None


@dataclass(frozen=True)
class Account:
    """One period of one objective in a world.

    Everything is asked `upto` an instant, with what is known at another: an outage counts only once it is long enough.
    """

    world: World
    cycle: Span

    @property
    def target(self) -> Target:
        found = self.world.objective.targets.default
        assert found is not None
        return found

    @property
    def kind(self) -> ObjectiveKind:
        return self.world.objective.kind

    @property
    def rolling(self) -> int | None:
        assert self.world.objective.period is not None
        return self.world.objective.period.span_ms

    def window(self, upto: int) -> Span:
        """What is judged at an instant: the period so far, or the window that ends then."""
        start, end = self.cycle
        if self.rolling:
            start = max(upto - self.rolling, effective(self.world.policy.agreement)[0])
        return start, min(upto, end)

    def counted(self, upto: int, known: int) -> list[tuple[Outage, Span]]:
        """The outages that count, each with its part of the period."""
        minimum = self.world.terms.min_outage_ms
        begin, _ = self.window(upto)
        found = []
        for outage in self.world.outages:
            part = (max(outage.start, begin), min(outage.end, self.cycle[1], upto))
            begun = self._opens(outage)
            long_enough = outage.start <= known and min(outage.end, known) - outage.start >= minimum
            if begun is not None and begun <= known and begin < outage.end and long_enough:
                found.append((outage, part))
        return found

    def _opens(self, outage: Outage) -> int | None:
        """When an outage first takes service time of this period."""
        inside = (
            max(start, self.cycle[0]) for start, end, _ in outage.weight_spans if overlap((start, end), self.cycle)
        )
        return min(inside, default=None)

    def downtime(self, upto: int, known: int) -> int:
        """Weighted downtime in parts of WEIGHT_ONE."""
        return sum(
            overlap((start, end), part) * weight
            for outage, part in self.counted(upto, known)
            for start, end, weight in outage.weight_spans
        )

    def down_between(self, start: int, end: int) -> int:
        """Weighted downtime of a span, whatever period it belongs to, as known at its end."""
        minimum = self.world.terms.min_outage_ms
        return sum(
            overlap(span[:2], (start, end)) * span[2]
            for outage in self.world.outages
            if min(outage.end, end) - outage.start >= minimum
            for span in outage.weight_spans
        )

    def lengths(self, upto: int, known: int) -> list[int]:
        """The service time of each outage that counts."""
        return [
            sum(overlap((start, end), part) for start, end, _ in outage.weight_spans)
            for outage, part in self.counted(upto, known)
        ]

    def running(self, now: int) -> int | None:
        """The service time so far of the outage that goes on at an instant, if it counts."""
        lengths = zip(self.counted(now, now), self.lengths(now, now), strict=True)
        return next((ms for (outage, _), ms in lengths if now < outage.end), None)

    @cached_property
    def _excluded(self) -> list[Span]:
        return [(one.start, one.end) for one in self.world.pieces if one.excluded and one.open]

    @cached_property
    def _maintenance(self) -> list[Span]:
        return [(one.start, one.end) for one in self.world.pieces if one.maintenance and one.open]

    def excluded(self, upto: int, known: int) -> int:
        """Service time taken out so far, and what planned windows will still take of the period."""
        window = self.window(upto)
        so_far = sum(overlap(span, window) for span in self._excluded)
        if self.world.terms.maintenance != "exclude" or self.rolling:
            return so_far
        ahead = self.world.planned_after_within(known, upto, self.cycle)
        cap = self.world.terms.at_most_ms
        if cap is not None:
            ahead = min(ahead, cap - sum(overlap(span, window) for span in self._maintenance))
        return so_far + ahead

    def promised(self, upto: int, known: int) -> int:
        """The service time the promise is about: of the whole period (or window), less the exclusions known."""
        span = self.window(upto) if self.rolling else self.cycle
        return self.world.open_ms(span) - self.excluded(upto, known)

    def budget(self, upto: int, known: int) -> int:
        assert self.target.down_ppb is not None
        return self.target.down_ppb * self.promised(upto, known) // PPB

    # -- of any objective: what is used of what is allowed, in units of its own -----------------------------------

    def used(self, upto: int, known: int) -> int:
        if self.kind is ObjectiveKind.AVAILABILITY:
            return self.downtime(upto, known)
        if self.kind is ObjectiveKind.LONGEST_OUTAGE:
            return max(self.lengths(upto, known), default=0)
        if self.kind is ObjectiveKind.OUTAGES:
            return len(self.counted(upto, known))
        if self.kind is ObjectiveKind.MTTR:
            return sum(self.lengths(upto, known))
        # (promised - downtime) / number < span is the same as number * span + downtime > promised
        number = len(self.counted(upto, known))
        return number * (self.target.span_ms or 0) * WEIGHT_ONE + self.downtime(upto, known)

    def allowed(self, upto: int, known: int) -> int:
        if self.kind is ObjectiveKind.AVAILABILITY:
            return self.budget(upto, known) * WEIGHT_ONE
        if self.kind is ObjectiveKind.LONGEST_OUTAGE:
            return self.target.span_ms or 0
        if self.kind is ObjectiveKind.OUTAGES:
            return self.target.count or 0
        if self.kind is ObjectiveKind.MTTR:
            return len(self.counted(upto, known)) * (self.target.span_ms or 0)
        return self.promised(upto, known) * WEIGHT_ONE

    def figures(self, fixed: int) -> Figures:
        """What is stated of the period, known at the instant its last outage was decided."""
        end = min(self.cycle[1], fixed)
        window = self.window(end)
        promised = self.world.open_ms(window) - sum(overlap(span, window) for span in self._excluded)
        unknown = sum(overlap((p.start, p.end), window) for p in self.world.pieces if p.unknown and p.open)
        lengths, down = self.lengths(end, fixed), self.downtime(end, fixed)
        number = len(lengths)
        return Figures(
            service_ms=self.world.open_ms(window),
            excluded_ms=sum(overlap(span, window) for span in self._excluded),
            unknown_ms=unknown + self._before(window),
            downtime=down,
            budget_ms=self.budget(end, fixed) if self.kind is ObjectiveKind.AVAILABILITY else None,
            outages=tuple((*part, ms) for (_, part), ms in zip(self.counted(end, fixed), lengths, strict=True)),
            longest_ms=max(lengths, default=0),
            mttr_ms=Fraction(sum(lengths), number) if number else None,
            mtbf_ms=Fraction(promised * WEIGHT_ONE - down, number * WEIGHT_ONE) if number else None,
        )

    def _before(self, window: Span) -> int:
        """Service time of a rolling window before anything was known."""
        return self.world.open_ms((window[0], max(window[0], self.cycle[0]))) if self.rolling else 0
