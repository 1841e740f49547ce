"""`slamon demo` as its user has it: a process, in a temporary folder of its own, whose every remnant can be found."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0


def remnants(temporary: Path) -> list[str]:
    """Processes whose environment names the folder, and what is left in it."""
    mark = f"TMPDIR={temporary}".encode()
    found = [name.name for name in temporary.iterdir()]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append(" ".join((process / "cmdline").read_bytes().decode().split("\0")))
        except OSError:  # it has ended meanwhile, or is not ours
            continue
    return found


def process_of(temporary: Path, words: str) -> int:
    """The demo's process with these words in its command line."""
    mark = f"TMPDIR={temporary}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if words in command and mark in (process / "environ").read_bytes().split(b"\0"):
                return int(process.name)
        except OSError:
            continue
    raise AssertionError(f"no process {words!r}")


def until(what: Callable[[], bool], told: Callable[[], str]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end, told()
        time.sleep(0.05)


@contextmanager
def demo(temporary: Path, *arguments: str, stdout: int | None = None, path: Path = ROOT) -> Iterator[subprocess.Popen]:
    """The running demo, ended in any case; its output goes to `out` and `err` beside its folder."""
    environ = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": f"{path}{os.pathsep}{ROOT}"}
    out, err = temporary.with_name("out").open("wb"), temporary.with_name("err").open("wb")
    with out, err:
        process = subprocess.Popen(
            [sys.executable, "-m", "slamon", "demo", *arguments],
            stdout=out if stdout is None else stdout, stderr=err, stdin=subprocess.DEVNULL, cwd=ROOT, env=environ,
        )  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(PATIENCE_S)
