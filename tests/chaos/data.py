"""What records and promises bring: a silent input, a ticket without end, a burst of deadlines, policies that differ for a while."""

import asyncio
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import orjson
from aiokafka import ConsumerRecord

from slamon.policy_file import from_text
from slamon.runtime.policies import PolicyFollower
from slamon.simulation.stream import Sending
from slamon.sla.instants import parse, render
from slamon.sla.policy import PolicyBook
from tests.chaos import load
from tests.chaos.fleet import PARTITIONS
from tests.chaos.load import START, Load
from tests.chaos.reading import FACTS, ends_of
from tests.chaos.run import Run
from tests.chaos.scenarios import Scenario
from tests.integration.reading import everything

# -- silence

EXPECTED = {"expect_every": "10s"}
SILENT_AFTER = 17.0  # seconds: what is expected, and the longest time until a worker looks
LET_PASS_S = 60


def silent(*, hold: bool) -> Scenario:
    """The inputs say nothing for a while, and time goes on: facts that fall due leave marked, or wait until they speak."""

    async def play(run: Run) -> None:
        with run.halted():
            run.fleet.start("one")
            await run.fleet.said("one", "partition_entered", PARTITIONS)
        await run.at(0.4)
        with run.halted():
            await asyncio.sleep(SILENT_AFTER)
            before = {_id(record) for record in await _facts(run)}
            now = run.load.sendings[run.sent - 1].at
            run.struck = await (_held(run, now, before) if hold else _marked(run, now))
        speaking = asyncio.create_task(_speaks(run))  # or it would be silent when all is sent, and its facts wait
        run.leaving.callback(speaking.cancel)
        if hold:
            run.struck &= await _told_later(run, before, now + LET_PASS_S * 1000)
        run.notes.append("facts wait until it speaks" if hold else "facts say so until it speaks")

    return play


async def _marked(run: Run, now: int) -> bool:
    """Whether facts leave that say how silent it is."""
    for step in range(LET_PASS_S):
        await run.tell_time(now + step * 1000)
        await asyncio.sleep(0.5)
        if any(("source_silent", b"true") in record.headers for record in await _facts(run)):
            return True
    return False


async def _held(run: Run, now: int, before: set[str]) -> bool:
    """Whether no fact leaves in one life of the worker, though some are due."""
    life = run.fleet.slots["one"].worker
    for _ in range(4):
        await run.tell_time(now + LET_PASS_S * 1000)
        await asyncio.sleep(1)
    told = {_id(record) for record in await _facts(run)} - before
    return not told and run.fleet.slots["one"].worker is life and bool(life.said("partition_entered"))


async def _speaks(run: Run) -> None:
    """Records again that change nothing."""
    known = {one.role: one for one in reversed(run.load.sendings) if one.what == "good"}
    while True:
        await run.send(list(known.values()))
        await asyncio.sleep(1)


async def _facts(run: Run) -> list[ConsumerRecord]:
    return [record for role in FACTS for record in await everything(run.cluster, run.prefix + role)]


def _id(record: ConsumerRecord) -> str:
    return str(orjson.loads(record.value)["id"])


async def _told_later(run: Run, before: set[str], until: int) -> bool:
    """Whether facts come that could have left in the silence."""
    for _ in range(60):
        await asyncio.sleep(0.5)
        events = [orjson.loads(record.value) for record in await _facts(run)]
        if any(event["id"] not in before and parse(event["time"]) < until for event in events):
            return True
    return False


# -- very much of something


def long_lived(seed: int, events: int = 10_000) -> Load:
    """Among others one ticket with so many records, and a late one that belongs near its start."""
    usual = load.slow(seed)
    name = f"C{seed}-long"
    length = usual.sendings[-1].at - START
    ours = [_sent(name, n, START + n * length // events, _event(n)) for n in range(events)]
    late = replace(_sent(name, events, START + 1_500, {"event": "replied", "public": True}), at=START + length * 3 // 4)
    sendings = sorted([*usual.sendings, *ours, late], key=lambda one: one.at)
    return replace(usual, sendings=sendings, late=usual.late | {name})


def _event(n: int) -> dict[str, object]:
    if n == 0:
        return {"event": "created", "fields": {"status": "open", "priority": "P1"}}
    if n % 7 == 0:
        return {"event": "replied", "public": True}
    return {"event": "updated", "fields": {"status": "waiting for customer" if n % 5 == 0 else "open", "n": n}}


def _sent(name: str, number: int, at: int, event: dict[str, object]) -> Sending:
    record = {"ticket": name, "id": f"{name}/{number}", "at": render(at), **event}
    return Sending(at, number, name.encode(), orjson.dumps(record))


ONE_PROMISE = """
apiVersion: slamon/v1
kind: TicketSLA
metadata: {name: standard}
spec:
  statuses: {resolved: [resolved], closed: [closed], known: [open]}
  objectives:
    resolution: {target: 30s}
"""


def burst(seed: int, tickets: int = 100_000) -> Load:
    """So many tickets of one instant, each with one promise, so that it is the deadlines that count."""
    return replace(load.burst(seed, tickets), policies=ONE_PROMISE)


async def in_the_burst(run: Run) -> None:
    """Killed when some of the breaches are told; units are of full size here, so time-outs are those of production."""
    run.fleet.start("one", SLAMON_KAFKA__TRANSACTION_TIMEOUT="10s")
    enough = run.draw.randint(1, len(run.load.sendings) * 2 // 3)
    await run.at(1.0)
    for _ in range(600):
        ends = await ends_of(run.cluster, {f"{run.prefix}breaches": PARTITIONS})
        if sum(ends.values()) >= enough:
            run.fleet.kill("one")
            run.notes.append("killed among the breaches")
            run.struck = await run.until(lambda: "SIGKILL" in run.fleet.slots["one"].ends)
            return
        await asyncio.sleep(0.3)
    run.struck = False


# -- promises


async def reloaded(run: Run) -> None:
    """Each worker has files of its own, which change at other moments; one of them while its partitions are recovered."""
    files = {name: run.folder / f"{name}.yaml" for name in ("one", "two")}
    for name, file in files.items():
        file.write_text(run.load.policies)
        run.fleet.start(name, SLAMON_POLICIES=_listed(file))
    run.book = _as_told
    await run.at(0.15)
    files["one"].write_text(_other(run, 0.7))
    await run.at(0.4)
    await run.fleet.said("two", "partition_entered")
    await run.fleet.down("two")
    shutil.rmtree(run.fleet.folder / "two", ignore_errors=True)
    run.fleet.start("two", fault="recovering:hang=3:1", SLAMON_POLICIES=_listed(files["two"]))
    run.struck = await run.until(run.fleet.struck, 60)
    files["two"].write_text(_other(run, 0.5))
    files["one"].write_text("kind: nonsense")
    await asyncio.sleep(run.draw.uniform(0, 4))
    files["one"].write_text(_other(run, 1.4))
    run.fleet.kill(run.draw.choice(["one", "two"]))
    run.struck &= await _published(run, 3)
    run.notes.append("all workers follow what the topic tells, from the same instant")


async def _published(run: Run, versions: int) -> bool:
    """Whether the topic came to tell of so many."""
    for _ in range(40):
        if len((await _as_told(run)).activations) >= versions:
            return True
        await asyncio.sleep(1)
    return False


def _listed(file: Path) -> str:
    return json.dumps([str(file)])


def _other(run: Run, factor: float) -> str:
    """The same promises with other targets of resolution."""
    ahead, _, behind = run.load.policies.partition("resolution:")
    line = lambda found: f"{max(1, round(int(found[1]) * factor))}s"  # noqa: E731
    return ahead + "resolution:" + re.sub(r"(\d+)s\b", line, behind, count=3)


async def _as_told(run: Run) -> PolicyBook:
    """Every version with the instant from which it holds, as any reader of the topic knows them."""
    follower = PolicyFollower(run.cluster, from_text)
    await follower.start()
    await follower.stop()
    assert follower.book is not None
    return follower.book
