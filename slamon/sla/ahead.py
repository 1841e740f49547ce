"""What lies ahead of an account if the service stays as it is: so much more downtime is reached when (semantics 5.7)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from slamon.sla.accounts import Account
from slamon.sla.calendar import Calendar
from slamon.sla.clock import later, opening
from slamon.sla.counting import room
from slamon.sla.history import Kind
from slamon.sla.instants import LATEST_MS
from slamon.sla.maintenance import Window
from slamon.sla.uptime_terms import WEIGHT_ONE, UptimeTerms


class Segment(NamedTuple):
    """A stretch of the future: the weight of its downtime, and whether it is part of the period's service time."""

    start: int
    end: int
    weight: int
    served: bool


def ahead(account: Account, terms: UptimeTerms, windows: Sequence[Window]) -> Iterator[Segment]:
    """From the account's mark on: what it counts as now, but in the windows that lie ahead."""
    at, left = account.mark, room(account, terms)
    last = LATEST_MS if account.end is None else account.end
    now = account.count
    if now.maintenance and not _inside(windows, at):
        until = _full(terms.hours, at, left, last)  # a maintenance state: it counts so while it is accepted
        yield from _segment(at, until, now.weight, now.kind is not Kind.EXCLUDED)
        at, left, now = until, 0, now._replace(weight=WEIGHT_ONE, kind=Kind.BAD)
    for window in windows:
        start, end = max(at, window.start), min(window.end, last)
        if end <= start:
            continue
        yield from _segment(at, start, now.weight, now.kind is not Kind.EXCLUDED)
        until = end if window.override else _full(terms.hours, start, left, end)
        taken_out = window.override or terms.maintenance == "exclude"
        weight = WEIGHT_ONE if not window.override and terms.maintenance == "count_down" else 0
        yield from _segment(start, until, weight, not taken_out)
        if not window.override:
            left -= terms.hours.between(start, until)
        at = until
    yield from _segment(at, last, now.weight, now.kind is not Kind.EXCLUDED)


def planned_ms(account: Account, terms: UptimeTerms, windows: Sequence[Window]) -> int:
    """The service time that the windows ahead take out of the period."""
    if account.end is None:
        return 0
    left, taken = room(account, terms), 0
    for window in windows:
        start, end = max(window.start, account.mark), min(window.end, account.end)
        if end <= start or not (window.override or terms.maintenance == "exclude"):
            continue
        ms = terms.hours.between(start, end)
        if not window.override:
            ms = min(ms, left)
            left -= ms
        taken += ms
    return taken


def reach(segments: Iterator[Segment], hours: Calendar, need: int, *, up: bool) -> int | None:
    """The instant at which so much weighted downtime has been added, None if it never is.

    With `up` the first such instant, rounded to the later millisecond; else the last one before more is added.
    """
    for start, end, weight, _ in segments:
        if not weight:
            continue
        ms = max(0, -(-need // weight) if up else need // weight)
        served = hours.between(start, end) if end < LATEST_MS else ms + 1
        if 0 < ms <= served and up:
            return later(hours, start, ms)
        if ms < served:
            at = later(hours, start, ms)
            return None if at is None else opening(hours, at)
        need -= served * weight
    return None


def counting(account: Account, terms: UptimeTerms, windows: Sequence[Window], at: int) -> int | None:
    """The instant, but not before a running outage counts; None if a window that lies ahead ends it too early for that."""
    outage = account.outage
    if outage is None or outage.counted:
        return at
    begins = outage.start + terms.min_outage_ms
    if _lasts_until(account, terms, windows) < begins:
        return None
    first = account.mark if outage.ms else opening(terms.hours, account.mark)
    return None if first is None else max(at, first, begins)


def outages_ahead(account: Account, terms: UptimeTerms, windows: Sequence[Window]) -> Iterator[int]:
    """When each further outage counts if the service stays as it is: a window that lies ahead ends one, and it begins anew."""
    outage = account.outage
    for number, (start, end) in enumerate(_stretches(account, terms, windows)):
        begun = start
        if number == 0 and outage is not None and start == account.mark:
            if outage.counted:
                continue
            begun = outage.start
        first = start if number == 0 and outage is not None and outage.ms else opening(terms.hours, start)
        counts = None if first is None else max(first, begun + terms.min_outage_ms)
        if counts is not None and first is not None and first < end and counts <= end:
            yield counts


def before(account: Account, terms: UptimeTerms, windows: Sequence[Window], at: int, span: int) -> int:
    """The instant so much downtime before another one, if the service stays as it is; not before now."""
    down = [segment for segment in ahead(account, terms, windows) if segment.weight and segment.start < at]
    for start, end, _, _ in reversed(down):
        last = min(end, at)
        served = terms.hours.between(start, last)
        if span <= served:
            found = later(terms.hours, last, -span)
            return account.mark if found is None else max(account.mark, found)
        span -= served
    return account.mark


def _lasts_until(account: Account, terms: UptimeTerms, windows: Sequence[Window]) -> int:
    """Until when downtime goes on unbroken if the service stays as it is, at least if the period goes on."""
    start, end = next(_stretches(account, terms, windows), (LATEST_MS, LATEST_MS))
    return end if start == account.mark else account.mark


def _stretches(account: Account, terms: UptimeTerms, windows: Sequence[Window]) -> Iterator[tuple[int, int]]:
    """The unbroken stretches of downtime ahead; the last one goes on beyond the period."""
    begun: int | None = None
    until = account.mark
    for start, end, weight, _ in ahead(account, terms, windows):
        if begun is not None and (not weight or start > until):
            yield begun, until
            begun = None
        if weight:
            begun = start if begun is None else begun
            until = end
    if begun is not None:
        yield begun, LATEST_MS


def _full(hours: Calendar, start: int, left: int, end: int) -> int:
    """The instant in [start, end] up to which maintenance is accepted if so much of it is left."""
    if left <= 0:
        return start
    full = later(hours, start, left)
    return end if full is None else min(full, end)


def _inside(windows: Sequence[Window], at: int) -> bool:
    return any(window.start <= at < window.end for window in windows)


def _segment(start: int, end: int, weight: int, served: bool) -> Iterator[Segment]:
    if start < end:
        yield Segment(start, end, weight, served)
