"""What an objective allows a service in a period and what is used of it: lines, and when they are reached (semantics 5.7, 5.9)."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from slamon.sla.accounts import Account
from slamon.sla.ahead import Segment, ahead, counting, outages_ahead, planned_ms, reach
from slamon.sla.clock import Clock, later
from slamon.sla.history import Kind
from slamon.sla.maintenance import Window
from slamon.sla.policy import Objective, ObjectiveKind, Threshold
from slamon.sla.uptime_terms import WEIGHT_ONE, UptimeTerms

BILLION: Final = 1_000_000_000
WHOLE: Final = 10_000  # of percentages in hundredths


class Gauge(NamedTuple):
    """How much is used of how much, in the objective's own unit, of which a millisecond of whole downtime adds `whole`."""

    used: int
    limit: int
    whole: int = 1


def budget(clock: Clock, served_ms: int) -> int:
    """The weighted downtime that the target allows of so much service time."""
    return clock.target_ms * served_ms * WEIGHT_ONE // BILLION


def served_ms(account: Account, terms: UptimeTerms, windows: Sequence[Window]) -> int:
    """The service time of the whole period less the exclusions known."""
    return account.service_ms - account.excluded_ms - planned_ms(account, terms, windows)


def gauge(account: Account, clock: Clock, objective: Objective, served: int, *, pending: bool) -> Gauge:
    """What the account says of the objective; `pending`: with an outage that does not count yet."""
    outage = account.outage
    waiting = outage if outage is not None and not outage.counted and pending else None
    match objective.kind:
        case ObjectiveKind.AVAILABILITY:
            used = account.weighted + (waiting.weighted if waiting else 0)
            return Gauge(used, budget(clock, served), WEIGHT_ONE)
        case ObjectiveKind.LONGEST_OUTAGE:
            lasts = outage.ms if outage is not None and (outage.counted or pending) else 0
            return Gauge(lasts, clock.target_ms)
        case ObjectiveKind.OUTAGES:
            return Gauge(account.outages + (1 if waiting else 0), clock.target_ms)
        case ObjectiveKind.MTTR:
            lasting = outage if outage is not None and (outage.counted or pending) else None
            count = account.repairs + (1 if lasting else 0)
            return Gauge(account.repaired_ms + (lasting.ms if lasting else 0), clock.target_ms * count)
    count = account.outages + (1 if waiting else 0)  # MTBF
    used = account.weighted + (waiting.weighted if waiting else 0)
    left = (served - count * clock.target_ms) * WEIGHT_ONE
    return Gauge(used, left if count else served * WEIGHT_ONE, WEIGHT_ONE)


def broken(account: Account, clock: Clock, objective: Objective, served: int) -> bool:
    """Whether the promise can not be kept any more, as things have counted so far."""
    if objective.kind is ObjectiveKind.LONGEST_OUTAGE:
        return account.longest_ms > clock.target_ms
    if objective.kind is ObjectiveKind.MTTR and not account.closed:
        return False  # a mean can come back until the period ends
    found = gauge(account, clock, objective, served, pending=False)
    return found.used > found.limit


def line(threshold: Threshold | None, of: Gauge) -> int:
    """What has to be used for the threshold to be reached, or (None) for the target itself."""
    if threshold is None:
        return of.limit
    if threshold.percent is not None:
        return -(-of.limit * threshold.percent // WHOLE)
    assert threshold.offset_ms is not None
    return of.limit + threshold.offset_ms * of.whole


def holds(threshold: Threshold, of: Gauge) -> bool:
    """Whether the threshold is reached as things stand."""
    return of.used > 0 and of.used >= line(threshold, of)


def reached_at(
    account: Account, clock: Clock, objective: Objective, terms: UptimeTerms, windows: Sequence[Window],
    threshold: Threshold | None,
) -> int | None:  # fmt: skip
    """The instant at which the threshold, or (None) the target, is reached if the service stays as it is."""
    served = served_ms(account, terms, windows)
    now = gauge(account, clock, objective, served, pending=True)
    if threshold is not None and holds(threshold, gauge(account, clock, objective, served, pending=False)):
        return account.mark
    if threshold is not None and holds(threshold, now):
        return counting(account, terms, windows, account.mark)
    if objective.kind is ObjectiveKind.MTTR and threshold is None:
        return None
    if objective.kind is ObjectiveKind.OUTAGES:
        if threshold is not None:
            return None
        ahead_ = outages_ahead(account, terms, windows)
        return next((at for number, at in enumerate(ahead_, account.outages + 1) if number > now.limit), None)
    if threshold is not None and threshold.offset_ms is not None and account.count.kind is not Kind.BAD:
        return None
    need = line(threshold, now) - now.used
    at = _reach(account, objective, terms, windows, need, up=threshold is not None)
    if at is None and account.count.kind is Kind.EXCLUDED:
        at = _shrunk(account, clock, objective, terms, windows, threshold, now)
    return None if at is None else counting(account, terms, windows, at)


def _reach(
    account: Account, objective: Objective, terms: UptimeTerms, windows: Sequence[Window], need: int, *, up: bool
) -> int | None:
    segments = ahead(account, terms, windows)
    if objective.kind in (ObjectiveKind.AVAILABILITY, ObjectiveKind.MTBF):
        return reach(segments, terms.hours, need, up=up)
    return None if account.outage is None else reach(_goes_on(segments), terms.hours, need, up=up)


def _goes_on(segments: Iterable[Segment]) -> Iterator[Segment]:
    """The outage that goes on, in plain time: what comes after the next window is another one."""
    for start, end, weight, served in segments:
        if not weight:
            return
        yield Segment(start, end, 1, served)


def _shrunk(
    account: Account, clock: Clock, objective: Objective, terms: UptimeTerms, windows: Sequence[Window],
    threshold: Threshold | None, now: Gauge,
) -> int | None:  # fmt: skip
    """The instant at which maintenance that nobody planned has taken so much out of the period that the line is met."""
    if now.used <= 0 or any(window.start <= account.mark < window.end for window in windows):
        return None
    served = served_ms(account, terms, windows)
    match objective.kind:
        case ObjectiveKind.AVAILABILITY if threshold is None:
            least = -(-now.used * BILLION // (clock.target_ms * WEIGHT_ONE)) if clock.target_ms else None
        case ObjectiveKind.AVAILABILITY if threshold is not None and threshold.percent:
            scale = clock.target_ms * WEIGHT_ONE * threshold.percent
            least = now.used * BILLION * WHOLE // scale if scale else None
        case ObjectiveKind.MTBF if threshold is None and account.outages:
            least = -(-now.used // WEIGHT_ONE) + account.outages * clock.target_ms
        case _:
            return None
    slack = None if terms.at_most_ms is None else max(
        0, terms.at_most_ms - account.maintenance_ms - planned_ms(account, terms, windows)
    )  # fmt: skip
    if least is None or (slack is not None and served - least > slack):
        return None
    return _unplanned(account, terms, windows, max(0, served - least))


def _unplanned(account: Account, terms: UptimeTerms, windows: Sequence[Window], ms: int) -> int | None:
    """The instant at which so much service time outside of windows has passed."""
    at = account.mark
    for window in windows:
        if window.end <= at:
            continue
        free = terms.hours.between(at, max(at, window.start))
        if ms <= free:
            break
        ms, at = ms - free, window.end
    found = later(terms.hours, at, ms)
    return None if found is None or (account.end is not None and found >= account.end) else found
