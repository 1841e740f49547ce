"""The demo itself: a broker, topics, a worker, a simulated desk, services, and a view of it all, until it is told to end."""

import asyncio
import contextlib
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import aiohttp
from aiokafka.errors import KafkaError

from slamon.demo.board import Board
from slamon.demo.broker import product, start_broker
from slamon.demo.child import Child, DemoFailed
from slamon.demo.facts import facts
from slamon.demo.plain import PlainView
from slamon.demo.plot import plot
from slamon.demo.remains import Remains
from slamon.demo.screen import Place, Screen
from slamon.demo.topics import delete_topics
from slamon.demo.wording import sent, totals
from slamon.demo.worker import PARTITIONS, POLICIES, WorkerPort, start_worker
from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.topics import TopicsRefused, create
from slamon.runtime.wall import wall_ms
from slamon.service.reach import addresses
from slamon.simulation.ending import asked_to_end
from slamon.simulation.sender import Tally, send
from slamon.simulation.stream import Plan, stream
from slamon.simulation.watch import Watch, beside, words

SHOWN_DUE = 40
DUE_EVERY, DRAWN_EVERY = 0.5, 0.2
NEXT = "these promises: {}\nyours: `slamon check FILE` reads them, `slamon run` watches them"


@dataclass(frozen=True, slots=True)
class Options:
    """What the demo is asked for; `bootstrap` None = a broker of its own, `seconds` None = until Ctrl-C."""

    bootstrap: str | None = None
    seconds: float | None = None
    rate: float = 2.0
    speed: float = 1.0
    seed: int = 1
    plain: bool = False
    keep: bool = False


@dataclass(slots=True)
class Demo:
    """One run of the demo; `perform` leads it through its life."""

    options: Options
    stdout: TextIO
    remains: Remains
    board: Board = field(default_factory=Board)
    tally: Tally = field(default_factory=Tally)
    children: list[Child] = field(default_factory=list)
    cluster: KafkaCluster | None = None
    made: bool = False  # topics

    async def play(self) -> None:
        """Return when the time is up; raises DemoFailed, or what Kafka's client raises."""
        folder = self.remains.folder()
        self.cluster = cluster = await self._kafka(folder)
        await create(cluster.bootstrap, cluster.prefix, PARTITIONS)
        self.made = True
        self._say("worker", "starting `slamon run` ...")
        worker, url = start_worker(cluster, folder, self.remains)
        self.children.append(worker)
        async with aiohttp.ClientSession() as session:
            port = WorkerPort(url, session)
            await worker.until(port.ready)
            self._say("worker", f"{url}, {PARTITIONS} partitions, ready")
            await self._show(cluster, port)

    async def _kafka(self, folder: Path) -> KafkaCluster:
        if self.options.bootstrap is not None:
            # A prefix of its own: the demo must meet nothing that is there already.
            return KafkaCluster(self.options.bootstrap, f"slamon-demo-{secrets.token_hex(3)}.")
        self._say("broker", f"starting {product()} ...")
        broker, bootstrap = await start_broker(folder, self.remains)
        self.children.append(broker)
        return KafkaCluster(bootstrap, "demo.")

    def _say(self, about: str, what: str) -> None:
        print(f"{about:<8} {what}", file=self.stdout, flush=True)

    async def _show(self, cluster: KafkaCluster, port: WorkerPort) -> None:
        place = Place(port.url, cluster.bootstrap, cluster.prefix, self._product(), own_command())
        self._say("Kafka", f"{place.bootstrap}, topics {place.prefix}*, {place.product}")
        with self._view(place) as view:
            work = [self._send(cluster), self._listen(cluster, view), self._ask(port), self._draw(view)]
            await first_of(*work, *(child.watch() for child in self.children), self._time())

    def _product(self) -> str:
        return product() if self.options.bootstrap is None else "yours"

    def _view(self, place: Place) -> PlainView | Screen:
        if self.options.plain or not self.stdout.isatty():
            return PlainView(self.board, self.tally, self.stdout)
        return Screen(self.board, self.tally, place, self.stdout)

    # -- what goes on at once

    async def _time(self) -> None:
        if self.options.seconds is None:
            await asyncio.Event().wait()
        await asyncio.sleep(self.options.seconds or 0)

    async def _send(self, cluster: KafkaCluster) -> None:
        options = self.options
        start = wall_ms()
        tickets = stream(Plan(start, options.seed, options.rate, options.speed, name="INC-"))
        watched = words(Watch(start, options.seed, speed=options.speed, plot=plot(options.speed)))
        await send(cluster, beside(tickets, watched), asyncio.Event(), self.tally)

    async def _listen(self, cluster: KafkaCluster, view: PlainView | Screen) -> None:
        async with contextlib.aclosing(facts(cluster)) as batches:
            async for batch in batches:
                view.heard([fact for fact in map(self.board.add, batch) if fact is not None])

    async def _ask(self, port: WorkerPort) -> None:
        while True:
            found = await port.due(SHOWN_DUE)
            if found is not None:
                self.board.due(found)
            standing = await port.services(SHOWN_DUE)
            if standing is not None:
                self.board.served(*standing)
            await asyncio.sleep(DUE_EVERY)

    async def _draw(self, view: PlainView | Screen) -> None:
        while True:
            view.show(wall_ms())
            await asyncio.sleep(DRAWN_EVERY)

    # -- the end

    async def clear(self) -> None:
        """Leave nothing behind: processes, folders, and topics on a broker that is not ours; raises DemoFailed."""
        await asyncio.to_thread(self.remains.clear)
        if self.cluster is None or self.options.bootstrap is None or self.options.keep:
            return
        try:
            await delete_topics(self.cluster)
        except (KafkaError, OSError) as error:
            if self.made:
                raise DemoFailed(f"the topics {self.cluster.prefix}* are left behind: {error}") from error

    def summary(self) -> str:
        """What was seen, and where to go from here."""
        lag = f"warnings and breaches left {self.board.lag_ms} ms after they came true (median)"
        seen = f"{sent(self.tally)}: {totals(self.board)}"
        return "\n".join([seen, *([lag] if self.board.lags else []), NEXT.format(_from_here(POLICIES))])


def own_command() -> str:
    """How this very slamon is called from the folder we are in."""
    beside = Path(sys.executable).with_name("slamon")
    if (found := shutil.which("slamon")) is not None and Path(found) == beside:
        return "slamon"
    if beside.exists():
        return str(_from_here(beside))
    return f"{_from_here(Path(sys.executable))} -m slamon"


def _from_here(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


async def first_of(*work: Coroutine[Any, Any, None]) -> None:
    """Return when the first of them does, or raise what it raises; the others are cancelled."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def perform(options: Options, stdout: TextIO) -> None:
    """The whole demo, with nothing left behind; raises DemoFailed."""
    _check(options)
    async with asked_to_end() as asked:
        demo = Demo(options, stdout, Remains())
        try:
            await first_of(demo.play(), _wait(asked))
            print(demo.summary(), file=stdout, flush=True)
        except (KafkaError, TopicsRefused, TimeoutError, OSError) as error:
            raise _refusal(options, error) from None
        except DemoFailed as failed:
            raise _with_log(failed) from None
        finally:
            await demo.clear()


def _check(options: Options) -> None:
    """Raises DemoFailed for what can be known before anything is started."""
    if options.bootstrap is None:
        product()
        return
    try:
        addresses(options.bootstrap)
    except ValueError as error:
        raise DemoFailed(str(error)) from None


def _with_log(failed: DemoFailed) -> DemoFailed:
    """The failure with a copy of the log that outlives the demo's folder."""
    if failed.log is None:
        return failed
    number, copy = tempfile.mkstemp(prefix=f"slamon-{failed.log.stem}-", suffix=".log")
    os.close(number)
    shutil.copyfile(failed.log, copy)
    return DemoFailed(f"{failed}\nall it said: {copy}")


async def _wait(asked: asyncio.Event) -> None:
    await asked.wait()


def _refusal(options: Options, error: Exception) -> DemoFailed:
    """What to say of a broker that does not do its part."""
    place = options.bootstrap or "the demo's broker"
    hint = f" (hint: slamon doctor --bootstrap {place} says what is wrong)" if options.bootstrap else ""
    return DemoFailed(f"{place}: expected a Kafka broker that answers, got {error or 'no answer in time'}{hint}")
