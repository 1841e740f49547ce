"""What befalls workers: one small function a fault. Those of brokers and records stand beside (surroundings.py, records.py)."""

import asyncio
import fcntl
import shutil
import signal
from collections.abc import Awaitable, Callable

from tests.chaos.run import Run

Scenario = Callable[[Run], Awaitable[None]]
TAKE_OVER = 60.0


async def nothing(run: Run) -> None:
    run.fleet.start("one")
    if run.draw.random() < 0.5:
        run.fleet.start("two")


def at(place: str, kind: str = "kill", most: int = 8, two: bool = False) -> Scenario:
    """The first worker fails at that place of the protocol, the first to `most`-th time it gets there."""

    async def play(run: Run) -> None:
        run.fleet.start("one", fault=f"{place}:{kind}:{run.draw.randint(1, most)}")
        if two:
            run.fleet.start("two")
        await run.at(1.0)
        run.struck = await run.until(run.fleet.struck, 40)

    return play


def in_recovery(place: str) -> Scenario:
    """The machine is lost with its disk, and the one that rebuilds the state fails meanwhile."""

    async def play(run: Run) -> None:
        run.fleet.start("one")
        await run.at(run.draw.uniform(0.3, 0.8))
        await run.until((run.fleet.folder / "one" / "0").exists)
        await run.fleet.down("one")
        shutil.rmtree(run.fleet.folder / "one", ignore_errors=True)
        run.fleet.start("one", fault=f"{place}:kill:{run.draw.randint(1, 2)}")
        run.struck = await run.until(run.fleet.struck, 60)

    return play


async def kills(run: Run) -> None:
    names = ["one", "two"][: run.draw.randint(1, 2)]
    for name in names:
        run.fleet.start(name)
    for share in sorted(run.draw.uniform(0.05, 1.0) for _ in range(3)):
        await run.at(share)
        run.fleet.kill(run.draw.choice(names))
        await asyncio.sleep(run.draw.uniform(0, 1.5))
    run.struck = await run.until(lambda: any("SIGKILL" in slot.ends for slot in run.fleet.slots.values()))


async def joins(run: Run) -> None:
    """One after the other, under load; the last is killed while it joins."""
    run.fleet.start("one")
    for name, share in (("two", 0.2), ("three", 0.5)):
        await run.at(share)
        run.fleet.start(name)
        await asyncio.sleep(run.draw.uniform(0, 3))
    run.fleet.kill("three")


async def leaves(run: Run) -> None:
    run.fleet.start("one")
    run.fleet.start("two")
    await run.fleet.said("one", "partition_entered")
    await run.at(run.draw.uniform(0.2, 0.8))
    await run.fleet.leave("one")


async def rolling(run: Run) -> None:
    for name in ("one", "two"):
        run.fleet.start(name)
    await run.at(run.draw.uniform(0.2, 0.5))
    for name in ("one", "two"):
        await run.fleet.leave(name)
        run.fleet.start(name)
        await run.fleet.said(name, "worker_started")


async def told_to_end(run: Run) -> None:
    """SIGTERM at any moment, also while it starts; then it comes back."""
    run.fleet.start("one")
    await run.at(run.draw.uniform(0.0, 0.9))
    await asyncio.sleep(run.draw.uniform(0, 2))
    run.struck = await run.fleet.leave("one") in (0, -signal.SIGTERM)  # the latter before it could hear a signal
    run.fleet.start("one")


def frozen(place: str | None, most: int = 6, **environment: str) -> Scenario:
    """SIGSTOP at that place (anywhere if None) until another worker has taken over; then it wakes up."""

    async def play(run: Run) -> None:
        fault = f"{place}:stop:{run.draw.randint(1, most)}" if place else None
        run.fleet.start("one", fault=fault, **environment)
        await run.fleet.said("one", "worker_started")
        if place is None:
            await run.at(run.draw.uniform(0.2, 0.7))
            run.fleet.stop("one")
        run.struck = await run.until(lambda: run.fleet.frozen("one"), 40)
        run.fleet.start("two")
        run.struck &= await run.fleet.said("two", "partition_entered", 3, TAKE_OVER)
        run.fleet.go_on("one")
        await asyncio.sleep(2)

    return play


def frozen_for_a_minute(place: str | None) -> Scenario:
    """Longer than the session and a transaction may last as they are by default, with another worker or (anywhere) alone."""

    async def play(run: Run) -> None:
        usual = {"SLAMON_KAFKA__SESSION_TIMEOUT": "30s", "SLAMON_KAFKA__TRANSACTION_TIMEOUT": "10s",
                 "SLAMON_KAFKA__REBALANCE_TIMEOUT": "60s", "SLAMON_KAFKA__HEARTBEAT_INTERVAL": "3s"}  # fmt: skip
        run.fleet.start("one", fault=f"{place}:stop:{run.draw.randint(1, 6)}" if place else None, **usual)
        if place or run.draw.random() < 0.5:
            run.fleet.start("two", **usual)
        await run.at(run.draw.uniform(0.2, 0.7))
        if place is None:
            run.fleet.stop("one")
        run.struck = await run.until(lambda: run.fleet.frozen("one"), 60)
        await asyncio.sleep(60)
        run.struck &= run.fleet.frozen("one")
        run.fleet.go_on("one")
        await asyncio.sleep(2)

    return play


async def paused(run: Run) -> None:
    """Frozen for less than its session: it goes on as if nothing had been."""
    run.fleet.start("one")
    await run.at(run.draw.uniform(0.2, 0.7))
    run.fleet.stop("one")
    await asyncio.sleep(3)
    run.fleet.go_on("one")


def stalled(place: str) -> Scenario:
    """The event loop stands still for longer than the watchdog allows."""

    async def play(run: Run) -> None:
        run.fleet.start("one", fault=f"{place}:hang=14:{run.draw.randint(1, 4)}")
        await run.at(1.0)
        run.struck = await run.until(lambda: any(end.startswith("70") for end in run.fleet.slots["one"].ends), 60)

    return play


# -- the local state


async def _down(run: Run) -> None:
    run.fleet.start("one")
    await run.at(run.draw.uniform(0.4, 0.8))
    run.struck = await run.until((run.fleet.folder / "one" / "0" / "CURRENT").exists)
    await run.fleet.down("one")


async def directory_deleted(run: Run) -> None:
    await _down(run)
    shutil.rmtree(run.fleet.folder / "one")
    run.fleet.start("one")


async def directory_older(run: Run) -> None:
    """A backup of the disk is put back: it lies behind the changelog."""
    run.fleet.start("one")
    await run.at(0.3)
    await run.until((run.fleet.folder / "one" / "0" / "CURRENT").exists)
    await run.fleet.down("one")
    shutil.copytree(run.fleet.folder / "one", run.fleet.folder / "backup")
    run.fleet.start("one")
    await run.at(0.9)
    await run.fleet.down("one")
    shutil.rmtree(run.fleet.folder / "one")
    shutil.move(run.fleet.folder / "backup", run.fleet.folder / "one")
    run.fleet.start("one")


async def directory_damaged(run: Run) -> None:
    """The worker says which directory to delete, and the operator does."""
    await _down(run)
    for number in range(3):
        for file in (run.fleet.folder / "one" / str(number)).glob("MANIFEST-*"):
            file.write_bytes(b"\xff" * 64 + file.read_bytes()[64:])
    run.fleet.start("one")
    said = lambda: any("expected a readable RocksDB" in one for one in run.fleet.sentences())  # noqa: E731
    run.struck = await run.until(said, 40)
    await run.fleet.down("one")
    shutil.rmtree(run.fleet.folder / "one")
    run.fleet.start("one")
    run.notes.append("ends with a sentence that names the directory; deleted by hand")


async def directory_locked(run: Run) -> None:
    """Another process holds the lock of a directory; then it lets go."""
    await _down(run)
    with (run.fleet.folder / "one" / "0" / "LOCK").open("r+b") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        run.fleet.start("one")
        said = lambda: any("only process that uses this directory" in one for one in run.fleet.sentences())  # noqa: E731
        run.struck = await run.until(said, 60)
    run.notes.append("ends with a sentence that tells of the lock, until it is free")
