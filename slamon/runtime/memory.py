"""How much memory this process holds, and how much it may: a worker that ends itself says so, one that is killed does not."""

import os
from pathlib import Path

SHARE = 0.95  # of what the control group allows: the rest is for the way out
STATM = Path("/proc/self/statm")
LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)  # version 2, version 1
UNLIMITED = 1 << 60  # version 1 says "no limit" with a number near 2^63


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
