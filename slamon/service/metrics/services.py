"""The gauges of services: what each is made of, and which services have a label value of their own."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isnan, nan
from typing import Any

from slamon.engine.look import Standing
from slamon.service.metrics.catalogue import OTHER, OWN
from slamon.sla.instants import parse

EVERY = 10.0  # seconds between two looks at most
MAX_SEEN = 200  # others of a worker; beyond them they are `other`, where the worst of them is shown

Standings = Sequence[tuple[str, Sequence[Standing]]]  # of each service
Values = dict[tuple[str, ...], float]
STATES = OWN["slamon_service_state"]["state"]


@dataclass(frozen=True, slots=True)
class Gauge:
    """One figure of a standing; `blank` where there is none (yet), `worse` chooses between two under one label value."""

    of: Callable[[Mapping[str, Any]], float | None]
    blank: float
    worse: Callable[[float, float], float]


def _figure(*path: str) -> Callable[[Mapping[str, Any]], float | None]:
    def read(told: Mapping[str, Any]) -> float | None:
        value: Any = told
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        return None if value is None else float(value)

    return read


def _left(told: Mapping[str, Any]) -> float | None:
    used = _figure("budget", "used_ratio")(told)
    return None if used is None else 1 - used


def _broken(told: Mapping[str, Any]) -> float | None:
    at = told.get("breached_at")
    return None if at is None else parse(at) / 1000


BUDGETS: Mapping[str, Gauge] = {
    "slamon_availability_ratio": Gauge(_figure("availability"), nan, min),
    "slamon_budget_seconds": Gauge(_figure("budget", "seconds"), nan, min),
    "slamon_budget_remaining_seconds": Gauge(_figure("budget", "remaining_seconds"), nan, min),
    "slamon_budget_remaining_ratio": Gauge(_left, nan, min),
}
FIGURES: Mapping[str, Gauge] = {
    "slamon_downtime_seconds": Gauge(_figure("downtime_seconds"), 0, max),
    "slamon_excluded_seconds": Gauge(_figure("excluded_seconds"), 0, max),
    "slamon_unknown_seconds": Gauge(_figure("unknown_seconds"), 0, max),
    "slamon_outages": Gauge(_figure("outages"), 0, max),
}
FAMILIES = (
    "slamon_service_state", "slamon_burn_rate", "slamon_time_to_breach_seconds", "slamon_breach_timestamp_seconds",
    *BUDGETS, *FIGURES,
)  # fmt: skip


class Services:
    """The services of the owned partitions, by partition."""

    def __init__(self, pair: Callable[[str, str], tuple[str, str]], named: Collection[str]) -> None:
        """`pair` folds policy and objective; `named` are the services that policies name."""
        self._pair, self._named = pair, named
        self._held: dict[int, tuple[int, Standings]] = {}
        self._own: set[str] = set()  # have a label value

    def put(self, number: int, standings: Standings, now: int) -> None:
        """How the services of the partition stand at the instant."""
        self._held[number] = now, standings

    def drop(self, owned: Collection[int]) -> bool:
        """Forget the partitions that are owned no more; whether there were any."""
        gone = self._held.keys() - owned
        for number in gone:
            del self._held[number]
        return bool(gone)

    def values(self) -> dict[str, Values]:
        """The gauges by family."""
        self._name()
        made = _Made(self._pair)
        for now, standings in self._held.values():
            for service, clocks in standings:
                label = service if service in self._named or service in self._own else OTHER
                for standing in clocks:
                    made.add(label, standing, now)
                made.say(label, clocks)
        return made.values

    def _name(self) -> None:
        """Those that have a name keep it as long as they are here; then others, until there are enough."""
        here = {service for _, standings in self._held.values() for service, _ in standings} - set(self._named)
        self._own &= here
        self._own.update(sorted(here - self._own)[: MAX_SEEN - len(self._own)])


@dataclass(slots=True)
class _Made:
    pair: Callable[[str, str], tuple[str, str]]
    values: dict[str, Values] = field(default_factory=lambda: {family: {} for family in FAMILIES})

    def add(self, service: str, standing: Standing, now: int) -> None:
        told = standing.told
        promise, kind = (*self.pair(told["policy"], told["objective"]), service), told["policy_kind"]
        measured = BUDGETS if told["objective_kind"] == "availability" else {}
        for family, gauge in (*measured.items(), *FIGURES.items()):
            found = gauge.of(told)
            self._put(family, promise, gauge.blank if found is None else found, gauge.worse)
        self._put("slamon_time_to_breach_seconds", (*promise, kind), _ahead(told, now), min)
        self._put("slamon_breach_timestamp_seconds", (*promise, kind), _broken(told) or 0, max)
        for burn in standing.burns:
            self._put("slamon_burn_rate", (*promise, kind, burn.factor, burn.window), burn.speed, max)

    def say(self, service: str, clocks: Sequence[Standing]) -> None:
        """The state of a service, once for each policy; under `other` services are counted."""
        said = self.values["slamon_service_state"]
        heard = {self.pair(told["policy"], told["objective"])[0]: told["state"] for told, _ in clocks}
        for policy, state in heard.items():
            for each in STATES:
                key = (policy, service, each)
                said[key] = said.get(key, 0) + (each == state)

    def _put(self, family: str, key: tuple[str, ...], value: float, worse: Callable[[float, float], float]) -> None:
        values = self.values[family]
        known = values.get(key)
        values[key] = value if known is None or isnan(known) else known if isnan(value) else worse(known, value)


def _ahead(told: Mapping[str, Any], now: int) -> float:
    if told.get("breached_at") is not None:
        return 0
    due_at = told.get("due_at")
    return inf if due_at is None else max(0, parse(due_at) - now) / 1000
