"""A broker that is a child process: started with its log in a file, watched until it is ready."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.broker.model import START_LIMIT_S, BrokerUnavailable


def wait_until_ready(process: subprocess.Popen[bytes], log: Path, is_ready: Callable[[], bool]) -> None:
    """Returns once `is_ready`; says the end of the log when the process died or took too long."""
    until = time.monotonic() + START_LIMIT_S
    while time.monotonic() < until:
        if is_ready():
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise BrokerUnavailable(f"not ready, exit code {process.poll()}; the end of its log:\n{tail}")
