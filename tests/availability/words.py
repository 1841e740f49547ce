"""What is heard of a service, read word by word: what each monitor says at an instant, what they say together, what was announced."""

from collections.abc import Sequence
from dataclasses import dataclass

from slamon.sla.events import ServiceEvent, State
from slamon.sla.policy import Policy
from slamon.sla.uptime_terms import UptimeTerms

BADNESS = [State.UP, State.DEGRADED, State.DOWN]
FOREVER = 1 << 60


@dataclass(frozen=True)
class Word:
    """What one monitor says during `[at, until)`; after `lapses` it says nothing any more."""

    monitor: tuple[str, ...]
    at: int
    until: int
    lapses: int
    state: State


@dataclass(frozen=True)
class Window:
    """Maintenance planned for `[start, end)`: announced at an instant, it stands during `[since, until)`."""

    start: int
    end: int
    announced: int = 0
    since: int = 0
    until: int = FOREVER

    def accepted(self, terms: UptimeTerms) -> bool:
        return terms.notice_ms is None or self.start - self.announced >= terms.notice_ms


def heard(policy: Policy, events: Sequence[ServiceEvent]) -> list[ServiceEvent]:
    """The records this policy hears, each id once, in the order of semantics 3.4."""
    mine = policy.agreement.customer if policy.agreement else None
    once = {event.id: event for event in events if event.customer in (None, mine)}
    return sorted(once.values(), key=lambda event: event.order)


def monitor(record: ServiceEvent) -> tuple[str, ...]:
    """Whose word it is."""
    return (record.location,)


def planner(record: ServiceEvent) -> tuple[str, ...]:
    """Whose announcement it is, and of what."""
    return (record.announced.name,)


def words(terms: UptimeTerms, records: Sequence[ServiceEvent]) -> list[Word]:
    """Every word of every monitor; of two for one instant the last in order stands."""
    found = []
    for place in sorted({monitor(one) for one in records if one.state is not None}):
        told = {one.at: one for one in records if monitor(one) == place and one.state is not None}
        instants = sorted(told)
        for at, until in zip(instants, [*instants[1:], FOREVER], strict=True):
            hold = terms.stale_after_ms if told[at].ttl is None else told[at].ttl
            found.append(Word(place, at, until, FOREVER if hold is None else at + hold, told[at].state))
    return found


def announcements(records: Sequence[ServiceEvent]) -> list[Window]:
    """What each record announces, in force until the next one of that name (semantics 5.4)."""
    found = []
    for plan in sorted({planner(one) for one in records if one.announced}):
        told = {one.at: one.announced for one in records if one.announced and planner(one) == plan}
        instants = sorted(told)
        since = 0
        for before, at, until in zip([None, *instants], instants, [*instants[1:], FOREVER], strict=False):
            if before is None or told[before] != told[at]:
                since = at  # said again unchanged, it was announced before
            found.append(Window(told[at].start, told[at].end, since, at, until))
    return found


def together(terms: UptimeTerms, said: Sequence[Word], at: int) -> State:
    """What all monitors say of the service at an instant."""
    now = [word for word in said if word.at <= at < word.until]
    states = [word.state for word in now if at < word.lapses]
    if State.MAINTENANCE in states:
        return State.MAINTENANCE
    votes = [BADNESS.index(state) for state in states if state in BADNESS]
    if votes:
        return BADNESS[_vote(terms.quorum, votes)]
    lapsed = any(word.lapses <= at for word in now)
    return State(terms.no_data) if lapsed else State.UNKNOWN


def _vote(quorum: str, votes: Sequence[int]) -> int:
    if quorum == "any":
        return max(votes)
    if quorum == "all":
        return min(votes)
    return max(bad for bad in (0, 1, 2) if bad == 0 or 2 * sum(vote >= bad for vote in votes) > len(votes))
