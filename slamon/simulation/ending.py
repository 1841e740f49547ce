"""How a command that goes on for ever is told to end."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.asynccontextmanager
async def asked_to_end() -> AsyncIterator[asyncio.Event]:
    """An event that Ctrl-C, SIGTERM and a closed terminal set, until the end of the block."""
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    for number in ENDING:
        loop.add_signal_handler(number, asked.set)
    try:
        yield asked
    finally:
        for number in ENDING:
            loop.remove_signal_handler(number)
