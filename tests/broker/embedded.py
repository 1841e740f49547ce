"""The embedded broker of the demo extra: a small binary that speaks Kafka's protocol, for machines with Python alone."""

import importlib.resources
import importlib.util
import socket
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

from tests.broker.model import Broker, BrokerUnavailable, free_ports
from tests.broker.process import wait_until_ready
from tests.broker.will import Will


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def command(folder: Path, port: int) -> list[str]:
    """The binary itself: the package's Python wrapper would leave it running when it is killed."""
    binary = Path(str(importlib.resources.files("noida_db"))) / "noida-db"
    binary.chmod(0o755)
    data = ["--data-dir", str(folder / "data")]
    return [str(binary), "start", *data, "--host", "127.0.0.1", "--only", "kafka", "--kafka-port", str(port)]


def start(will: Will) -> Broker:
    """A broker of its own; the will ends it and removes its folder."""
    if importlib.util.find_spec("noida_db") is None:
        raise BrokerUnavailable("the package noida-db is not installed (pip install 'slamon[demo]')")
    folder = Path(tempfile.mkdtemp(prefix="slamon-embedded-"))
    will.add("folder", folder)
    (port,) = free_ports(1)
    log = folder / "broker.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command(folder, port), stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=folder, start_new_session=True
        )
    will.add_child(process)
    wait_until_ready(process, log, lambda: answers(port))
    return Broker(f"127.0.0.1:{port}", "embedded", f"noida-db {version('noida-db')}", real=False)
