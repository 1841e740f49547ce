"""`python -m tests.chaos.stepped`: a worker whose wall clock is that of the machine and what a file of 8 bytes adds to it."""

import mmap
import os
import struct
import sys
import time
from pathlib import Path

VARIABLE = "CHAOS_CLOCK"


def shift(file: Path, ms: int) -> None:
    """The clocks that look at this file are off by so much from now on."""
    with file.open("r+b" if file.exists() else "w+b") as out:
        out.write(struct.pack("<q", ms))


def _step_by(file: Path) -> None:
    """Python's wall clocks; the monotonic ones go on, as they do when a machine's clock is set."""
    with file.open("rb") as held:
        shared = mmap.mmap(held.fileno(), 8, prot=mmap.PROT_READ)
    true_ns, true = time.time_ns, time.time

    def off() -> int:
        return int(struct.unpack("<q", shared)[0])

    time.time_ns = lambda: true_ns() + off() * 1_000_000  # type: ignore[assignment]
    time.time = lambda: true() + off() / 1000  # type: ignore[assignment]


if __name__ == "__main__":
    _step_by(Path(os.environ[VARIABLE]))
    from slamon import cli  # not before: whoever imports a clock by its name has to get this one

    sys.argv = ["slamon", "run"]
    sys.exit(cli.main())
