"""The demo's desk, services and promises through the engine without Kafka: what a run of so many seconds must show."""

import asyncio
from collections import Counter
from itertools import groupby
from typing import NamedTuple

from slamon.demo.board import Board
from slamon.demo.fact import read
from slamon.demo.plot import plot
from slamon.demo.worker import POLICIES
from slamon.engine.codec import decode_service, decode_ticket
from slamon.engine.limits import Limits
from slamon.engine.memory import MemoryStore
from slamon.engine.partition import Partition
from slamon.policy_file import load
from slamon.service.standings import listed
from slamon.simulation.stream import Plan, Sending, stream
from slamon.simulation.watch import Watch, beside, words
from slamon.sla.policy import Activation, PolicyBook

STEP_MS = 250


class Kept(NamedTuple):
    """A record as the engine reads it."""

    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


class Show:
    """One partition, and a board that takes what leaves it as the demo takes it from the facts topics."""

    def __init__(self, start: int) -> None:
        loaded = load([POLICIES], start)
        book = PolicyBook((Activation(loaded.valid_from or 0, loaded.policies),))
        self.store, self.board, self.counts = MemoryStore(), Board(), Counter()
        self.partition = Partition(0, 1, self.store, book, Limits())
        self._offset = 0

    def deliver(self, sendings: list[Sending], now: int) -> None:
        """The records as one batch of each topic."""
        for role, batch in groupby(sorted(sendings, key=lambda one: one.role), key=lambda one: one.role):
            rows = [Kept(self._offset + n, one.at, one.key, one.value) for n, one in enumerate(batch)]
            self._offset += len(rows)
            self._take(self.partition.on_batch(f"slamon.{role}", rows, now, now, caught_up=True))

    def tick(self, now: int) -> None:
        """Let time pass, then look at the services as the worker's port shows them."""
        more = True
        while more:
            unit = self.partition.on_tick(now, now)
            self._take(unit)
            more = unit.more

    def look(self, now: int) -> None:
        """Show on the board how the services stand."""
        told = asyncio.run(listed({0: (self.store, self.partition.rules)}, "", 40, now, lambda _: True))
        self.board.served(told.found, now)

    def _take(self, unit) -> None:
        self.store.apply(unit)
        self.counts.update(unit.counts)
        for outgoing in unit.outgoing:
            self.board.add(read(outgoing.value, outgoing.headers))


def show(seconds: float, start: int, **plan) -> Show:
    """So many seconds of the demo."""
    wanted = {"seed": 1, "rate": 2.0, "name": "INC-", **plan}
    speed = wanted.get("speed", 1.0)
    watch = Watch(start, wanted["seed"], speed=speed, plot=plot(speed))
    arriving = beside(stream(Plan(start, **wanted)), words(watch))
    shown, first = Show(start), next(arriving)
    for now in range(start, start + int(seconds * 1000), STEP_MS):
        due = []
        while first.at <= now:
            due.append(first)
            first = next(arriving)
        shown.deliver(due, now)
        shown.tick(now)
    shown.look(now)
    return shown


def event(sending: Sending):
    decode = decode_ticket if sending.role == "tickets" else decode_service
    return decode(sending.value, [], sending.key, sending.at)
