"""What each objective needs from its sources, and what a source lacks for it (semantics 3.14)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from slamon.sla.conditions import All, Any, Changed, Condition, Event, Field, Not
from slamon.sla.events import Kind
from slamon.sla.policy import Objective, ObjectiveKind
from slamon.sources import SOURCES
from slamon.sources.source import Source

Signals = frozenset[str]
ANYTHING: Signals = frozenset()  # no signal is needed


@dataclass(frozen=True, slots=True)
class Needs:
    """The signals of which one is enough to start, and of which one is enough to stop."""

    start: Signals
    stop: Signals


_OUTAGES = Needs(frozenset({"down"}), frozenset({"up"}))
_END = frozenset({"resolved", "closed", "status"})
NEEDS: Mapping[ObjectiveKind, Needs] = {
    ObjectiveKind.FIRST_RESPONSE: Needs(frozenset({"created"}), frozenset({"public_reply"})),
    ObjectiveKind.NEXT_RESPONSE: Needs(frozenset({"customer_message"}), frozenset({"public_reply"})),
    ObjectiveKind.PERIODIC_UPDATE: Needs(frozenset({"created"}), frozenset({"public_reply"})),
    ObjectiveKind.ACKNOWLEDGE: Needs(frozenset({"created"}), frozenset({"acknowledged"})),
    ObjectiveKind.ASSIGN: Needs(frozenset({"created"}), frozenset({"assigned"})),
    ObjectiveKind.RESOLUTION: Needs(frozenset({"created"}), _END),
    ObjectiveKind.GROUP_OWNERSHIP: Needs(frozenset({"group"}), frozenset({"group"}) | _END),
    ObjectiveKind.AVAILABILITY: _OUTAGES,
    ObjectiveKind.LONGEST_OUTAGE: _OUTAGES,
    ObjectiveKind.OUTAGES: _OUTAGES,
    ObjectiveKind.MTTR: _OUTAGES,
    ObjectiveKind.MTBF: _OUTAGES,
}
_FIELDS: Mapping[str, Signals] = {
    "status": frozenset({"status"}),
    "priority": frozenset({"priority"}),
    "group": frozenset({"group"}),
    "assignee": frozenset({"assigned"}),
}
_KINDS: Mapping[Kind, Signals] = {
    Kind.CREATED: frozenset({"created"}),
    Kind.ACKNOWLEDGED: frozenset({"acknowledged"}),
    Kind.ASSIGNED: frozenset({"assigned"}),
    Kind.RESOLVED: frozenset({"resolved"}),
    Kind.CLOSED: frozenset({"closed"}),
    Kind.REOPENED: frozenset({"reopened"}),
    Kind.DELETED: frozenset({"deleted"}),
}
_ONLY_CANONICAL = frozenset({Kind.PAUSED, Kind.RESUMED})
_WORDS: Mapping[str, str] = {
    "created": "the creation of a ticket",
    "public_reply": "public replies by agents",
    "customer_message": "messages by customers",
    "acknowledged": "acknowledgements",
    "assigned": "assignments",
    "resolved": "resolutions",
    "closed": "closures",
    "reopened": "reopenings",
    "status": "the status",
    "priority": "the priority",
    "group": "the group",
    "deleted": "deletions",
    "down": "that a service is down",
    "up": "that a service is up",
}


def missing(source: str | Source | Iterable[str], objective: Objective) -> list[str]:
    """Why the objective can't be started or stopped by the source, or by several together; empty if it can.

    One sentence each for start and stop. A source that slamon does not know is not judged here.
    """
    found = _sources(source)
    if not found:
        return []
    shows = frozenset[str]().union(*(each.shows for each in found))
    whole = any(each.name == "canonical" for each in found)
    who = " and ".join(f"'{each.name}'" for each in found)
    needs = NEEDS.get(objective.kind)
    parts = (
        ("start", objective.start, needs.start if needs else ANYTHING),
        ("stop", objective.stop, needs.stop if needs else ANYTHING),
    )
    return [
        f"{who} can never {verb} '{objective.name}': it does not show {_listed(lacks)}"
        for verb, condition, builtin in parts
        if (lacks := _lacks(shows, whole, condition, builtin))
    ]


def _lacks(shows: Signals, whole: bool, condition: Condition | None, builtin: Signals) -> Signals:
    if condition is None:
        return builtin if builtin and not builtin & shows else ANYTHING
    if whole or possible(condition, shows):
        return ANYTHING
    return (_named(condition) - shows) or _named(condition)


def possible(condition: Condition, shows: Signals) -> bool:
    """Whether records with these signals can make the condition true; fields that no signal stands for always can be."""
    match condition:
        case Field() | Changed():
            return _FIELDS.get(condition.name, ANYTHING) <= shows
        case Event():
            return any(_can_say(condition, kind, shows) for kind in condition.kinds)
        case All(parts):
            return all(possible(part, shows) for part in parts)
        case Any(parts):
            return any(possible(part, shows) for part in parts)
        case Not():
            return True


def _can_say(event: Event, kind: Kind, shows: Signals) -> bool:
    if kind in _ONLY_CANONICAL:
        return False
    if kind is Kind.REPLIED:
        return bool(_replies(event) & shows)
    return _KINDS.get(kind, ANYTHING) <= shows


def _replies(event: Event) -> Signals:
    signals = {"agent": {"public_reply"}, "customer": {"customer_message"}}
    return frozenset(signals.get(event.by or "", {"public_reply", "customer_message"}))


def _named(condition: Condition) -> Signals:
    match condition:
        case Field() | Changed():
            return _FIELDS.get(condition.name, ANYTHING)
        case Event(kinds):
            found = (
                _replies(condition) if kind is Kind.REPLIED else _KINDS.get(kind, frozenset({kind.value}))
                for kind in kinds
            )
            return ANYTHING.union(*found)
        case All(parts) | Any(parts):
            return ANYTHING.union(*map(_named, parts))
        case Not(part):
            return _named(part)


def _sources(source: str | Source | Iterable[str]) -> list[Source]:
    if isinstance(source, Source):
        return [source]
    names = [source] if isinstance(source, str) else list(source)
    found = [SOURCES.get(name) for name in names]
    return [each for each in found if each is not None] if all(found) else []


def _listed(signals: Signals) -> str:
    return " or ".join(_WORDS.get(signal, f"the event '{signal}'") for signal in sorted(signals))
