"""The embedded broker of the demo: a small binary from a wheel that speaks Kafka's protocol."""

import asyncio
import importlib.resources
import importlib.util
import os
import shutil
from importlib.metadata import version
from pathlib import Path

from slamon.demo.child import Child, DemoFailed, free_port, start
from slamon.demo.remains import Remains

MISSING = (
    "the demo's broker is not installed: pip install 'slamon[demo]' brings it "
    "(or name a Kafka that is there: slamon demo --bootstrap HOST:PORT)"
)


def product() -> str:
    """What the broker is called, with its version; raises DemoFailed if it is not installed."""
    if importlib.util.find_spec("noida_db") is None:
        raise DemoFailed(MISSING)
    return f"noida-db {version('noida-db')}"


async def start_broker(folder: Path, remains: Remains) -> tuple[Child, str]:
    """A broker that answers, and its address."""
    product()
    port = free_port()
    # The binary itself: the package's Python wrapper would leave it running when it is killed.
    command = [str(_binary(folder)), "start", "--data-dir", str(folder / "broker"), "--host", "127.0.0.1"]
    child = start("the broker", [*command, "--only", "kafka", "--kafka-port", str(port)], folder, remains)
    await child.until(lambda: _answers(port))
    return child, f"127.0.0.1:{port}"


def _binary(folder: Path) -> Path:
    """The wheel's binary; a copy where its permission to run was lost on the way and cannot be given back."""
    binary = Path(str(importlib.resources.files("noida_db"))) / "noida-db"
    if not binary.is_file():
        raise DemoFailed(f"{MISSING}; the installed one has no binary for this machine")
    if os.access(binary, os.X_OK):
        return binary
    copy = Path(shutil.copy(binary, folder / "noida-db"))
    copy.chmod(0o700)
    return copy


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
