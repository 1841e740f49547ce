"""What one step of a fold leads to: facts that became true, facts that are true no longer, things to count."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from slamon.sla.clock import Clock, named
from slamon.sla.events import Fact, Labels, What
from slamon.sla.explain import threshold_text
from slamon.sla.policy import Threshold

KEPT_FACTS: Final = 1000  # of one clock: one that flaps on and on still breaches and ends, but warns no more
ENDS: Final = (What.MET.value, What.MISSED.value, What.CANCELLED.value)


def fact_id(clock_id: str, what: str, threshold: str | None, at: int) -> str:
    """The fact's name for ever: it knows no worker, no offset and no clock on the wall (semantics 4.5)."""
    return named(f"{clock_id}\x1f{what}\x1f{threshold or ''}\x1f{at}")


def noted(clock: Clock, what: What, at: int, name: str | None) -> bool:
    """Note on the clock that the fact stands; False where it has too many of its kind."""
    if len(clock.facts) >= KEPT_FACTS and (what is What.WARNING or what is What.CLEARED):
        return False
    clock.facts.append((what.value, name, at))
    return True


def labels_of(body: dict[str, Any]) -> Labels:
    """What a fact with this body is counted under."""
    objective, priority = body["objective"] or "", str(body.get("priority") or "")  # a statement is of a whole period
    return body["policy"], objective, priority, body["policy_kind"]


class Subject(Protocol):
    """A ticket or a service: what clocks are about."""

    subject: str
    source: str
    clocks: list[Clock]
    past: list[Clock]


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A fact that stood before this step and does not any more."""

    id: str
    clock_id: str
    what: str
    threshold: str | None
    at: int
    reason: str
    since: int  # the instant that made it untrue
    draft: bool = False


class Step:
    """Gathers what a fold asserts and takes back, in order."""

    def __init__(self) -> None:
        self.added: dict[str, Fact] = {}
        self.withdrawn: list[Withdrawn] = []
        self.counted: list[tuple[str, tuple[str, ...]]] = []

    def assert_(
        self,
        subject: Subject,
        clock: Clock,
        what: What,
        at: int,
        threshold: Threshold | None,
        reason: str | None,
        tell: Callable[[], dict[str, Any]],
        variant: str | None = None,
    ) -> None:
        """Remember a fact of the clock; `tell` gives its body, the clock as it stands at `at`.

        `variant` stands in for the threshold in the name of a fact that would be another one with other contents.
        """
        name = variant if threshold is None else threshold.name
        if not noted(clock, what, at, name):
            return
        body = tell()
        if threshold is not None:
            body |= json.loads(f"{{{threshold_text(threshold)[1:]}}}")
        if reason is not None:
            body["reason"] = reason
        self.add(clock, what, subject.subject, at, name, labels_of(body), None, body)

    def add(
        self, clock: Clock, what: What, subject: str, at: int, name: str | None, labels: Labels, text: str | None,
        values: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Remember a fact that the clock has noted."""
        key = fact_id(clock.id, what.value, name, at)
        self.added[key] = Fact(key, what, subject, clock.id, at, name, clock.draft, labels, text, values)

    def take_back_end(self, clock: Clock, reason: str, since: int) -> None:
        """Withdraw the verdict or cancellation that the clock ended with."""
        for fact in [f for f in clock.facts if f[0] in ENDS]:
            clock.facts.remove(fact)
            what, threshold, at = fact
            key = fact_id(clock.id, what, threshold, at)
            if self.added.pop(key, None) is None:
                self.withdrawn.append(Withdrawn(key, clock.id, what, threshold, at, reason, since, clock.draft))

    def count(self, name: str, *labels: str) -> None:
        """Count something that operators must see."""
        self.counted.append((name, labels))


def standing(subject: Subject) -> dict[str, Withdrawn]:
    """Every fact that stands for the subject's clocks, by id, in the form of its possible withdrawal."""
    found = {}
    for clock in (*subject.past, *subject.clocks):
        for what, threshold, at in clock.facts:
            key = fact_id(clock.id, what, threshold, at)
            found[key] = Withdrawn(key, clock.id, what, threshold, at, "late_record", at, clock.draft)
    return found


def verdicts(subject: Subject) -> dict[str, tuple[int | None, int]]:
    """When it was breached, and how much time counted, of every clock whose end stands, by the id of that fact."""
    return {
        fact_id(clock.id, what, threshold, at): (clock.breached_at, clock.elapsed_ms)
        for clock in (*subject.past, *subject.clocks)
        for what, threshold, at in clock.facts
        if what in ENDS
    }
