"""The newest facts for those who watch the page: read only while somebody does, kept a little, passed on to everybody."""

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from typing import Any, NamedTuple

import structlog

from slamon.service.problem import Problem

MAX_VIEWERS = 16
KEPT = 200
MAX_WAITING = 2 * KEPT  # a viewer for whom more than that waits is too slow
LINGER = 30.0  # a page that is loaded again finds it reading
RETRY = 5.0

Line = Mapping[str, Any]
Read = Callable[[], AsyncGenerator[list[Line], None]]

log = structlog.get_logger(__name__)


class Told(NamedTuple):
    """What a viewer is told, by name; of a fact also its place, from which one can go on."""

    name: str
    data: Line
    place: str = ""


BEGIN, UNREAD = Told("begin", {}), Told("unread", {})


class Viewer:
    """What waits for one viewer. `over` once it is too slow, or the worker ends."""

    def __init__(self, waiting: Iterable[Told]) -> None:
        self.over = False
        self._waiting = list(waiting)
        self._news = asyncio.Event()
        if self._waiting:
            self._news.set()

    def add(self, told: Told) -> None:
        self._waiting.append(told)
        self.over |= len(self._waiting) > MAX_WAITING
        self._news.set()

    def end(self) -> None:
        self.over = True
        self._news.set()

    def take(self) -> list[Told]:
        """What waited, oldest first."""
        taken, self._waiting = self._waiting, []
        self._news.clear()
        return taken

    async def wait(self, seconds: float) -> None:
        """Return when something waits, or after so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return


class Feed:
    """One for each worker. `read` gives batches without end, the first of them what was told lately, be it nothing.

    `counted` is told how many viewers there are whenever one comes or goes.
    """

    def __init__(self, read: Read, counted: Callable[[int], None] = lambda _viewers: None) -> None:
        self._read, self._counted = read, counted
        self._run, self._number = "", 0  # a stretch of reading, and the facts told in it; empty: nothing is read
        self._failed = False
        self._kept: deque[Told] = deque(maxlen=KEPT)
        self._viewers: set[Viewer] = set()
        self._task: asyncio.Task[None] | None = None
        self._ending: asyncio.TimerHandle | None = None

    @contextmanager
    def watched(self, last: str = "") -> Iterator[Viewer]:
        """A viewer for whom what came after `last` waits, or else all that is kept; raises Problem if there are too many."""
        if len(self._viewers) >= MAX_VIEWERS:
            raise Problem(503, "busy", f"at most {MAX_VIEWERS} viewers at once", headers={"Retry-After": "5"})
        self._begin()
        viewer = Viewer(self._waiting(last))
        self._viewers.add(viewer)
        self._counted(len(self._viewers))
        try:
            yield viewer
        finally:
            self._viewers.discard(viewer)
            self._counted(len(self._viewers))
            if not self._viewers and self._task is not None:
                self._ending = asyncio.get_running_loop().call_later(LINGER, self._task.cancel)

    async def close(self) -> None:
        """Ends the reading and every viewer."""
        if self._ending is not None:
            self._ending.cancel()
        for viewer in self._viewers:
            viewer.end()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _waiting(self, last: str) -> list[Told]:
        if not self._run:
            return [UNREAD] if self._failed else []
        kept = list(self._kept)
        places = [told.place for told in kept]
        return kept[places.index(last) + 1 :] if last in places else [BEGIN, *kept]

    def _begin(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        if self._task is None or self._task.done() or self._task.cancelling():
            self._run, self._failed = "", False
            self._task = asyncio.create_task(self._reading())

    async def _reading(self) -> None:
        """For ever, anew after each failure: a page must not end a worker that can decide."""
        while True:
            try:
                await self._pass_on()
            except Exception as error:  # noqa: BLE001 - see above
                log.warning("feed_unread", error=f"{type(error).__name__}: {error}")
            self._run, self._failed = "", True
            self._tell(UNREAD)
            await asyncio.sleep(RETRY)

    async def _pass_on(self) -> None:
        began = False
        async with aclosing(self._read()) as batches:
            async for lines in batches:
                if not began:
                    began, self._run, self._number = True, secrets.token_hex(4), 0
                    self._kept.clear()
                    self._tell(BEGIN)
                for line in lines:
                    self._number += 1
                    told = Told("fact", line, f"{self._run}-{self._number}")
                    self._kept.append(told)
                    self._tell(told)

    def _tell(self, told: Told) -> None:
        for viewer in self._viewers:
            viewer.add(told)


async def nothing() -> AsyncGenerator[list[Line], None]:
    """Where there is no Kafka: no line ever."""
    yield []
    await asyncio.Event().wait()
