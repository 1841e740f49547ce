"""What ends a worker that goes on living: asked every second, and every answer is a sentence (architecture.md 5)."""

import time
from collections.abc import Callable

from slamon.runtime.assignment import Assignment
from slamon.runtime.errors import WorkerMustEnd, in_words
from slamon.runtime.memory import allowed_bytes, resident_bytes
from slamon.runtime.patience import Patience
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.transport import SlaConsumer

MIB = 1 << 20


class Doubts:
    """Of one worker. Each doubt gives the sentence that ends it, None while there is none."""

    def __init__(self, settings: RuntimeSettings, assignment: Assignment, consumer: Callable[[], SlaConsumer]) -> None:
        self._settings, self._assignment, self._consumer = settings, assignment, consumer
        self._commits = Patience()
        self._memory_limit = settings.memory_limit or allowed_bytes()

    def check(self) -> None:
        """Raises WorkerMustEnd at the first doubt; call it every second."""
        for doubt in (self._thread, self._group, self._assignment.stuck, self._commit, self._memory):
            if (sentence := doubt()) is not None:
                raise WorkerMustEnd(sentence)

    def _thread(self) -> str | None:
        if not self._consumer().thread_dead:
            return None
        return (
            "expected the thread of the Kafka consumer to live as long as the worker, it is over: "
            "nothing is read and no heartbeat is sent; the worker ends"
        )

    def _group(self) -> str | None:
        """A member whose routine is over or waits for ever has joined, for all that the others know, and reads nothing."""
        error = self._consumer().group_error
        if error is None:
            return None
        return (
            f"expected the consumer to stay in touch with the group {self._settings.group}, got {in_words(error)}: "
            f"no partition would ever be given to this worker again; the worker ends"
        )

    def _commit(self) -> str | None:
        stall = self._commits.longest(self._consumer().uncommitted(), time.monotonic())
        if stall is None or stall.seconds <= self._settings.no_progress:
            return None
        return (
            f"{stall.what}: expected the group offset to follow what is dealt with within {self._settings.no_progress:.0f} s, "
            f"got no commit for {stall.seconds:.0f} s; the worker ends"
        )

    def _memory(self) -> str | None:
        if self._memory_limit is None or (held := resident_bytes()) <= self._memory_limit:
            return None
        return (
            f"expected at most {self._memory_limit // MIB} MiB of memory, got {held // MIB} MiB; the worker ends before "
            f"it is killed (hint: a higher limit, or fewer partitions for each worker)"
        )
