"""An Apache Kafka of the harness's own, which may be killed and started again, with a second door behind a proxy."""

import asyncio
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from tests.broker import maven
from tests.broker.model import BrokerUnavailable, free_ports
from tests.broker.process import wait_until_ready
from tests.broker.will import Will

START_TRIES = 3


class ChaosBroker:
    """`bootstrap` leads straight to it, `proxied` (advertised to whoever asks there) through the proxy's port."""

    def __init__(self) -> None:
        for tool in ("java", "mvn"):
            if shutil.which(tool) is None:
                raise BrokerUnavailable(f"no {tool} on the PATH")
        self._libs = maven.jars()
        self._will = Will()
        self._folder = Path(tempfile.mkdtemp(prefix="slamon-chaos-kafka-"))
        self._will.add("folder", self._folder)
        self.client_port, self.behind_port, self._controller, self.proxy_port = free_ports(4)
        self._process: subprocess.Popen[bytes] | None = None
        self._settings = self._folder / "server.properties"
        self._settings.write_text(self._properties())
        formatting = maven.java(
            self._libs, "kafka.tools.StorageTool", "format", "-t", maven.cluster_id(), "-c", self._settings
        )
        subprocess.run(formatting, check=True, capture_output=True)
        self.start()

    def outlive_not(self, process: "subprocess.Popen[bytes]") -> None:
        """End that process too, however this one ends."""
        self._will.add_child(process)

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.client_port}"

    @property
    def proxied(self) -> str:
        return f"127.0.0.1:{self.proxy_port}"

    def _properties(self) -> str:
        usual = dict(
            line.split("=", 1)
            for line in maven.properties(self._folder, self.client_port, self._controller).splitlines()
        )
        usual["listeners"] += f",BEHIND://127.0.0.1:{self.behind_port}"
        usual["advertised.listeners"] += f",BEHIND://127.0.0.1:{self.proxy_port}"
        usual["listener.security.protocol.map"] += ",BEHIND:PLAINTEXT"
        usual["inter.broker.listener.name"] = "PLAINTEXT"
        usual["log.cleaner.backoff.ms"] = "500"  # what may be compacted is, during a run
        # The default is 10 s: time-outs of transactions that are to come at their time.
        usual["transaction.abort.timed.out.transaction.cleanup.interval.ms"] = "1000"
        return "".join(f"{key}={value}\n" for key, value in usual.items())

    def start(self) -> None:
        """Return when it serves, with what it held before."""
        log = self._folder / f"broker-{time.monotonic_ns()}.log"
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                maven.java(self._libs, "kafka.Kafka", self._settings),
                stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        self._will.add_child(self._process)
        wait_until_ready(self._process, log, lambda: b"Kafka Server started" in log.read_bytes())

    async def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Return when it is gone: in order, or as a machine that loses its power."""
        assert self._process is not None
        self._process.send_signal(number)
        await asyncio.to_thread(self._process.wait, 60)

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """Leave nothing behind."""
        self._will.execute()
