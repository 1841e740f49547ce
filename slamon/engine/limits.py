"""Bounds of lateness, size and age that one installation sets for its partitions."""

from dataclasses import dataclass
from typing import Final

DAY_MS: Final = 86_400_000

# New objects until Python searches for cycles, of which a worker makes next to none: a batch holds its tickets until it is
# done, and with 700 a fifth of its time is that. With 50,000 it was still 3 %; 250,000 objects are some 30 MB at most.
COLLECT_AFTER: Final = 250_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of lateness, size and age, in milliseconds and bytes (semantics 4)."""

    allowed_lateness_ms: int = 0
    max_lateness_ms: int = 30 * DAY_MS
    max_future_ms: int = 5 * 60_000
    page_within_ms: int = 15 * 60_000
    retention_ms: int = 90 * DAY_MS
    max_record: int = 512 * 1024
    tick_keys: int = 64  # a page of due keys is a slice of about 4 ms: whatever waits for a turn waits for some of them
