"""`slamon simulate`: a service desk and monitors that do not exist send their records to Kafka, at the rate you choose."""

import argparse
import asyncio
from collections.abc import Iterator
from typing import TextIO

from slamon.commands.kafka import with_settings
from slamon.commands.options import add_settings
from slamon.commands.spans import positive, seconds, some_seconds, whole
from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.topics import partition_counts
from slamon.runtime.wall import wall_ms
from slamon.service.wiring import cluster_of
from slamon.simulation.ending import asked_to_end
from slamon.simulation.sender import Tally, send
from slamon.simulation.stream import Plan, Sending, stream
from slamon.simulation.watch import Watch, beside, words

FAILED = 1
SAY_EVERY = 5.0
LETTERS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser)
    parser.add_argument("--rate", type=positive, default=1.0, metavar="N", help="new tickets a second (default 1)")
    parser.add_argument("--for", dest="seconds", type=seconds, metavar="SPAN", help="end after this long, as 60s or 5m")
    parser.add_argument("--count", type=whole, metavar="N", help="end when this many tickets have lived their lives")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which tickets come (default 1)")
    parser.add_argument(
        "--speed",
        type=positive,
        default=1.0,
        metavar="N",
        help="how fast tickets live and outages pass: 1 is seconds to minutes, as in the demo; 0.01 is minutes to hours",
    )
    parser.add_argument(
        "--services", type=whole, metavar="N", help="also so many services, each seen by three monitors"
    )
    parser.add_argument(
        "--beat", type=some_seconds, default=2.0, metavar="SPAN", help="how often each monitor speaks (default 2s)"
    )
    parser.add_argument(
        "--outages",
        type=positive,
        default=0.5,
        metavar="N",
        help="troubles a service and minute, at speed 1: outages, flapping, slowness, mistakes of a monitor (default 0.5)",
    )
    parser.add_argument("--bad", action="store_true", help="also send some records that nobody can read")


def run(args: argparse.Namespace, stdout: TextIO, stderr: TextIO) -> int:
    """0 at the end or on Ctrl-C, its usual one; 1 if the broker refused a record or there is no such topic."""
    return with_settings(args, stderr, lambda settings: _simulate(args, cluster_of(settings), stdout, stderr))


async def _simulate(args: argparse.Namespace, cluster: KafkaCluster, stdout: TextIO, stderr: TextIO) -> int:
    topics = [cluster.topic(role) for role in (("tickets",) if args.services is None else ("tickets", "uptime"))]
    known = await partition_counts(cluster)
    for topic in (one for one in topics if one not in known):
        more = "" if cluster.prefix == "slamon." else f" --prefix {cluster.prefix}"
        hint = f"slamon topics create --bootstrap {cluster.bootstrap}{more}"
        print(f"{topic}: expected a topic, got none (hint: {hint})", file=stderr)
        return FAILED
    print(f"sending to {' and '.join(topics)} on {cluster.bootstrap}; Ctrl-C ends it", file=stderr, flush=True)
    tally = await _send(args, cluster, stderr)
    print(tally, file=stdout, flush=True)
    return FAILED if tally.refused else 0


async def _send(args: argparse.Namespace, cluster: KafkaCluster, stderr: TextIO) -> Tally:
    """What was sent until the end that was asked for, or Ctrl-C."""
    start, tally = wall_ms(), Tally()
    until = None if args.seconds is None else start + int(args.seconds * 1000)
    plan = Plan(start, args.seed, args.rate, args.speed, args.count, args.bad, f"SIM-{label(start)}-")
    async with asked_to_end() as asked:
        saying = asyncio.create_task(_say(tally, stderr))
        try:
            await send(cluster, _sendings(args, plan), asked, tally, until)
        finally:
            saying.cancel()
    return tally


def _sendings(args: argparse.Namespace, plan: Plan) -> Iterator[Sending]:
    """The records of tickets, and beside them those of services."""
    if args.services is None:
        return stream(plan)
    watch = Watch(plan.start, plan.seed, args.services, args.beat, args.outages, plan.speed, plan.bad)
    return beside(stream(plan), words(watch))


async def _say(tally: Tally, stderr: TextIO) -> None:
    while True:
        await asyncio.sleep(SAY_EVERY)
        print(tally, file=stderr, flush=True)


def label(start: int) -> str:
    """The second in five characters, so that two runs never share a ticket (for a year and more)."""
    told, number = "", start // 1000
    for _ in range(5):
        number, digit = divmod(number, len(LETTERS))
        told = LETTERS[digit] + told
    return told
