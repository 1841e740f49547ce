"""The words of monitors of many services in the order in which they are sent. Pure: the seed and the start decide everything."""

import heapq
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

import orjson

from slamon.simulation import faults
from slamon.simulation.stream import Sending
from slamon.simulation.trouble import MONITORS, Trouble, troubles
from slamon.sla.instants import render

SERVICES = ("checkout", "search", "login", "payments", "mail", "reports", "wiki", "builds")
TIERS = ("gold", "silver", "bronze")
MISSED = 5  # beats without a word, after which a monitor has none


@dataclass(frozen=True, slots=True)
class Watch:
    """What to simulate: `start` in epoch ms, a word of each monitor every `beat` seconds, `outages` a service and minute.

    `plot` is what befalls services before anything else does.
    """

    start: int
    seed: int = 0
    services: int = 3
    beat: float = 2.0
    outages: float = 0.5
    speed: float = 1.0
    bad: bool = False
    plot: Mapping[str, Sequence[Trouble]] = field(default_factory=dict)


class _Word(NamedTuple):
    at: int
    service: str
    monitor: str
    state: str
    first: bool


def names(count: int) -> list[str]:
    """So many services: known ones, then `service-9`."""
    return [SERVICES[n] if n < len(SERVICES) else f"service-{n + 1}" for n in range(count)]


def words(watch: Watch) -> Iterator[Sending]:
    """Every record in the order of its sending, without end."""
    mishaps = Random(f"{watch.seed}/mishaps")  # noqa: S311  a simulation, no secret
    waiting: list[Sending] = []
    for number, word in enumerate(_spoken(watch)):
        while waiting and waiting[0].at <= word.at:
            yield heapq.heappop(waiting)
        for sending in _sendings(watch, mishaps, word, number * 3):
            heapq.heappush(waiting, sending)


def beside(tickets: Iterable[Sending], words: Iterator[Sending]) -> Iterator[Sending]:
    """Both in the order of their sending, as long as there are tickets."""
    word = next(words)
    for sending in tickets:
        while word.at <= sending.at:
            yield word
            word = next(words)
        yield sending


def _spoken(watch: Watch) -> Iterator[_Word]:
    monitors = [_monitor(watch, service, monitor) for service in names(watch.services) for monitor in MONITORS]
    return heapq.merge(*monitors)


def _monitor(watch: Watch, service: str, monitor: str) -> Iterator[_Word]:
    """What one monitor says of one service, beat by beat."""
    # All monitors of the service draw the same troubles, each a beat of its own.
    fate = Random(f"{watch.seed}/{service}")  # noqa: S311  a simulation, no secret
    now = Random(f"{watch.seed}/{service}/{monitor}").uniform(0, watch.beat)  # noqa: S311  no secret either
    coming = troubles(fate, watch.plot.get(service, ()), watch.outages / 60, watch.speed)
    trouble, first = next(coming, None), True
    while True:
        while trouble is not None and trouble.end <= now:
            trouble = next(coming, None)
        befallen = trouble is not None and trouble.after <= now and monitor in trouble.monitors
        state = trouble.state if trouble is not None and befallen else "up"
        yield _Word(watch.start + int(now * 1000), service, monitor, state, first)
        now, first = now + watch.beat, False


def _sendings(watch: Watch, draw: Random, word: _Word, number: int) -> Iterator[Sending]:
    """The record of a word, perhaps late, perhaps again, perhaps with a broken one beside it."""
    key, record = word.service.encode(), _record(watch, word)
    value = orjson.dumps(record)
    # The first word tells which service it is: all that follows is judged by it.
    late = 0 if word.first else int(faults.lateness(draw, watch.speed) * 1000)
    yield Sending(word.at + late, number, key, value, "late" if late else "good", "uptime")
    if (again := faults.repetition(draw, watch.speed)) is not None:
        yield Sending(word.at + late + int(again * 1000), number + 1, key, value, "repeated", "uptime")
    if (broken := faults.broken(draw, record)) is not None and watch.bad:
        yield Sending(word.at, number + 2, key, broken, "broken", "uptime")


def _record(watch: Watch, word: _Word) -> dict[str, Any]:
    """The canonical record; its id is the hash of its content."""
    told = {
        "service": word.service,
        "at": render(word.at),
        "state": word.state,
        "location": word.monitor,
        "ttl": f"{math.ceil(watch.beat * MISSED)}s",
        "source": "simulation",
    }
    return told | ({"fields": _fields(word.service)} if word.first else {})


def _fields(service: str) -> dict[str, Any]:
    known = SERVICES.index(service) if service in SERVICES else len(SERVICES)
    return {"tier": TIERS[min(known, len(TIERS) - 1)], "title": service.capitalize()}
