"""Work that can wait, beside deciding: in slices of a millisecond, with the loop for everything else between them.

A transaction takes some ten turns of the loop: whatever takes a slice of each of them makes every fact as late as ten slices.
"""

import asyncio
import time

SECONDS = 0.001
SHARE = 0.05  # of the time


class Slices:
    """Call `pause` after each small step."""

    def __init__(self, share: float = SHARE) -> None:
        self._share = share
        self._began = time.monotonic()

    async def pause(self) -> bool:
        """Whether others had their turn: so they have once a slice is over."""
        took = time.monotonic() - self._began
        if took < SECONDS:
            return False
        await asyncio.sleep(took / self._share - took)
        self._began = time.monotonic()
        return True
