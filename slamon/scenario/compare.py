"""The outcome of a scenario against what it expects, as lines that a person reads."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from slamon.offline.wall import shown
from slamon.offline.world import Corrected
from slamon.scenario.expected import Claim, ClockClaim, differing
from slamon.scenario.read import Scenario
from slamon.scenario.run import Happened, Outcome
from slamon.sla.events import What

Got = TypeVar("Got")
Said = tuple[int, str, Mapping[str, Any]]  # when, what, and what it says
ESSENCE = ("ticket", "service", "slot", "threshold")
OF_STATEMENT = (*ESSENCE, "policy", "period")
WHATS = frozenset(what.value for what in What)


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not as expected: `-` did not happen, `+` was not expected, `~` happened otherwise."""

    sign: str
    text: str
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join([f"  {self.sign} {self.text}", *(f"      {detail}" for detail in self.details)])


def compare(scenario: Scenario, outcome: Outcome) -> list[Difference]:
    """Everything in which the outcome differs from what the scenario expects; empty if nothing does."""
    found = [*_facts(scenario, outcome)]
    if scenario.corrections is not None and outcome.corrections is not None:
        found += _corrections(scenario, outcome.corrections)
    if outcome.refused is not None:
        found += _refused(scenario.refused or (), outcome.refused)
    found += (d for claim in scenario.clocks or () for d in _clock(claim, outcome.clocks, scenario.zone))
    if scenario.clocks == () and outcome.clocks:
        found += [Difference("+", f"clock {clock['objective']} of {clock['subject']}") for clock in outcome.clocks]
    return found


def _facts(scenario: Scenario, outcome: Outcome) -> Iterator[Difference]:
    if scenario.expect is None:
        return
    claims = [_essence(claim) for claim in scenario.expect] if outcome.early else scenario.expect
    seen = [fact for fact in outcome.facts if _looked_at(fact, scenario.only)]

    def told(fact: Happened) -> Said:
        return fact.at, fact.what, fact.data

    yield from _matched(claims, seen, told, scenario.zone)


def _essence(claim: Claim) -> Claim:
    """What makes the fact the one it is (semantics 4.5); the rest is what was known when it was told."""
    names = OF_STATEMENT if claim.what == What.STATEMENT else ESSENCE
    return replace(claim, more={name: value for name, value in claim.more.items() if name in names})


def _corrections(scenario: Scenario, corrections: Sequence[Corrected]) -> Iterator[Difference]:
    def told(one: Corrected) -> Said:
        data = {**one.fact.data, "reason": one.reason, "reinstates": one.reinstates}
        return one.fact.at, one.fact.what, data

    yield from _matched(scenario.corrections or (), corrections, told, scenario.zone, "correction of ")


def _looked_at(fact: Happened, only: Sequence[str]) -> bool:
    whats = [word for word in only if word in WHATS]
    objectives = [word for word in only if word not in WHATS]
    return (not whats or fact.what in whats) and (not objectives or fact.data["objective"] in objectives)


def _matched(
    claims: Sequence[Claim],
    got: Sequence[Got],
    told: Callable[[Got], Said],
    zone: str,
    about: str = "",
) -> Iterator[Difference]:
    """What is left when every claim has taken the one that fits it best."""
    left = list(got)
    unmet: list[Claim] = []
    for claim in claims:
        exact = next((one for one in left if not _unlike(claim, told(one), zone)), None)
        if exact is None:
            unmet.append(claim)
        else:
            left.remove(exact)
    lines = [(claim.at, _unmet(claim, _taken(claim, left, told), zone, about)) for claim in unmet]
    lines += [(told(one)[0], _unexpected(told(one), zone, about)) for one in left]
    yield from (line for _, line in sorted(lines, key=lambda pair: pair[0]))


def _taken(claim: Claim, left: list[Got], told: Callable[[Got], Said]) -> Said | None:
    """What happened at the claim's instant but otherwise; it is nobody else's then."""
    near = next((one for one in left if _same(claim, told(one))), None)
    if near is None:
        return None
    left.remove(near)
    return told(near)


def _unexpected(said: Said, zone: str, about: str) -> Difference:
    at, what, data = said
    more = {name: data[name] for name in ("threshold", "reason") if data.get(name)}
    return Difference("+", about + _line(at, what, data["objective"], zone, more, data["subject"]))


def _same(claim: Claim, told: Said) -> bool:
    at, what, data = told
    return (claim.at, claim.what, claim.objective) == (at, what, data["objective"])


def _unlike(claim: Claim, told: Said, zone: str) -> list[str]:
    """Why the fact is not the claimed one; empty if it is."""
    if not _same(claim, told):
        return ["another fact"]
    more = dict(claim.more)
    reinstates = more.pop("reinstates", None)
    wrong = differing(more, told[2], zone)
    if reinstates is not None and reinstates != told[2].get("reinstates"):
        wrong.append(f"reinstates: expected {reinstates}, got {told[2].get('reinstates')}")
    return wrong


def _unmet(claim: Claim, near: Said | None, zone: str, about: str) -> Difference:
    more = {name: claim.more[name] for name in ("threshold", "reason") if claim.more.get(name)}
    subject = claim.more.get("ticket") or claim.more.get("service")
    line = about + _line(claim.at, claim.what, claim.objective, zone, more, subject)
    return Difference("-", line) if near is None else Difference("~", line, tuple(_unlike(claim, near, zone)))


def _line(at: int, what: str, objective: str | None, zone: str, more: Mapping[str, Any], subject: str | None) -> str:
    tail = ", ".join(str(value) for value in more.values())
    parts = [shown(at, zone), what, objective, f"({tail})" if tail else None, subject]
    return "  ".join(filter(None, parts))


def _refused(expected: Sequence[str], refused: Sequence[tuple[str, str]]) -> Iterator[Difference]:
    if list(expected) != [reason for reason, _ in refused]:
        told = ", ".join(reason for reason, _ in refused) or "none"
        details = tuple(message for _, message in refused)
        yield Difference("~", f"refused: expected {', '.join(expected) or 'none'}, got {told}", details)


def _clock(claim: ClockClaim, clocks: Sequence[Mapping[str, Any]], zone: str) -> Iterator[Difference]:
    called = f"clock {claim.objective} of {claim.subject}"
    wanted = {key: claim.more[key] for key in ("cycle", "slot", "policy") if key in claim.more}
    own = [c for c in clocks if (c["subject"], c["objective"]) == (claim.subject, claim.objective)]
    chosen = [clock for clock in own if all(clock[key] == value for key, value in wanted.items())]
    if not chosen:
        there = ", ".join(f"{key} {value}" for key, value in wanted.items())
        yield Difference("-", f"{called}{f' with {there}' if there else ''}: there is none")
        return
    newest = max(chosen, key=lambda clock: (clock["slot"].split("/")[0] == "sla", clock["cycle"]))
    wrong = differing(claim.more, newest, zone)
    if wrong:
        yield Difference("~", called, tuple(wrong))
