"""A scenario -> its outcome, in four ways that must agree: streamed, folded, restarted after every step, shuffled."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from slamon.engine.limits import Limits
from slamon.engine.look import look_at_service
from slamon.offline.machine import Machine
from slamon.offline.world import Corrected
from slamon.scenario.read import Scenario
from slamon.sla.coverage import Rules
from slamon.sla.events import ServiceEvent, TicketEvent
from slamon.sla.explain import describe
from slamon.sla.fold import Fold, refold
from slamon.sla.instants import LATEST_MS
from slamon.sla.service_explain import describe as describe_service
from slamon.sla.service_fold import ServiceFold, refold_service
from slamon.sla.ticket import Ticket

SHUFFLES = 5
FOR_EVER = 200 * 365 * 86_400_000


@dataclass(frozen=True, slots=True)
class Happened:
    """A fact that stands in the end, with everything its reader is told."""

    at: int
    what: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run leads to; corrections and refusals only where records arrive as the scenario says.

    `early`: facts may have left before late records came. Those that still stand were told in the words of then.
    """

    facts: list[Happened]
    clocks: list[Mapping[str, Any]]
    early: bool = False
    corrections: list[Corrected] | None = None
    refused: list[tuple[str, str]] | None = None


def run(scenario: Scenario, mode: str = "stream") -> list[Outcome]:
    """The outcomes of the scenario in one of MODES."""
    return MODES[mode](scenario)


def until_of(scenario: Scenario) -> int:
    """The last instant that counts: the scenario's own, or that of the last thing that time brings."""
    if scenario.until is not None:
        return scenario.until
    facts = [fact.at for fold in _folds(scenario, LATEST_MS) for fact in fold.step.added.values()]
    records = [at for arrival in scenario.arrivals for at in (arrival.at, arrival.event.at)]
    return max([*facts, *records, *scenario.ticks])


def _stream(scenario: Scenario) -> list[Outcome]:
    """Records arrive when the scenario says, and partition time passes at its ticks."""
    machine = Machine(scenario.book, scenario.limits)
    ticks = list(scenario.ticks)
    passed: int | None = None
    for arrival in scenario.arrivals:
        while ticks and ticks[0] < arrival.at:
            passed = ticks.pop(0)
            machine.tick(passed)
        machine.deliver([(arrival.event, arrival.stamp)], max(arrival.at, passed or 0), passed)
    for tick in ticks:
        machine.tick(tick)
    outcome = _ended(machine, until_of(scenario))
    refused = [
        (_header(letter.headers, "reason"), _header(letter.headers, "message")) for letter in machine.world.refused
    ]
    return [replace(outcome, corrections=machine.world.corrections, refused=refused)]


def _fold(scenario: Scenario) -> list[Outcome]:
    """The rules alone, record by record, without any engine."""
    until = until_of(scenario)
    folds = _folds(scenario, until + 1)
    facts = [fact for fold in folds for fact in fold.step.added.values() if not fact.draft and fact.at <= until]
    clocks = [clock for fold in folds for clock in _clocks(fold, until)]
    happened = [Happened(fact.at, fact.what.value, fact.body) for fact in facts]
    return [Outcome(sorted(happened, key=lambda fact: fact.at), clocks)]


def _restarted(scenario: Scenario) -> list[Outcome]:
    """A new Partition over the same store after every step, and a tick after every record."""
    machine = Machine(scenario.book, _patient(scenario.limits))
    present = 0
    for arrival in scenario.arrivals:
        present = max(present, arrival.at)
        machine.deliver([(arrival.event, max(present, arrival.event.at))], present, present)
        machine.rebuild()
        machine.tick(present)
        machine.rebuild()
    return [replace(_ended(machine, until_of(scenario)), early=True)]


def _shuffled(scenario: Scenario) -> list[Outcome]:
    """Arrival in any order, every record twice, partition time passing now and then."""
    until = until_of(scenario)
    machines = (_shuffle(scenario, Random(seed), until) for seed in range(SHUFFLES))  # noqa: S311 it shuffles
    return [replace(_ended(machine, until), early=True) for machine in machines]


def _shuffle(scenario: Scenario, chance: Random, until: int) -> Machine:
    machine = Machine(scenario.book, _patient(scenario.limits))
    events = [arrival.event for arrival in scenario.arrivals] * 2
    chance.shuffle(events)
    passed = 0
    for event in events:
        machine.deliver([(event, max(until, event.at))], until)
        if chance.random() < 0.3:
            machine.tick(passed := max(passed, event.at))
    return machine


MODES: Mapping[str, Callable[[Scenario], list[Outcome]]] = {
    "stream": _stream,
    "fold": _fold,
    "restarted": _restarted,
    "shuffled": _shuffled,
}


def _patient(limits: Limits) -> Limits:
    """Limits under which no order is too late and nothing is forgotten."""
    return replace(limits, max_lateness_ms=FOR_EVER, retention_ms=FOR_EVER)


def _ended(machine: Machine, until: int) -> Outcome:
    machine.tick(until + machine.limits.allowed_lateness_ms + 1)
    facts = [Happened(told.at, told.what, told.data) for told in machine.world.standing()]
    rules = machine.partition.rules
    store = machine.store
    clocks = [clock for ticket in machine.tickets() for clock in _of_ticket(rules, ticket, until)]
    for service in machine.services():
        told = look_at_service(store, rules, service.subject, until)
        clocks += told["clocks"] if told is not None else []
    return Outcome(facts, clocks)


def _clocks(fold: Fold | ServiceFold, until: int) -> Iterable[Mapping[str, Any]]:
    """Every clock as it stands at the instant, drafts beside the others; of statements there is none."""
    if isinstance(fold, Fold):
        return _of_ticket(fold.rules, fold.ticket, until)
    kept = (*fold.service.past, *fold.service.clocks)
    return [describe_service(fold, clock, until) for clock in kept if clock.objective]


def _of_ticket(rules: Rules, ticket: Ticket, until: int) -> Iterable[Mapping[str, Any]]:
    for clock in (*ticket.past, *ticket.clocks):
        policy, objective = rules.coverage(clock.version).objectives[clock.policy, clock.objective]
        yield describe(clock, policy, objective, ticket.subject, ticket.fields, until)


def _folds(scenario: Scenario, before: int) -> list[Fold | ServiceFold]:
    rules = Rules(scenario.book)
    tickets: dict[str, dict[str, TicketEvent]] = {}
    services: dict[str, dict[str, ServiceEvent]] = {}
    for event in (arrival.event for arrival in scenario.arrivals):
        if isinstance(event, ServiceEvent):
            services.setdefault(event.service, {}).setdefault(event.id, event)
        else:
            tickets.setdefault(event.ticket, {}).setdefault(event.id, event)
    return [
        *(refold(rules, name, records.values(), before) for name, records in sorted(tickets.items())),
        *(refold_service(rules, name, records.values(), before) for name, records in sorted(services.items())),
    ]


def _header(headers: Iterable[tuple[str, bytes]], name: str) -> str:
    return next((value.decode() for key, value in headers if key == name), "")
