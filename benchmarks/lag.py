"""How late facts are with many open clocks and under load, what a clock takes, and a burst of deadlines of one instant.

    python -m benchmarks.lag [--clocks N] [--few N] [--rate N] [--seconds N] [--burst N] [--deadlines N] [--records N]

Real `slamon run` processes, one at a time, against a broker as the tests choose it (SLAMON_TEST_BOOTSTRAP, else docker or
Maven). Prints a table and writes results/lag.json. Exit code 1 if a fact is missing, repeated or was not expected.
"""

import asyncio
import logging
import os
import sys
import tempfile
import time
import uuid
from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser, Namespace
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import orjson

from benchmarks import made_state
from benchmarks.lag_facts import Breaches, longest_wait, percentiles, verdict
from benchmarks.lag_load import POLICY, Lives, Sender, now_ms
from benchmarks.lag_table import table
from benchmarks.lag_worker import LIMIT, LOOK, Measured, Watched, memory, processor
from benchmarks.recovery import Run, forget, machine, on_disk
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.topic_specs import BROKER_TIME, SPECS
from slamon.runtime.topics import create
from tests.broker.choose import chosen_broker

PARTITIONS = 4  # so that 10,000 clocks come out even: made_state makes 500 at a time in each
RESULT = Path(__file__).parent / "results" / "lag.json"
ROUNDS = 3
FULL_SECONDS = 12.0  # of the rate that was asked for, unless it is kept up with
TRIES = 3
SLOWER = 0.8
SURELY = 1.3  # so much more was applied without deadlines
GENTLE = 500.0  # records a second beside the burst


def note(found: Measured) -> Measured:
    """The same, told to who waits for the rest."""
    print(f"{time.strftime('%H:%M:%S')} {found}", file=sys.stderr)
    return found


async def cost(one: Watched, records: int) -> Measured:
    """Processor time a record beyond that of an idle worker, and records a second, of as many as are sent at once."""
    idle, begun = processor(one.run), time.monotonic()
    while time.monotonic() - begun < 3:
        await one.applied()  # as often as while there is something to do
        await asyncio.sleep(LOOK)
    idle = (processor(one.run) - idle) / (time.monotonic() - begun)
    rounds = []
    for _ in range(ROUNDS):
        before, begun, at = processor(one.run), time.monotonic(), now_ms()
        await one.sender.send((record, at) for record in one.lives.take(records))
        await one.level()
        took = time.monotonic() - begun
        rounds.append((processor(one.run) - before - idle * took, took))
    return note({
        "records": records,
        "idle, of one processor": round(idle, 4),
        "us of CPU a record": round(min(used for used, _ in rounds) / records * 1e6, 1),
        "records_per_second": round(records / min(took for _, took in rounds)),
    })  # fmt: skip


async def lag(one: Watched, name: str, rate: float, seconds: float, each: int) -> Measured:
    """How late the breaches of `each` deadlines a second are while so many records a second are sent."""
    count = int(each * seconds)
    begin = now_ms() + 4_000 + count // 2
    tickets = await one.owe(name, begin, 1000 / each, count)
    await asyncio.sleep(max(0.0, (begin - now_ms()) / 1000 - 1))
    before = await one.applied()
    sent = await one.sender.pace(one.lives, rate, seconds + 1) if rate else await asyncio.sleep(seconds + 1, 0.0)
    behind = one.sender.sent - (after := await one.applied())
    found = await one.breaches.wait(tickets, LIMIT)
    await one.level()
    return note({
        "phase": name,
        "records a second": round(sent),
        "applied a second": round((after - before) / (seconds + 1)),
        "seconds": seconds,
        "kept up": behind <= max(1.0, rate),
        "records behind at the end": behind,
        "deadlines": count,
        "appended, ms": percentiles([breach.appended - breach.at for breach in found]),
        "read, ms": percentiles([breach.read - breach.at for breach in found]),
    })  # fmt: skip


async def lags(one: Watched, args: Namespace, can: float) -> list[Measured]:
    """Without load; at the rate that was asked for; and if that is too much, at the highest that is kept up with."""
    found = [await lag(one, "calm", 0, min(args.seconds, 20), args.deadlines)]
    enough = can > args.rate * SURELY
    found.append(await lag(one, "full", args.rate, args.seconds if enough else FULL_SECONDS, args.deadlines))
    rate = min(args.rate, found[-1]["applied a second"]) * SLOWER
    for number in range(TRIES):
        if found[-1]["kept up"] and found[-1]["seconds"] == args.seconds:
            break
        found.append(await lag(one, f"steady{number}", rate, args.seconds, args.deadlines))
        rate *= SLOWER
    return found


async def burst(one: Watched, count: int, can: float) -> Measured:
    """Deadlines of one instant: until the last of them was told, and how long records waited meanwhile."""
    begin = now_ms() + int(10_000 + 2_000 * count / can)
    tickets = await one.owe("burst", begin, 0, count)
    wait = max(0.0, (begin - now_ms()) / 1000 - 10)
    await asyncio.sleep(wait)
    gentle = asyncio.create_task(one.sender.pace(one.lives, GENTLE, (begin - now_ms()) / 1000 + 15))
    found = await one.breaches.wait(tickets, LIMIT)
    await gentle
    await one.level()
    last = max(breach.appended for breach in found)
    return note({
        "deadlines": count,
        "until the last was appended, s": (last - begin) / 1000,
        "until the last was read, s": (max(breach.read for breach in found) - begin) / 1000,
        "records a second meanwhile": GENTLE,
        "longest wait of a record before, s": await longest_wait(one.settings, begin - 8_000, begin - 500),
        "longest wait of a record meanwhile, s": await longest_wait(one.settings, begin - 500, last),
    })  # fmt: skip


async def watched(
    bootstrap: str, clocks: int, measure: Callable[[Watched], Awaitable[Measured]]
) -> tuple[Measured, list[str]]:
    """What is measured of a worker with so many open clocks, and what is wrong with its facts."""
    with tempfile.TemporaryDirectory(prefix="slamon-lag-") as folder:
        settings = RuntimeSettings(bootstrap, Path(folder), PARTITIONS, prefix=f"bench-{uuid.uuid4().hex[:8]}.")
        (Path(folder) / "policy.yaml").write_text(POLICY)
        # The broker's clock tells when a fact, or the position behind a record, came to it.
        specs = [replace(spec, configs={**spec.configs, **BROKER_TIME}) for spec in SPECS]
        try:
            await create(bootstrap, settings.prefix, PARTITIONS, specs=specs)
            return await _watched(settings, clocks, measure)
        finally:
            await forget(settings)


async def _watched(
    settings: RuntimeSettings, clocks: int, measure: Callable[[Watched], Awaitable[Measured]]
) -> tuple[Measured, list[str]]:
    await made_state.write(settings, clocks, POLICY)
    there = clocks // made_state.CLOCKS // PARTITIONS
    run = Run(settings, "one", settings.datadir)
    try:
        await run.wait("partition_entered", PARTITIONS)
        found: Measured = {"clocks": clocks, "form": run.said("worker_started")[0]["form"]}
        found["bytes on disk a clock"] = round(on_disk(run.datadir) / clocks)
        async with Sender(settings) as sender, Breaches(settings) as breaches:
            one = Watched(settings, run, sender, breaches, Lives(there))
            found |= {"memory after recovery": memory(run)} | await measure(one)
            found["memory in the end"] = memory(run)
        found["facts"], faults = await verdict(settings, one.due, one.lives.met())
        return found, faults
    finally:
        run.end()


async def main(bootstrap: str, args: Namespace) -> tuple[list[Measured], list[str]]:
    """The worker with few clocks, then the one with many."""

    async def few(one: Watched) -> Measured:
        return {"cost": await cost(one, args.records)}

    async def many(one: Watched) -> Measured:
        found: Measured = {"cost": await cost(one, args.records)}
        can = found["cost"]["records_per_second"]
        found["lag"] = await lags(one, args, can)
        return found | {"burst": await burst(one, args.burst, can)}

    results = [await watched(bootstrap, args.few, few), await watched(bootstrap, args.clocks, many)]
    return [found for found, _ in results], [fault for _, faults in results for fault in faults]


def arguments() -> Namespace:
    """Sizes, so that a small run is quick."""
    parser = ArgumentParser(description=__doc__, formatter_class=ArgumentDefaultsHelpFormatter)
    parser.add_argument("--clocks", type=int, default=1_000_000, help="open clocks")
    parser.add_argument("--few", type=int, default=10_000, help="open clocks of the worker to compare with")
    parser.add_argument("--rate", type=float, default=10_000, help="records a second asked for")
    parser.add_argument("--seconds", type=float, default=60, help="of load")
    parser.add_argument("--deadlines", type=int, default=200, help="a second")
    parser.add_argument("--burst", type=int, default=100_000, help="deadlines of one instant")
    parser.add_argument("--records", type=int, default=20_000, help="sent at once to see what one costs")
    return parser.parse_args()


if __name__ == "__main__":
    asked = arguments()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # topics that were just made have no leader for a moment
    load = os.getloadavg()[0]
    with chosen_broker() as broker:
        measured, wrong = asyncio.run(main(broker.bootstrap, asked))
    told = {"machine": machine() | {"load before": load}, "asked": vars(asked), "results": measured, "faults": wrong}
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")
    print(table(measured, wrong))
    sys.exit(1 if wrong else 0)
