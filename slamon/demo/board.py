"""What the demo has seen so far: the facts, how many of each, the clocks due next, the services. Draws nothing."""

from collections import Counter, OrderedDict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

from slamon.demo.fact import REINSTATED, WITHDRAWN, Fact
from slamon.sla.instants import parse

LAST = 40
REMEMBERED = 5_000  # facts that a correction may still name
LAGS = 2_000


@dataclass(frozen=True, slots=True)
class Next:
    """A clock that is about to breach."""

    due_at: int
    ticket: str
    objective: str
    target: str
    policy: str
    priority: str
    customer: str
    title: str


@dataclass(frozen=True, slots=True)
class Service:
    """How a service stood at `at`: what is left of its budget, and when it is gone if things stay as they are."""

    name: str
    state: str
    target: str
    availability: float
    budget_ms: int
    left_ms: int
    due_at: int | None
    breached_at: int | None
    at: int

    def left(self, now: int) -> int:
        """What is left of the budget now."""
        return self.left_ms if self.due_at is None else self.left_ms - (now - self.at)


@dataclass(slots=True)
class Board:
    """Everything a view shows; `counts` are standing facts: one that was withdrawn is not among them."""

    counts: Counter[str] = field(default_factory=Counter)
    last: deque[Fact] = field(default_factory=lambda: deque(maxlen=LAST))
    next: list[Next] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    lags: deque[int] = field(default_factory=lambda: deque(maxlen=LAGS))
    warned: dict[str, list[str]] = field(default_factory=dict)  # by service: the warnings that stand
    breached: str = ""  # the ticket or service of the newest breach
    _known: "OrderedDict[str, Fact]" = field(default_factory=OrderedDict)

    def add(self, fact: Fact) -> Fact | None:
        """The fact, completed where it is a correction; None if it was seen before, as corrections stand in two topics."""
        if fact.id in self._known:
            return None
        fact = self._corrected(fact) if fact.corrects else fact
        self._known[fact.id] = fact
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        self._count(fact)
        self.last.append(fact)
        return fact

    def _corrected(self, correction: Fact) -> Fact:
        """The correction with what is known of the fact it names."""
        meant = self._known.get(correction.corrects, correction)
        own = {name: getattr(correction, name) for name in ("what", "at", "lag_ms", "reason", "id", "of", "corrects")}
        return replace(meant, **own)

    def _count(self, fact: Fact) -> None:
        self.counts[fact.what] += 1
        if fact.of:
            self.counts[fact.of] += 1 if fact.what == REINSTATED else -1
        elif fact.what in ("warning", "breach"):
            self.lags.append(fact.lag_ms)
        if fact.state and fact.threshold:
            self._warn(fact)
        if fact.what == "breach":
            self.breached = fact.subject

    def _warn(self, fact: Fact) -> None:
        """Keep the thresholds that a service is warned of, the newest last; one that is taken back holds no more."""
        standing = [one for one in self.warned.get(fact.subject, ()) if one != fact.threshold]
        raised = fact.what == "warning" or (fact.what, fact.of) in ((REINSTATED, "warning"), (WITHDRAWN, "cleared"))
        self.warned[fact.subject] = [*standing, fact.threshold] if raised else standing

    def due(self, told: Sequence[Mapping[str, Any]]) -> None:
        """Take what the worker says of the clocks due soonest; services have a place of their own."""
        self.next = [_next(clock) for clock in told if "ticket" in clock]

    def served(self, told: Sequence[Mapping[str, Any]], at: int) -> None:
        """Take what the worker says of the services at that instant."""
        self.services = [
            _service(one["service"], clock, at) for one in told for clock in one["clocks"] if "budget" in clock
        ]

    @property
    def lag_ms(self) -> int:
        """Half of the warnings and breaches were told sooner than this after their instant."""
        return int(median(self.lags)) if self.lags else 0


def _next(clock: Mapping[str, Any]) -> Next:
    context = clock["context"]
    shown = (clock["ticket"], clock["objective"], clock["target"], clock["policy"], clock["priority"])
    return Next(parse(clock["due_at"]), *map(_text, (*shown, context["customer"], context["title"])))


def _service(name: str, clock: Mapping[str, Any], at: int) -> Service:
    budget, due_at, breached_at = clock["budget"], clock["due_at"], clock["breached_at"]
    return Service(
        name,
        clock["state"],
        clock["target"]["text"],
        1.0 if clock["availability"] is None else clock["availability"],
        int(budget["seconds"] * 1000),
        int(budget["remaining_seconds"] * 1000),
        None if due_at is None or breached_at is not None else parse(due_at),
        None if breached_at is None else parse(breached_at),
        at,
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)
