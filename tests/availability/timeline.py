"""The whole life of one service before one objective, piece by piece, built anew from all that is known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from slamon.sla.events import ServiceEvent, State
from slamon.sla.policy import Objective, Policy
from slamon.sla.uptime_terms import WEIGHT_ONE, UptimeTerms
from tests.availability.spans import Span, effective, overlap, periods, union
from tests.availability.words import Window, Word, announcements, heard, together, words


@dataclass(frozen=True)
class Piece:
    """A stretch in which nothing changes: whether service hours are open, and as what the service counts."""

    start: int
    end: int
    open: bool
    weight: int  # as downtime
    excluded: bool = False
    unknown: bool = False
    maintenance: bool = False  # it takes from the cap


@dataclass(frozen=True)
class Outage:
    start: int
    end: int  # for the last one: how far we look
    weight_spans: tuple[tuple[int, int, int], ...]  # open (start, end, weight)
    opens: int | None  # the first instant of service hours in it


@dataclass(frozen=True)
class World:
    """What is known of a service: records, planned windows, and from `frozen` on that the last word stands for ever."""

    policy: Policy
    objective: Objective
    records: tuple[ServiceEvent, ...]
    windows: tuple[Window, ...]
    until: int  # how far we look
    frozen: int | None = None
    stays: int = 0  # the weight as downtime from `frozen` on

    @property
    def terms(self) -> UptimeTerms:
        assert self.policy.uptime is not None
        return self.policy.uptime

    @cached_property
    def heard(self) -> list[ServiceEvent]:
        return heard(self.policy, self.records)

    @cached_property
    def first(self) -> int | None:
        """The first record of the service, whoever hears it: from there on it is known to be promised."""
        return min((record.at for record in self.records), default=None)

    @cached_property
    def words(self) -> list[Word]:
        return words(self.terms, self.heard)

    @cached_property
    def planned(self) -> list[Window]:
        """Windows given enough notice, as they were announced over time."""
        every = [*self.windows, *announcements(self.heard)]
        return [window for window in every if window.accepted(self.terms) and window.start < window.end]

    @cached_property
    def cycles(self) -> list[Span]:
        """The periods of the objective since the first record, as far as we look."""
        assert self.objective.period is not None
        if self.first is None:
            return []
        if self.objective.period.unit is not None:
            return list(periods(self.objective.period, self.policy.agreement, self.first, self.until))
        begins, ends = effective(self.policy.agreement)
        start = max(begins, self.first)
        return [(start, ends)] if start < min(ends, self.until) else []

    def from_now_on(self, now: int, until: int, stays: int) -> "World":
        """The world in which nothing is heard any more after an instant, and what was said last goes on, as heavy."""
        known = tuple(record for record in self.records if record.at <= now)
        return replace(self, records=known, until=until, frozen=now, stays=stays)

    @cached_property
    def pieces(self) -> list[Piece]:
        """All pieces, from the start of the first period on."""
        found: list[Piece] = []
        for cycle in self.cycles:
            spent = 0
            for start, end in self._cuts(cycle):
                for piece in self._classify(start, end, spent):
                    spent += piece.end - piece.start if piece.maintenance and piece.open else 0
                    found.append(piece)
        return found

    def _cuts(self, cycle: Span) -> list[Span]:
        start, end = cycle[0], min(cycle[1], self.until)
        cuts = {start, end}
        cuts.add(self.first or start)
        for word in self.words:
            cuts |= {word.at, word.until, word.lapses}
        for window in self.planned:
            cuts |= {window.start, window.end, window.since, window.until}
        for span in self.terms.hours.periods(start, end):
            cuts |= set(span)
        if self.frozen is not None:
            cuts.add(self.frozen)
        inside = sorted(cut for cut in cuts if start <= cut <= end)
        return list(pairwise(inside))

    def _classify(self, start: int, end: int, spent: int) -> list[Piece]:
        """What a stretch counts as; two pieces if the cap is spent within it."""
        terms = self.terms
        is_open = terms.hours.is_open(start)
        state = self.state(start)
        if start < (self.first or 0) and terms.maintenance != "exclude":
            return [self._observed(start, end, is_open, State.UNKNOWN)]  # nobody was there to be up or down
        if not (self.in_window(start) or (state is State.MAINTENANCE and terms.notice_ms is None)):
            return [self._observed(start, end, is_open, state)]
        left = end - start if terms.at_most_ms is None or not is_open else max(0, terms.at_most_ms - spent)
        if terms.at_most_ms is not None and spent >= terms.at_most_ms:
            left = 0
        middle = min(end, start + left)
        accepted = Piece(
            start,
            middle,
            is_open,
            WEIGHT_ONE if terms.maintenance == "count_down" else 0,
            excluded=terms.maintenance == "exclude",
            maintenance=True,
        )
        beyond = self._observed(middle, end, is_open, state)
        return [piece for piece in (accepted, beyond) if piece.start < piece.end]

    def _observed(self, start: int, end: int, is_open: bool, state: State) -> Piece:
        """Maintenance that is not accepted is a service that is down."""
        weight = {State.DOWN: WEIGHT_ONE, State.MAINTENANCE: WEIGHT_ONE, State.DEGRADED: self.terms.degraded}.get(
            state, 0
        )
        if self.frozen is not None and start >= self.frozen:
            weight = max(weight, self.stays)
        return Piece(start, end, is_open, weight, unknown=state is State.UNKNOWN and weight == 0)

    def state(self, at: int) -> State:
        """What the monitors say together at an instant."""
        return together(self.terms, self.words, at if self.frozen is None else min(at, self.frozen))

    def in_window(self, at: int) -> bool:
        return any(max(one.start, one.since) <= at < min(one.end, one.until) for one in self.planned)

    @cached_property
    def outages(self) -> list[Outage]:
        """Unbroken stretches of downtime, whether they are long enough or not."""
        runs: list[list[Piece]] = []
        for piece in self.pieces:
            if piece.weight == 0:
                continue
            if runs and runs[-1][-1].end == piece.start:
                runs[-1].append(piece)
            else:
                runs.append([piece])
        return [_outage(run) for run in runs]

    def planned_after_within(self, known: int, upto: int, cycle: Span) -> int:
        """Service time from an instant to the period's end that windows known at another will take, the cap aside."""
        standing = [one for one in self.planned if one.since <= known < one.until]
        ahead = union((max(upto, one.start), min(cycle[1], one.end)) for one in standing)
        return sum(self.open_ms(span) for span in ahead)

    def open_ms(self, span: Span) -> int:
        """Service time in a span."""
        return sum(overlap(opened, span) for opened in self.terms.hours.periods(*span))


def _outage(run: Sequence[Piece]) -> Outage:
    opened = tuple((piece.start, piece.end, piece.weight) for piece in run if piece.open)
    return Outage(run[0].start, run[-1].end, opened, opened[0][0] if opened else None)
