"""An Apache Kafka from Maven's jars: one Java process in KRaft mode on loopback."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.broker import kraft
from tests.broker.model import HERE, KAFKA_VERSION, Broker, BrokerUnavailable, free_ports
from tests.broker.will import Will


def cache_folder() -> Path:
    """Where jars outlive a run: the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "slamon"


def jars() -> Path:
    """The folder of Kafka's jars."""
    return copied(HERE / "pom.xml", cache_folder() / f"kafka-{KAFKA_VERSION}")


def copied(pom: Path, libs: Path) -> Path:
    """The folder with all jars of a pom; resolved once, moved into place whole so that no run sees half of it."""
    if libs.is_dir():
        return libs
    libs.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_folder(), prefix="resolving-") as scratch:
        resolve(pom, Path(scratch) / "libs")
        if not libs.is_dir():
            (Path(scratch) / "libs").rename(libs)
    return libs


def resolve(pom: Path, libs: Path) -> None:
    command = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies"]
    done = subprocess.run(
        [*command, "-DincludeScope=runtime", f"-DoutputDirectory={libs}"], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BrokerUnavailable(f"Maven could not resolve {libs.name}: {(done.stdout + done.stderr)[-800:]}")


def launch(libs: Path, folder: Path, will: Will) -> Broker:
    (port,) = free_ports(1)
    kraft.serve(libs, kraft.prepare(libs, folder, {"PLAINTEXT": kraft.Listener(port)}, {}), will)
    return Broker(f"127.0.0.1:{port}", "maven", f"Apache Kafka {KAFKA_VERSION}", real=True)


def start(will: Will) -> Broker:
    """A broker of its own; the will ends it and removes its folder."""
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            raise BrokerUnavailable(f"no {tool} on the PATH")
    libs = jars()
    folder = Path(tempfile.mkdtemp(prefix="slamon-kafka-"))
    will.add("folder", folder)
    return launch(libs, folder, will)
