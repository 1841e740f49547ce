"""The records of many tickets in the order in which they are sent. Pure: the seed and the start decide everything."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import orjson

from slamon.simulation import faults
from slamon.simulation.life import Life, Moment
from slamon.sla.instants import render


@dataclass(frozen=True, slots=True)
class Plan:
    """What to simulate: `start` in epoch ms, `rate` in tickets a second, `tickets` None = without end."""

    start: int
    seed: int = 0
    rate: float = 1.0
    speed: float = 1.0
    tickets: int | None = None
    bad: bool = False
    name: str = "SIM-"


@dataclass(order=True, frozen=True, slots=True)
class Sending:
    """One record to send to the topic of a role at an instant (epoch ms); `what` is good, late, repeated or broken."""

    at: int
    number: int
    key: bytes = field(compare=False)
    value: bytes = field(compare=False)
    what: str = field(default="good", compare=False)
    role: str = field(default="tickets", compare=False)


def stream(plan: Plan) -> Iterator[Sending]:
    """Every record in the order of its sending; holds only the tickets that are open."""
    waiting: list[Sending] = []
    for born, ticket_number in _births(plan):
        while waiting and waiting[0].at <= born:
            yield heapq.heappop(waiting)
        for sending in _ticket(plan, born, ticket_number):
            heapq.heappush(waiting, sending)
    while waiting:
        yield heapq.heappop(waiting)


def _births(plan: Plan) -> Iterator[tuple[int, int]]:
    """When each ticket is created, and its number; the gaps are those of independent callers."""
    draw, after, number = Random(f"{plan.seed}/births"), 0.0, 0  # noqa: S311  a simulation, no secret
    while plan.tickets is None or number < plan.tickets:
        number += 1
        yield plan.start + int(after * 1000), number
        after += draw.expovariate(plan.rate)


def _ticket(plan: Plan, born: int, number: int) -> Iterator[Sending]:
    ticket = f"{plan.name}{1000 + number}"
    draw = Random(f"{plan.seed}/{number}")  # noqa: S311  a simulation, no secret
    # Of its own, so that `bad` changes no ticket's life.
    mishaps = Random(f"{plan.seed}/{number}/mishaps")  # noqa: S311  a simulation, no secret
    for index, moment in enumerate(Life(ticket, draw, plan.speed).live()):
        yield from _moment(plan, mishaps, _Place(ticket, born, number * 1000 + index * 3), moment, index)


@dataclass(frozen=True, slots=True)
class _Place:
    ticket: str
    born: int
    number: int  # of the sending, unique; three for each moment


def _moment(plan: Plan, draw: Random, place: _Place, moment: Moment, index: int) -> Iterator[Sending]:
    """The record of a moment, perhaps late, perhaps again, perhaps with a broken one beside it."""
    at, key, number = place.born + int(moment.after * 1000), place.ticket.encode(), place.number
    record = record_of(place.ticket, index, at, moment)
    value = orjson.dumps(record)
    late = int(faults.lateness(draw, plan.speed) * 1000) if index else 0
    yield Sending(at + late, number, key, value, "late" if late else "good")
    if (again := faults.repetition(draw, plan.speed)) is not None:
        yield Sending(at + late + int(again * 1000), number + 1, key, value, "repeated")
    if (broken := faults.broken(draw, record)) is not None and plan.bad:
        yield Sending(at, number + 2, key, broken, "broken")


def record_of(ticket: str, index: int, at: int, moment: Moment) -> dict[str, Any]:
    """The canonical ticket record of a moment."""
    return {
        "ticket": ticket,
        "id": f"{ticket}/{index}",
        "at": render(at),
        "revision": index,
        "source": "simulation",
        **moment.told,
    }
