"""Tickets that live some tenths of a second, told of in the topic `tickets` itself or in that of an input."""

import asyncio

from slamon.engine.codec import encode_ticket
from slamon.sla.events import Kind, TicketEvent
from tests.simulation.world import World


class Tracker:
    """Writes to one topic."""

    def __init__(self, world: World, topic: str) -> None:
        self._world, self._topic = world, topic

    async def run(self, seconds: float) -> None:
        """Open tickets for so long; returns when all of them are resolved."""
        loop, lives = asyncio.get_running_loop(), []
        until = loop.time() + seconds
        while loop.time() < until:
            lives.append(asyncio.create_task(self._life(f"{self._topic}-{len(lives)}")))
            await asyncio.sleep(self._world.dice.random() * self._world.dice.choice([0.03, 0.1]))
        await asyncio.gather(*lives)

    async def _life(self, ticket: str) -> None:
        world = self._world
        await self._say(ticket, Kind.CREATED, "open")
        for _ in range(world.dice.randint(0, 3)):
            await world.nap(world.dice.choice([10, 40]))
            await self._say(ticket, Kind.UPDATED, world.dice.choice(["open", "waiting"]))
        await world.nap(world.dice.choice([20, 80, 160]))
        await self._say(ticket, Kind.RESOLVED, "resolved")

    async def _say(self, ticket: str, kind: Kind, status: str) -> None:
        """Some instants lie in the past, and some records come later than they were made."""
        world = self._world
        at = world.clock.now() - world.dice.choice([0, 0, 3, 60])
        event = TicketEvent(ticket, f"{kind.value}-{at}-{world.dice.random()}", at, kind, {"status": status})
        if world.dice.random() < 0.3:
            await world.nap(world.dice.choice([5, 30]))
        world.append(self._topic, ticket.encode(), encode_ticket(event))
        world.told.setdefault(ticket, []).append(event)
