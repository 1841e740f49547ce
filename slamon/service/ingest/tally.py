"""How requests ended: each counted, and refusals logged, of each kind at most one line in ten seconds."""

import time
from collections import Counter
from collections.abc import Callable

import structlog

from slamon.service.ingest.refusal import Refusal

QUIET_SECONDS = 10.0  # strangers must not be able to fill the log

Count = Callable[[str, tuple[str, ...]], None]

log = structlog.get_logger(__name__)


class Tally:
    """One for the whole port. Nothing of a body or a secret is ever said."""

    def __init__(self, count: Count, clock: Callable[[], float] = time.monotonic) -> None:
        self._count, self._clock = count, clock
        self._said: dict[tuple[str, str], float] = {}
        self._unsaid: Counter[tuple[str, str]] = Counter()

    def accepted(self, name: str) -> None:
        self._count("ingest", (name, "accepted"))

    def refused(self, name: str, refusal: Refusal, peer: str | None) -> None:
        self._count("ingest", (name, refusal.result))
        kind, now = (name, refusal.result), self._clock()
        self._unsaid[kind] += 1
        if now - self._said.get(kind, -QUIET_SECONDS) < QUIET_SECONDS:
            return
        self._said[kind] = now
        told = {
            "input": name,
            "status": refusal.status,
            "reason": refusal.error,
            "peer": peer,
            "times": self._unsaid.pop(kind),
        }
        log.warning("ingest_refused", **told, **({"cause": refusal.cause} if refusal.cause else {}))
