"""A TCP proxy between workers and the broker that can cut, delay, refuse, and swallow single answers of Kafka's protocol."""

import asyncio
import contextlib
import struct
from collections import Counter

from tests.chaos.answers import refusal


class Proxy:
    """Forwards `port` to `target`; `swallow[api]` answers of that API are dropped and their connection with them.

    `refuse[api]` is the code of the error with which it answers itself, `late[api]` how long requests lie before it.
    """

    def __init__(self, port: int, target: int) -> None:
        self._port, self._target = port, target
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.swallow: Counter[int] = Counter()
        self.swallowed: Counter[int] = Counter()
        self.refuse: dict[int, int] = {}
        self.refused: Counter[int] = Counter()
        self.late: dict[int, float] = {}
        self.delay = 0.0
        self.cut = False

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)

    async def stop(self) -> None:
        self.hang_up()
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()

    def hang_up(self) -> None:
        """End every connection as a network does that loses its state."""
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, back}
        asked: dict[int, int] = {}
        ways = [
            asyncio.create_task(self._requests(reader, back, writer, asked)),
            asyncio.create_task(self._answers(there, writer, asked)),
        ]
        self._tasks |= set(ways)
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        self._tasks -= set(ways)
        for end in (writer, back):
            self._open.discard(end)
            end.transport.abort()

    async def _requests(
        self,
        reader: asyncio.StreamReader,
        back: asyncio.StreamWriter,
        writer: asyncio.StreamWriter,
        asked: dict[int, int],
    ) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                frame = await _frame(reader)
                api, _, correlation = struct.unpack_from(">hhi", frame, 4)
                await asyncio.sleep(self.late.get(api, 0.0))
                if api in self.refuse:
                    await self._say_no(frame, api, writer, asked)
                else:
                    asked[correlation] = api
                    await self._forward(frame, back)

    async def _say_no(self, frame: bytes, api: int, writer: asyncio.StreamWriter, asked: dict[int, int]) -> None:
        while asked:  # noqa: ASYNC110 - answers come in the order of the requests
            await asyncio.sleep(0.002)
        self.refused[api] += 1
        await self._forward(refusal(frame, self.refuse[api]), writer)

    async def _answers(self, there: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: dict[int, int]) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                frame = await _frame(there)
                (correlation,) = struct.unpack_from(">i", frame, 4)
                api = asked.pop(correlation, -1)
                if self.swallow[api] > 0:
                    self.swallow[api] -= 1
                    self.swallowed[api] += 1
                    return
                await self._forward(frame, writer)

    async def _forward(self, frame: bytes, to: asyncio.StreamWriter) -> None:
        while self.cut:  # noqa: ASYNC110 - a cut cable: nothing is refused, nothing arrives
            await asyncio.sleep(0.05)
        if self.delay:
            await asyncio.sleep(self.delay)
        to.write(frame)
        await to.drain()


async def _frame(reader: asyncio.StreamReader) -> bytes:
    size = await reader.readexactly(4)
    return size + await reader.readexactly(struct.unpack(">i", size)[0])
