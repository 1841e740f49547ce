"""How much memory this process holds, and how much it may: a worker that ends itself says so, one that is killed does not."""

import ctypes
import os
from pathlib import Path

SHARE = 0.95  # of what the control group allows: the rest is for the way out
STATM = Path("/proc/self/statm")
LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)  # version 2, version 1
UNLIMITED = 1 << 60  # version 1 says "no limit" with a number near 2^63

# Of glibc's malloc.h. Write buffers, fetches and batches come and go beside blocks that stay: in one heap each left a hole
# of its size, which was a third of a worker's memory. From a MiB on they are mapped, and given back as they go.
M_ARENA_MAX, M_MMAP_THRESHOLD, M_TRIM_THRESHOLD = -8, -3, -1
ARENAS, MAPPED_BYTES, TRIMMED_BYTES = 2, 1 << 20, 4 << 20


def bound_heaps() -> None:
    """Let memory that is free go back to the system; to be called before there are threads. Nothing without glibc."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, ARENAS)
        mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES)
        mallopt(M_TRIM_THRESHOLD, TRIMMED_BYTES)


def resident_bytes() -> int:
    """Of this process; 0 where the system does not tell."""
    try:
        return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def allowed_bytes() -> int | None:
    """`SHARE` of the control group's limit, None without one."""
    for path in LIMITS:
        try:
            limit = int(path.read_text())
        except (OSError, ValueError):  # no such file, or "max"
            continue
        if 0 < limit < UNLIMITED:
            return int(limit * SHARE)
    return None
