"""An Apache Kafka of the harness's own, which may be killed and started again, with a second door behind a proxy."""

import asyncio
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from tests.broker import kraft, maven
from tests.broker.kraft import Listener
from tests.broker.model import BrokerUnavailable, free_ports
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
        self.client_port, self.behind_port, self.proxy_port = free_ports(3)
        listeners = {
            "PLAINTEXT": Listener(self.client_port),
            "BEHIND": Listener(self.behind_port, advertised=self.proxy_port),
        }
        compacting = {"log.cleaner.backoff.ms": "500"}  # what may be compacted is, during a run
        self._settings = kraft.prepare(self._libs, self._folder, listeners, compacting)
        self._process: subprocess.Popen[bytes] | None = None
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

    def start(self) -> None:
        """Return when it serves, with what it held before."""
        self._process = kraft.serve(self._libs, self._settings, self._will)

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
