"""What befalls a worker from a broker that says no, a coordinator that is gone, and a disk without room."""

import asyncio
import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from slamon.runtime.topic_specs import SPECS
from slamon.runtime.topics import admin_client
from tests.chaos.answers import (
    FEW_REPLICAS,
    LOADING,
    NO_COORDINATOR,
    NO_STORAGE,
    NOT_COORDINATOR,
    NOT_LEADER,
    PRODUCE,
    TOO_LARGE,
    TRANSACTIONAL,
)  # fmt: skip
from tests.chaos.reading import FACTS
from tests.chaos.run import Run
from tests.chaos.scenarios import Scenario
from tests.chaos.surroundings import proxied

DISK_MB = 64


def refused(apis: Sequence[int], code: int, seconds: float) -> Scenario:
    """Requests of these kinds are answered with this error for so long."""

    async def play(run: Run) -> None:
        assert run.proxy is not None
        await _under_load(run)
        run.proxy.refuse = dict.fromkeys(apis, code)
        run.struck = await run.until(run.proxy.refused.total, 60)
        await asyncio.sleep(seconds)
        run.proxy.refuse = {}
        run.notes.append(f"{sum(run.proxy.refused.values())} refused")

    return play


def late(apis: Sequence[int], seconds: float, length: float) -> Scenario:
    """Requests of these kinds lie so long before the broker sees them."""

    async def play(run: Run) -> None:
        assert run.proxy is not None
        await _under_load(run)
        run.proxy.late = dict.fromkeys(apis, seconds)
        await asyncio.sleep(length)
        run.proxy.late = {}

    return play


async def _under_load(run: Run) -> None:
    proxied(run, "one")
    await run.fleet.said("one", "partition_entered")
    await run.at(run.draw.uniform(0.1, 0.5))


REFUSALS = {
    "broker refuses: full disk": refused([PRODUCE], NO_STORAGE, 6),
    "broker refuses: no leader": refused([PRODUCE], NOT_LEADER, 3),
    "broker refuses: too few replicas": refused([PRODUCE], FEW_REPLICAS, 6),
    "broker refuses: too large": refused([PRODUCE], TOO_LARGE, 3),
    "transaction coordinator gone": refused(TRANSACTIONAL, NO_COORDINATOR, 6),
    "transaction coordinator moved": refused(TRANSACTIONAL, NOT_COORDINATOR, 3),
    "transaction coordinator loading": refused(TRANSACTIONAL, LOADING, 10),
    "transaction coordinator slow": late(TRANSACTIONAL, 2, 15),
}


async def timed_out(run: Run) -> None:
    """A worker hangs with everything sent, until the broker has ended its transaction; its watchdog is more patient."""
    run.fleet.start("one", fault=f"before_commit:hang=6:{run.draw.randint(1, 6)}")
    await run.at(1.0)
    said = lambda: any("was open for longer than 4 s" in one for one in run.fleet.sentences())  # noqa: E731
    run.struck = await run.until(said, 60)


async def facts_too_large(run: Run) -> None:
    """The topics of facts take no record of a fact's size for a while; the changelog takes everything."""
    run.fleet.start("one")
    await run.at(run.draw.uniform(0.1, 0.5))
    await _largest_fact(run, 300)
    said = lambda: any("MessageSizeTooLarge" in one for one in run.fleet.sentences())  # noqa: E731
    run.struck = await run.until(said, 90)
    await asyncio.sleep(3)
    await _largest_fact(run, None)


async def _largest_fact(run: Run, size: int | None) -> None:
    admin = admin_client(run.broker.bootstrap)
    await admin.start()
    try:
        for spec in SPECS:
            if spec.role in FACTS:
                configs = spec.all_configs() | ({"max.message.bytes": str(size)} if size else {})
                await admin.alter_configs(
                    [ConfigResource(ConfigResourceType.TOPIC, f"{run.prefix}{spec.role}", configs=configs)]
                )
    finally:
        await admin.close()


async def disk_full(run: Run) -> None:
    """Its data directory is a file system of its own, which somebody else fills and clears again."""
    home = run.fleet.folder / "one"
    run.leaving.enter_context(_small_disk(home))
    run.fleet.start("one")
    await run.at(run.draw.uniform(0.2, 0.6))
    await run.until((home / "0" / "CURRENT").exists)
    _fill(home / "filler")
    said = lambda: any("No space left" in one for one in run.fleet.sentences())  # noqa: E731
    run.struck = await run.until(said, 60)
    await asyncio.sleep(run.draw.uniform(1, 4))
    (home / "filler").unlink()


@contextlib.contextmanager
def _small_disk(where: Path) -> Iterator[None]:
    """A file system that fills up; needs the right to mount one."""
    where.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "slamon-chaos", where], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", where], check=False)


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as out, contextlib.suppress(OSError):
        while True:
            out.write(bytes(4096))
