"""One simulation from its beginning to its end."""

import asyncio
from pathlib import Path

from aiokafka import TopicPartition

from slamon.runtime.intake_lanes import IntakeLanes
from slamon.runtime.proof import SourceProof
from slamon.sla.coverage import Rules
from slamon.sla.fold import refold
from tests.simulation.intake import Feed
from tests.simulation.owner import Owner
from tests.simulation.tracker import Tracker
from tests.simulation.world import JIRA, TICKETS, World, Wrong

SECONDS = 3.0
PATIENCE = 30.0


async def play(seed: int, folder: Path) -> World:
    """What happened; raises Wrong where a fact left too early or the facts that stand never become those expected."""
    world = World(seed)
    feed = Feed(world)
    owner, failures = Owner(world, folder, feed.intake), []
    feed.own(IntakeLanes(owner.hooks, failures.append))
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(world.again(owner.own, 1, 30))
            tasks.create_task(world.again(feed.read, 1, 6))
            tasks.create_task(world.again(feed.rebalance, 1, 30))
            tasks.create_task(world.again(feed.watermark, 5, 30))
            tasks.create_task(world.again(lambda: _sample(world, owner, feed), 3, 25))
            await asyncio.gather(*(Tracker(world, topic).run(SECONDS) for topic in (TICKETS, JIRA)))
            world.ended = True
            await _told(world, feed)
            world.over = True
    finally:
        await feed.lanes.drain()
        owner.close()
    assert failures == []
    return world


async def _sample(world: World, owner: Owner, feed: Feed) -> None:
    """As runtime/sampler.py: the own clock first, then the ends."""
    proofs: dict[TopicPartition, SourceProof] = dict(feed.lanes.proofs)
    if owner.standing is not None:
        proofs |= {TopicPartition(topic, 0): proof for topic, proof in owner.standing.proofs.items()}
    asked = world.clock.now()
    await world.nap(world.dice.choice([0, 2, 10]))
    ends = {place: len(world.logs[place.topic]) for place in proofs}
    await world.nap(world.dice.choice([0, 2, 10]))
    for place, end in ends.items():
        proofs[place].sampled(asked, end)
    if owner.actor is not None:
        owner.actor.look(settling=False)


async def _told(world: World, feed: Feed) -> None:
    """Returns once exactly those facts stand that the records make when they are folded by themselves."""
    until = asyncio.get_running_loop().time() + PATIENCE
    while (wrong := _difference(world)) or not feed.at_end:
        if asyncio.get_running_loop().time() > until:
            raise Wrong(f"missing or too many: {sorted(wrong)}, {feed.at_end=}")
        await asyncio.sleep(0.1)


def _difference(world: World) -> set[str]:
    """A ticket that was resolved before it was created, by its instants, is still open: more may be due by now."""
    rules, now = Rules(world.book), world.clock.now()
    expected = {key for name, told in world.told.items() for key in refold(rules, name, told, now).step.added}
    return expected ^ world.reader.stands.keys()
