"""How many records a synchronous slice may take, learned from what they cost: nobody may wait longer than 20 ms.

Counted in processor time of the thread: a machine that gives us no processor for 100 ms says nothing about the records.
"""

import asyncio
import time

# Some fifty records. What a batch makes of them is written at its end, while the processor's nearest cache still holds it:
# with 8 ms an event cost a tenth more, with 25 ms a fifth.
SLICE = 0.002
FIRST_RECORDS = 50
LEAST_RECORDS = 8  # late records of one subject are worked out again together: one at a time they would cost most
LEAST_SECONDS = 1e-6
TURNS = 4  # of the loop between two slices: so many lie between an answer of the broker and the next question


async def others() -> None:
    """Return when everything but deciding had its turn; a transaction that got one turn a slice took twelve slices."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


class Pace:
    """Dear records are believed at once and cheap ones slowly."""

    def __init__(self) -> None:
        self._per_record = SLICE / FIRST_RECORDS

    @property
    def records(self) -> int:
        """So many fit into one slice."""
        return max(LEAST_RECORDS, int(SLICE / self._per_record))

    def took(self, seconds: float, records: int) -> None:
        seen = seconds / records
        self._per_record = max(seen, 0.9 * self._per_record + 0.1 * seen, LEAST_SECONDS)


class Budget:
    """Processor time that one unit may take for deciding; waiting for others does not count."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    @property
    def spent(self) -> bool:
        return self._left <= 0

    def started(self) -> float:
        return time.thread_time()

    def stopped(self, started: float) -> float:
        """The seconds since `started`, now taken off."""
        took = time.thread_time() - started
        self._left -= took
        return took
