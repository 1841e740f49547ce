"""What all tasks of one simulation share: the logs, the clock, the dice, and what was found wrong."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from slamon.runtime.settings import Input
from slamon.runtime.wall import WallClock
from slamon.sla.events import TicketEvent
from slamon.sla.policy import PolicyBook
from tests.kit import Reader, book, objective, policies

TICKETS, UPTIME, JIRA = "slamon.tickets", "slamon.uptime", "jira"
ORIGIN = (JIRA, 0)
INPUTS = (Input(JIRA),)


class Wrong(AssertionError):
    """Something that must never happen."""


@dataclass(frozen=True, slots=True)
class Written:
    """A record, and when it was appended."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


class World:
    """One simulation by a seed. Records are produced until `ended`, and read until `over`."""

    def __init__(self, seed: int) -> None:
        self.dice, self.clock, self.reader = random.Random(seed), WallClock(), Reader()
        self.logs: dict[str, list[Written]] = {TICKETS: [], UPTIME: [], JIRA: []}
        self.lateness = self.dice.choice([0, 0, 15])
        self.haste = self.dice.choice([1, 1, 4, 10])
        target = self.dice.choice(["20ms", "60ms", "150ms"])
        self.book: PolicyBook = book(policies(objective("resolution", target, "50%")))
        self.told: dict[str, list[TicketEvent]] = {}
        self.mapped: dict[int, int] = {}  # offset in JIRA -> of what intake first made of it
        self.ended = self.over = False
        self.facts = 0

    def append(self, topic: str, key: bytes | None, value: bytes, headers: tuple[tuple[str, bytes], ...] = ()) -> int:
        """The offset."""
        log = self.logs[topic]
        log.append(Written(len(log), self.clock.now(), key, value, headers))
        return len(log) - 1

    async def nap(self, most_ms: float) -> None:
        await asyncio.sleep(self.dice.random() * most_ms * self.haste / 1000)

    async def again(self, step: Callable[[], Awaitable[None]], *pauses_ms: int) -> None:
        """A step after the other until it is over."""
        while not self.over:
            await step()
            await asyncio.sleep(self.dice.choice(pauses_ms) / 1000)
