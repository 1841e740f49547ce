"""The open clocks that are due soonest, read from the stores of this worker in slices, so that its loop goes on."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from slamon.engine.keys import is_head
from slamon.engine.look import deadlines
from slamon.engine.subjects import State, kind_of
from slamon.engine.unit import Store
from slamon.sla.clock import Clock
from slamon.sla.explain import CONTEXT, instant

MAX_WITHIN = 20_000
MAX_HEADS = 2_000  # looked at in one partition: what is due soon stands first in its index
SLICE = 100
EVER = 2**62


@dataclass(order=True, frozen=True, slots=True)
class Due:
    """One open clock that is not breached: its deadline (epoch ms) and what a person is told of it."""

    at: int
    subject: str
    objective: str
    told: dict[str, Any] = field(compare=False)


async def soonest(stores: Iterable[Store], limit: int, readable: Callable[[Store], bool]) -> tuple[list[Due], bool]:
    """At most `limit` clocks, the nearest deadline first, and whether every partition was looked at far enough.

    `readable` says whether a store is still ours: a partition may be taken away between two slices.
    """
    found: list[Due] = []
    complete = True
    for store in stores:
        nearest = _Nearest(limit)
        complete &= readable(store) and await _look(store, nearest, readable)
        found += nearest.clocks
    return heapq.nsmallest(limit, found), complete


async def within(store: Store, before: int, readable: Callable[[Store], bool]) -> AsyncIterator[tuple[int, str, str]]:
    """(due_at, policy, objective) of the open clocks due before the instant, from at most `MAX_WITHIN` tickets and services."""
    for number, (_, key) in enumerate(store.due(before, MAX_WITHIN), 1):
        if is_head(key) and (head := store.get(key)) is not None:
            for deadline in deadlines(key, head, before):
                yield deadline
        if number % SLICE == 0:
            await asyncio.sleep(0)
            if not readable(store):
                return


class _Nearest:
    """The `limit` nearest of what is added."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.clocks: list[Due] = []

    @property
    def horizon(self) -> int:
        """The instant beyond which nothing is wanted any more."""
        return self.clocks[-1].at if len(self.clocks) == self._limit else EVER

    def add(self, clocks: Iterable[Due]) -> None:
        self.clocks = heapq.nsmallest(self._limit, [*self.clocks, *clocks])


async def _look(store: Store, nearest: _Nearest, readable: Callable[[Store], bool]) -> bool:
    # A ticket or service stands in the index under the next instant to look at it, which is never after its next deadline.
    index = store.due(EVER, MAX_HEADS)
    for number, (look_at, key) in enumerate(index):
        if look_at > nearest.horizon:
            return True
        if is_head(key) and (head := store.get(key)) is not None:
            nearest.add(_clocks(key, head))
        if number % SLICE == SLICE - 1:
            await asyncio.sleep(0)
            if not readable(store):
                return False
    return len(index) < MAX_HEADS


def _clocks(key: bytes, head: bytes) -> Iterator[Due]:
    kind = kind_of(key)
    state = kind.decode_head(head)
    context = {name: state.fields.get(name) for name in CONTEXT}
    for clock in state.clocks:
        if clock.open and clock.breached_at is None and clock.due_at is not None:
            yield Due(
                clock.due_at, state.subject, clock.objective, {kind.name: state.subject, **_told(clock, state, context)}
            )


def _told(clock: Clock, state: State, context: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "objective": clock.objective,
        "policy": clock.policy,
        "slot": clock.slot,
        "clock_id": clock.id,
        "target": clock.target_text,
        "due_at": instant(clock.due_at),
        "priority": state.fields.get("priority"),
        "context": context,
    }
