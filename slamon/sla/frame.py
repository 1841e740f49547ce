"""The parts of a fact's text that do not change from fact to fact: what is said of a ticket, and of what it was promised."""

from typing import Final

from slamon.sla.clock import Clock
from slamon.sla.conditions import Fields
from slamon.sla.policy import Objective, Policy
from slamon.sla.written import Moments, has_floats, quoted, written, written_seconds, written_texts

# Semantics 3.13: the fields, and how each begins in the text.
_CONTEXT: Final = {
    "title": ',"context":{"title":', "url": ',"url":', "customer": ',"customer":', "group": ',"group":',
    "assignee": ',"assignee":',
}  # fmt: skip
CONTEXT: Final = tuple(_CONTEXT)
KEPT: Final = 4096  # frames, and targets of each: as many as there are, as long as rules do not change by the minute


def name_of(fields: Fields, field: str) -> str:
    """The field's value as a key of totals; empty where it is not set."""
    value = fields.get(field)
    return "" if value is None else str(value)


class About:
    """What all facts of one record say of its ticket."""

    def __init__(self, subject: str, source: str, fields: Fields) -> None:
        self.source, self.of = source, fields
        priority, status = fields.get("priority"), fields.get("status")
        self.status, self.group = "" if status is None else str(status), name_of(fields, "group")
        self.priority = str(priority or "")
        self.has_floats = has_floats(fields)
        self.subject = f'","source":{quoted(source)},"subject":{quoted(subject)},"clock_id":"'
        told = [',"priority":', written(priority), ',"status":', written(status)]
        for name, begin in _CONTEXT.items():
            told.append(begin)
            told.append(written(fields.get(name)))
        told.append("}")
        self.fields = "".join(told)
        self._moments: Moments | None = None

    def moments(self, start: int, at: int) -> Moments:
        """The instants of a clock, which are those of the one before it if both began and stand at the same."""
        known = self._moments
        if known is None or known.at != at or known.start != start:
            known = self._moments = Moments(start, at)
        return known


class Frame:
    """What all facts of clocks under one objective of a policy say of it: each part up to where the next value stands."""

    def __init__(self, version: str, slot: str, policy: Policy, objective: Objective) -> None:
        self.version, self.slot, self.policy, self.objective = version, slot, policy, objective
        agreement = policy.agreement.name if policy.agreement else None
        self.terms = (
            f'","slot":{quoted(slot)},"policy":{quoted(policy.name)},"policy_kind":"{policy.kind.value}"'
            f',"version":{quoted(version)},"agreement":{written(agreement)},"objective":{quoted(objective.name)}'
            f',"objective_kind":"{objective.kind.value}","cycle":'
        )
        self.hours = (
            f',"links":{written_texts(policy.links)},"explanation":{{"calendar":{quoted(objective.calendar.name)}'
            f',"zone":{quoted(objective.calendar.zone)},"start":'
        )
        self.supports = "}" if policy.supports is None else f'}},"supports":{quoted(policy.supports)}'
        self._targets: dict[str, tuple[int, str, str]] = {}  # by where it is from: milliseconds, text, what is said

    def target(self, clock: Clock) -> str:
        """The clock's target, up to the instant since when."""
        known = self._targets.get(clock.target_from)
        if known is None or known[0] != clock.target_ms or known[1] != clock.target_text:
            if len(self._targets) >= KEPT:
                self._targets.clear()
            said = (
                f'","target":{{"text":{quoted(clock.target_text)},"seconds":{written_seconds(clock.target_ms)}'
                f',"from":{quoted(clock.target_from)},"since":'
            )
            known = self._targets[clock.target_from] = (clock.target_ms, clock.target_text, said)
        return known[2]


_FRAMES: Final[dict[int, Frame]] = {}  # by the identity of the objective, which its frame keeps from being given away


def frame_of(clock: Clock, policy: Policy, objective: Objective) -> Frame:
    """What is said of the clock's terms."""
    frame = _FRAMES.get(id(objective))
    if frame is None or frame.policy is not policy or frame.version != clock.version or frame.slot != clock.slot:
        if len(_FRAMES) >= KEPT:
            _FRAMES.clear()
        frame = _FRAMES[id(objective)] = Frame(clock.version, clock.slot, policy, objective)
    return frame
