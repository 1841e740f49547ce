"""What a service counts as at an instant: monitors and their quorum, windows, maintenance, time without data (semantics 5.4-5.6)."""

from collections.abc import Iterator, Sequence
from typing import Final

from slamon.sla.accounts import BEFORE_ALL, Account, Count
from slamon.sla.clock import LONGEST_MS, later
from slamon.sla.events import State
from slamon.sla.history import Kind
from slamon.sla.maintenance import Window
from slamon.sla.policy import Policy
from slamon.sla.service import Service, Word
from slamon.sla.uptime_terms import WEIGHT_ONE, UptimeTerms

GOOD: Final = Count(Kind.GOOD, "")
SEVERITY: Final = (State.UP, State.DEGRADED, State.DOWN)


def count_at(service: Service, account: Account, policy: Policy, windows: Sequence[Window], at: int) -> Count:
    """What the time from the instant on counts as, until something changes."""
    terms = policy.uptime
    assert terms is not None
    window = next((window for window in windows if window.start <= at < window.end), None)
    if window is not None and window.override:
        return Count(Kind.EXCLUDED, window.reason)
    heard = service.first is not None and at >= service.first
    if window is not None and room(account, terms) > 0 and (heard or terms.maintenance == "exclude"):
        return _maintained(terms, window.reason)
    if not heard:
        return BEFORE_ALL
    return _observed(account, terms, observed(service, policy, at))


def observed(service: Service, policy: Policy, at: int) -> State | None:
    """What the monitors together say at the instant; None where they have fallen silent."""
    terms = policy.uptime
    assert terms is not None
    heard = list(_heard(service, policy))
    speaking = [word for word in heard if holds_until(word, terms) is None or (holds_until(word, terms) or 0) > at]
    if any(word.state is State.MAINTENANCE for word in speaking):
        return State.MAINTENANCE
    votes = sorted(SEVERITY.index(word.state) for word in speaking if word.state in SEVERITY)
    if not votes:
        return None if len(speaking) < len(heard) else State.UNKNOWN
    return SEVERITY[_elected(votes, terms.quorum)]


def holds_until(word: Word, terms: UptimeTerms) -> int | None:
    """The instant from which the word holds no more; None: until the monitor's next one."""
    ttl = word.ttl if word.ttl is not None else terms.stale_after_ms
    return None if ttl is None else word.at + ttl


def room(account: Account, terms: UptimeTerms) -> int:
    """How much more maintenance the contract accepts in the period."""
    return LONGEST_MS if terms.at_most_ms is None else terms.at_most_ms - account.maintenance_ms


def next_change(
    service: Service, account: Account, policy: Policy, windows: Sequence[Window], after: int | None = None
) -> int | None:
    """The first instant at which time alone may change what the account counts as, or ends its period.

    After its mark, or for a period that is over and waits for an outage, `after` an instant.
    """
    terms = policy.uptime
    assert terms is not None
    mark = account.mark if after is None else after
    found = [edge for window in windows for edge in (window.start, window.end) if edge > mark]
    lapses = (holds_until(word, terms) for word in _heard(service, policy))
    found += [lapse for lapse in lapses if lapse is not None and lapse > mark]
    if service.first is not None and service.first > mark:
        found.append(service.first)
    if account.count.maintenance and terms.at_most_ms is not None:
        full = later(terms.hours, mark, room(account, terms))
        found += [] if full is None else [full]
    if account.end is not None and after is None:
        found.append(account.end)
    return min(found, default=None)


def _heard(service: Service, policy: Policy) -> Iterator[Word]:
    """The newest word of each monitor that the policy hears."""
    customer = policy.agreement.customer if policy.agreement is not None else None
    heard = (word for word in service.words if word.customer is None or word.customer == customer)
    return iter({word.location: word for word in heard}.values())  # in the order of their records


def _elected(votes: Sequence[int], quorum: str) -> int:
    """The severity that enough of the sorted votes reach."""
    if quorum == "any":
        return votes[-1]
    return votes[0] if quorum == "all" else votes[(len(votes) - 1) // 2]


def _observed(account: Account, terms: UptimeTerms, state: State | None) -> Count:
    match state:
        case State.UP:
            return GOOD
        case State.DEGRADED:
            return Count(Kind.BAD, "degraded", terms.degraded) if terms.degraded else GOOD
        case State.DOWN:
            return Count(Kind.BAD, "down", WEIGHT_ONE)
        case State.MAINTENANCE:
            return _stated(account, terms)
        case None if terms.no_data != "unknown":
            return GOOD if terms.no_data == "up" else Count(Kind.BAD, "no data", WEIGHT_ONE)
    return Count(Kind.UNKNOWN, "no data" if state is None else "unknown")


def _stated(account: Account, terms: UptimeTerms) -> Count:
    if terms.notice_ms:
        return Count(Kind.BAD, "maintenance without notice", WEIGHT_ONE)
    if room(account, terms) <= 0:
        return Count(Kind.BAD, "maintenance beyond what is allowed", WEIGHT_ONE)
    return _maintained(terms, "maintenance")


def _maintained(terms: UptimeTerms, reason: str) -> Count:
    match terms.maintenance:
        case "count_up":
            return Count(Kind.GOOD, reason, maintenance=True)
        case "count_down":
            return Count(Kind.BAD, reason, WEIGHT_ONE, maintenance=True)
    return Count(Kind.EXCLUDED, reason, maintenance=True)
