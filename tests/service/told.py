"""A worker without Kafka that tells what a test has put into it, and a client of its port."""

import asyncio

import aiohttp

from slamon.service.due import Wanted
from slamon.service.http import MAX_AT_ONCE
from slamon.service.status import Elsewhere, Page, Published, WorkerStatus
from slamon.sla.instants import parse, render

NOW = 1_704_455_100_000  # 2024-01-05T11:45:00Z


def due(number: int) -> dict:
    """A clock at risk."""
    return {"ticket": f"T-{number}", "clock_id": f"c{number:03}", "due_at": render(NOW + number * 1000)}


class Worker:
    """A StatusSource without Kafka, of three partitions."""

    def __init__(self, *owned: int) -> None:
        self.owned = frozenset(owned or range(3))
        self.told = WorkerStatus(NOW, expected_partitions=3)
        self.tickets = {"T-1": {"ticket": "T-1", "at": "now", "clocks": []}, "a/b ü": {"ticket": "a/b ü", "clocks": []}}
        self.clocks = [due(number) for number in range(50)]
        self.names = [f"s{number:02}" for number in range(50)]
        self.wait: asyncio.Event | None = None
        self.asked = 0
        self.full = asyncio.Event()
        self.wanted: Wanted | None = None
        self.published: Published | None = None
        self.known: dict[str, frozenset[int]] = {}

    def status(self) -> WorkerStatus:
        return self.told

    def policies(self) -> Published | None:
        return self.published

    def others(self) -> dict[str, frozenset[int]]:
        return self.known

    async def ticket(self, ticket):
        self.asked += 1
        if self.asked == MAX_AT_ONCE:
            self.full.set()
        if self.wait is not None:
            await self.wait.wait()
        if ticket == "boom":
            raise RuntimeError("password=hunter2")
        if ticket == "slow":
            raise TimeoutError
        if (ticket == "T-elsewhere" and 2 not in self.owned) or ticket == "T-nobody":
            return Elsewhere(2)
        if ticket == "T-elsewhere":
            return {"ticket": ticket, "at": "there", "clocks": []}
        return self.tickets.get(ticket)

    async def service(self, service):
        return (
            Elsewhere(2)
            if service == "elsewhere"
            else {"service": service, "clocks": []}
            if service == "checkout"
            else None
        )

    async def services(self, after, limit):
        names = [name for name in self.names if name > after]
        return Page([{"service": name} for name in names[:limit]], self.owned, more=len(names) > limit)

    async def at_risk(self, wanted):
        self.wanted = wanted
        clocks = [one for one in self.clocks if (parse(one["due_at"]), one["clock_id"]) > wanted.after]
        return Page(clocks[: wanted.limit], self.owned, more=len(clocks) > wanted.limit)


class Client:
    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self.session, self.root = session, f"http://127.0.0.1:{port}"

    async def get(self, path: str, **headers: str) -> tuple[int, dict]:
        async with self.session.get(self.root + path, headers=headers) as response:
            return response.status, await response.json()
