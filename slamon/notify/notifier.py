"""A whole notifier: reader, board, journal, a lane for each receiver, and its port, started in order."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog
from aiokafka.errors import KafkaError

from slamon.notify.board import Board
from slamon.notify.courier import Courier
from slamon.notify.journal import Journal
from slamon.notify.lane import Lane
from slamon.notify.metrics import NotifyMetrics
from slamon.notify.port import Port
from slamon.notify.reader import Reader
from slamon.notify.receivers import links_of, routes_of
from slamon.runtime.errors import WorkerMustEnd, in_words
from slamon.runtime.wall import wall_ms
from slamon.service.settings import Settings
from slamon.service.wiring import cluster_of

STOP_SECONDS = 5.0

log = structlog.get_logger(__name__)


class Notifier:
    """`slamon notify`. `failed` is set with what ends it; `start` and `stop` are called once each."""

    def __init__(self, settings: Settings) -> None:
        notify, cluster = settings.notify, cluster_of(settings)
        names = [one.name for one in notify.receivers]
        self.failed: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        self._names = names
        self._metrics = NotifyMetrics(names)
        self._board = Board(names, routes_of(notify), self._metrics.count)
        self._journal = Journal(cluster)
        self._reader = Reader(
            cluster, self._board, self._journal, self._metrics, wall_ms, self._wake, settings.instance_id
        )
        couriers = [Courier(one, links_of(notify), wall_ms) for one in notify.receivers]
        self._lanes = [Lane(courier, self._board, self._reader, self._metrics) for courier in couriers]
        self.port = Port(notify.http_host, notify.http_port, self._metrics, self._refresh, lambda: self._reader.ready)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Port first, then the topic of pages, the group, the lanes; raises WorkerMustEnd where one cannot be had."""
        await self.port.start()
        await self._journal.open()
        await self._reader.start()
        self._watch(self._reader.run())
        for lane in self._lanes:
            self._watch(lane.run())
        log.info("notify_started", receivers=self._names)

    async def stop(self) -> None:
        """Lanes first: a post under way is given up, and told again by the next one under the same key."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
        await self._reader.stop()
        await self._journal.close()
        await self.port.stop()

    def _wake(self) -> None:
        for lane in self._lanes:
            lane.wake()

    def _watch(self, running: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(running)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not self.failed.done():
            self.failed.set_result(_sentence(error) if isinstance(error, KafkaError) else error)

    async def _refresh(self) -> None:
        open_pages, now = self._board.open_pages(), wall_ms()
        for name in self._names:
            oldest = self._board.oldest(name)
            waited = 0.0 if oldest is None else max(0.0, (now - oldest) / 1000)
            self._metrics.show(name, self._board.waiting(name), waited, open_pages[name])
        self._metrics.show_reading(*await self._reader.lag())


def _sentence(error: KafkaError) -> WorkerMustEnd:
    return WorkerMustEnd(
        f"expected Kafka to go on, got {in_words(error)}: the notifier ends, and its next start goes on where it stood "
        "(hint: `slamon doctor` says what is wrong)"
    )
