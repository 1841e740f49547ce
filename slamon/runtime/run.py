"""A worker from start to exit code: signals, the orderly end, and the hard one behind it."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from slamon.engine.form import FORM
from slamon.engine.limits import COLLECT_AFTER
from slamon.runtime import faultpoints
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.memory import bound_heaps
from slamon.runtime.watchdog import hard_end_after

CRASHED = 1
STOP_SECONDS = 15.0
START_SECONDS = 5.0

log = structlog.get_logger(__name__)


class Runnable(Protocol):
    """A worker, bare (slamon.runtime.app.Worker) or with everything around it."""

    failed: "asyncio.Future[BaseException]"

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


MakeWorker = Callable[[], Awaitable[Runnable]]


def run_worker(make: MakeWorker) -> int:
    """The exit code; `make` is called inside the loop. Tasks and threads of Faust outlive this: see `exit_process`."""
    # Faust's consumer has a thread of its own: with the default of 5 ms each of our system calls may wait so long for it.
    sys.setswitchinterval(0.001)
    bound_heaps()
    gc.set_threshold(COLLECT_AFTER, 10, 10)
    faultpoints.arm()
    # Not asyncio.run: at its end it waits for every task, and one of a library that never ends would hold the process.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop.run_until_complete(_run(make))


def exit_process(code: int) -> None:
    """End at once, everything said: mode's threads are no daemons and one that hangs would hold the process."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


class Ending:
    """Whether the worker was asked to end, and the hard end that is armed from then on until `disarm`."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self._timers: list[threading.Timer] = []

    def on_signal(self, number: int) -> None:
        if not self.asked.is_set():
            log.info("worker_stopping", signal=signal.Signals(number).name)
            self.arm(CRASHED)
        self.asked.set()

    def arm(self, code: int) -> None:
        self._timers.append(hard_end_after(STOP_SECONDS, code))

    def disarm(self) -> None:
        for timer in self._timers:
            timer.cancel()


async def _run(make: MakeWorker) -> int:
    ending = Ending()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.on_signal, number)
    worker = await make()
    try:
        code = await _live(worker, ending.asked)
    except Exception as error:  # noqa: BLE001 - whatever it is, it becomes one line and an exit code
        code = _say(error)
    ending.arm(code or CRASHED)
    try:
        await worker.stop()
    except Exception as error:  # noqa: BLE001
        code = code or _say(error)
    ending.disarm()
    return code


async def _live(worker: Runnable, asked: asyncio.Event) -> int:
    """0 when asked to stop; otherwise the code of whatever failed."""
    waiting = [asyncio.ensure_future(asked.wait()), asyncio.ensure_future(worker.failed)]
    starting = asyncio.ensure_future(worker.start())
    done, _ = await asyncio.wait([starting, *waiting], return_when=asyncio.FIRST_COMPLETED)
    if starting in done:
        await starting
        gc.freeze()  # what is here now stays: later collections need not look at it
        log.info("worker_started", form=FORM)
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    else:
        # A member that is cancelled while it joins does not leave: the others would wait for its session to expire.
        await asyncio.wait([starting], timeout=START_SECONDS)
        starting.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await starting
    waiting[0].cancel()
    return _say(worker.failed.result()) if worker.failed.done() else 0


def _say(error: BaseException) -> int:
    if isinstance(error, WorkerMustEnd):
        log.critical("worker_must_end", reason=str(error))
        return error.code
    log.critical("worker_crashed", reason=f"{type(error).__name__}: {error}", exc_info=error)
    return CRASHED
