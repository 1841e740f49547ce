"""The open clocks that are due soonest, read from the stores of this worker in slices, so that its loop goes on."""

import asyncio
import heapq
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from slamon.engine.keys import is_head
from slamon.engine.look import deadlines
from slamon.engine.subjects import State, kind_of
from slamon.engine.unit import Store
from slamon.service.slices import Slices
from slamon.sla.clock import Clock
from slamon.sla.conditions import Fields, same
from slamon.sla.explain import instant
from slamon.sla.frame import CONTEXT

MAX_WITHIN = 20_000
MAX_HEADS = 5_000  # looked at in one partition: what is due soon stands first in its index
PAGE = 20  # rows of the index, some 0.2 ms with their heads
SHARE = 0.02  # of the loop
SLICE = 100
LOOK_SECONDS = 1.2  # for all partitions together: other workers wait 2 s for the answer
EVER = 2**62


class Indexed(Store, Protocol):
    """A store of which a walk over the timer index goes on while others write to it."""

    def index(self, before: int) -> Iterator[tuple[int, bytes]]: ...


@dataclass(order=True, frozen=True, slots=True)
class Due:
    """One open clock that is not breached: its deadline (epoch ms) and what a person is told of it."""

    at: int
    clock_id: str
    told: dict[str, Any] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which clocks: at most `limit`, behind the place (due_at, clock_id), due before an instant, of these names alone."""

    limit: int
    after: tuple[int, str] = (-1, "")
    before: int = EVER
    policy: str | None = None
    customer: str | None = None
    group: str | None = None

    def head(self, fields: Fields) -> bool:
        """Whether clocks with these fields are wanted; text compares without case, as in policies."""
        asked = (("customer", self.customer), ("group", self.group))
        return all(value is None or same(fields.get(name), value) for name, value in asked)

    def clock(self, clock: Clock) -> bool:
        """Whether an open clock of a wanted head is."""
        if clock.due_at is None or clock.due_at >= self.before or (clock.due_at, clock.id) <= self.after:
            return False
        return self.policy is None or same(clock.policy, self.policy)


async def soonest(
    stores: Iterable[Indexed], wanted: Wanted, readable: Callable[[Store], bool]
) -> tuple[list[Due], bool]:
    """The clocks wanted, the nearest deadline first, and whether every partition was looked at far enough.

    `readable` says whether a store is still ours: a partition may be taken away between two slices.
    """
    found: list[Due] = []
    complete, every, began = True, list(stores), time.monotonic()
    for number, store in enumerate(every, 1):
        nearest = _Nearest(wanted)
        until = began + LOOK_SECONDS * number / len(every)
        complete &= readable(store) and await _look(store, nearest, readable, until)
        found += nearest.clocks
    return heapq.nsmallest(wanted.limit, found), complete


async def within(store: Indexed, before: int, readable: Callable[[Store], bool]) -> AsyncIterator[tuple[int, str, str]]:
    """(due_at, policy, objective) of the open clocks due before the instant, from at most `MAX_WITHIN` tickets and services."""
    slices = Slices(SHARE)
    # One walk from the beginning to the end: each page found its place anew, behind what had fired there meanwhile.
    index = islice(store.index(before), MAX_WITHIN)
    while keys := [key for _, key in islice(index, PAGE)]:
        heads = [key for key in keys if is_head(key)]
        for key, head in zip(heads, store.together(heads), strict=True):
            if head is not None:
                for deadline in deadlines(key, head, before):
                    yield deadline
        if await slices.pause() and not readable(store):
            return


class _Nearest:
    """The nearest of what is added."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.clocks: list[Due] = []

    @property
    def horizon(self) -> int:
        """The instant beyond which nothing is wanted any more."""
        return self.clocks[-1].at if len(self.clocks) == self.wanted.limit else self.wanted.before

    def add(self, clocks: Iterable[Due]) -> None:
        self.clocks = heapq.nsmallest(self.wanted.limit, [*self.clocks, *clocks])


async def _look(store: Indexed, nearest: _Nearest, readable: Callable[[Store], bool], until: float) -> bool:
    # A ticket or service stands in the index under the next instant to look at it, which is never after its next deadline.
    seen = 0
    for seen, (look_at, key) in enumerate(islice(store.index(EVER), MAX_HEADS), 1):
        if look_at > nearest.horizon:
            return True
        if is_head(key) and (head := store.get(key)) is not None:
            nearest.add(_clocks(key, head, nearest.wanted))
        if seen % SLICE == 0:
            await asyncio.sleep(0)
            if not readable(store) or time.monotonic() > until:
                return False
    return seen < MAX_HEADS


def _clocks(key: bytes, head: bytes, wanted: Wanted) -> Iterator[Due]:
    kind = kind_of(key)
    state = kind.decode_head(head)
    if not wanted.head(state.fields):
        return
    context = {name: state.fields.get(name) for name in CONTEXT}
    for clock in state.clocks:
        if clock.open and clock.breached_at is None and clock.due_at is not None and wanted.clock(clock):
            yield Due(clock.due_at, clock.id, {kind.name: state.subject, **_told(clock, state, context)})


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
