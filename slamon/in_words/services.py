"""One promise on services: how much of a period they may be down, and how the time is counted."""

from collections.abc import Iterator, Mapping

from slamon.in_words.hours import days_off, hours
from slamon.in_words.language import counted, sentence, span
from slamon.in_words.objectives import targets, thresholds
from slamon.sla.policy import Objective, ObjectiveKind, Target
from slamon.sla.uptime_terms import WEIGHT_ONE, Period, UptimeTerms

BILLION = 1_000_000_000
TITLES: Mapping[ObjectiveKind, str] = {
    ObjectiveKind.AVAILABILITY: "Availability",
    ObjectiveKind.LONGEST_OUTAGE: "Longest outage",
    ObjectiveKind.OUTAGES: "Number of outages",
    ObjectiveKind.MTTR: "Mean time to repair",
    ObjectiveKind.MTBF: "Mean time between outages",
}
MONTH_MS = 30 * 86_400_000
NOMINAL = {"day": 86_400_000, "week": 7 * 86_400_000, "month": MONTH_MS, "quarter": 90 * 86_400_000,
           "year": 365 * 86_400_000}  # fmt: skip
QUORUM = {"any": "one of its monitors says", "majority": "most of its monitors say", "all": "all its monitors say"}
MAINTENANCE = {"exclude": "is left out of the account", "count_up": "counts as up", "count_down": "counts as down"}


def title(objective: Objective) -> str:
    return f"{TITLES[objective.kind]} ({objective.name})"


def told(objective: Objective) -> Iterator[str]:
    """Its sentences."""
    yield from targets(objective.targets, lambda target: _allowed(objective, target))
    yield from thresholds(objective.thresholds)


def terms(of: UptimeTerms, now: int) -> Iterator[str]:
    """How the time of the services is counted."""
    yield sentence(f"time counts {hours(of.hours)}")
    yield from (sentence(text) for text in days_off(of.hours, now))
    yield sentence(f"a service is down when {QUORUM[of.quorum]} so")
    if of.degraded:
        yield sentence(f"time in which it is slow or faulty counts {of.degraded / WEIGHT_ONE * 100:g} % as down")
    if of.min_outage_ms:
        yield sentence(f"outages shorter than {span(of.min_outage_ms)} do not count")
    yield sentence(f"announced maintenance {MAINTENANCE[of.maintenance]}{''.join(_bounds(of))}")
    if of.stale_after_ms is not None:
        yield sentence(f"after {span(of.stale_after_ms)} without word of it a service counts as {of.no_data}")


def _bounds(of: UptimeTerms) -> Iterator[str]:
    if of.at_most_ms is not None:
        yield f", at most {span(of.at_most_ms)} in a period"
    if of.notice_ms is not None:
        yield f", if announced {span(of.notice_ms)} ahead"


def _allowed(objective: Objective, target: Target) -> str:
    over = _over(objective.period)
    match objective.kind:
        case ObjectiveKind.AVAILABILITY:
            down = target.down_ppb or 0
            return f"up at least {target.text} of {over}{_downtime(objective, down)}"
        case ObjectiveKind.OUTAGES:
            return f"at most {counted(target.count or 0, 'outage')} in {over}"
        case ObjectiveKind.MTBF:
            return f"at least {span(target.span_ms or 0)}, over {over}"
    return f"at most {span(target.span_ms or 0)}, over {over}"


def _downtime(objective: Objective, down_ppb: int) -> str:
    """How much that is, where every hour counts."""
    period = objective.period
    if period is None or not objective.calendar.always:
        return ""
    whole = period.span_ms or NOMINAL[period.unit or "month"]
    of = {"month": " of 30 days", "quarter": " of 90 days", "year": " of 365 days"}.get(period.unit or "", "")
    return f", which allows {span(round(whole * down_ppb / BILLION / 100) * 100)} of downtime{of and ' in one' + of}"


def _over(period: Period | None) -> str:
    if period is None:
        return "all time"
    if period.span_ms is not None:
        return f"the last {span(period.span_ms)} at any time"
    return f"each calendar {period.unit} ({period.zone})"
