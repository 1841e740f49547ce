"""A thread that ends the process when the event loop stands still: no await would ever notice."""

import asyncio
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable

import structlog

STALLED = 70
DEEP = 12  # calls that are told of

log = structlog.get_logger(__name__)


class LoopWatch:
    """Beats in the loop, listens in a thread.

    A process that was frozen as a whole (SIGSTOP, a paused machine) is not a stalled loop: the thread stood still too.
    Such a worker goes on, and the broker refuses what it has no right to write any more.
    """

    def __init__(self, limit: float, end: Callable[[int], None] = os._exit) -> None:
        self._limit = limit
        self._end = end
        self._beat = time.monotonic()
        self._watched = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="loop-watch", daemon=True)

    async def run(self) -> None:
        """Beat until cancelled."""
        self._watched = threading.get_ident()
        self._beat = time.monotonic()
        self._thread.start()
        try:
            while True:
                self._beat = time.monotonic()
                await asyncio.sleep(0.5)
        finally:
            self._stopped.set()

    def _listen(self) -> None:
        heard = time.monotonic()
        while not self._stopped.wait(1.0):
            now = time.monotonic()
            if now - heard > 3.0:  # this thread slept as well
                self._beat = now
            heard = now
            if now - self._beat > self._limit:
                log.critical("event_loop_stalled", seconds=round(now - self._beat, 1), where=_calls(self._watched))
                sys.stderr.flush()
                self._end(STALLED)
                return


def _calls(thread: int) -> list[str]:
    """The innermost calls of a thread, the last one first: what everybody waits for."""
    stack = traceback.extract_stack(sys._current_frames().get(thread), limit=DEEP)
    return [f"{call.filename}:{call.lineno} {call.name}" for call in reversed(stack)]


def hard_end_after(seconds: float, code: int) -> threading.Timer:
    """Armed: the process ends then whatever hangs. Cancel it when the orderly end was reached."""

    def end() -> None:
        log.critical("stop_took_too_long", seconds=seconds)
        sys.stderr.flush()
        os._exit(code)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    return timer
