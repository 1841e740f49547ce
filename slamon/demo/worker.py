"""The demo's worker: `slamon run` in a process of its own, as in production.

A process and not a task: Faust's threads outlive their loop, and a worker that must end ends its process.
"""

import sys
from pathlib import Path
from typing import Any

import aiohttp

import slamon
from slamon.demo.child import Child, free_port, own_environment, start
from slamon.demo.remains import Remains
from slamon.runtime.cluster import KafkaCluster
from slamon.sla.instants import parse

POLICIES = Path(__file__).with_name("policies.yaml")
PARTITIONS = 4
ANSWER_SECONDS = aiohttp.ClientTimeout(total=2.0)


class WorkerPort:
    """A worker's port, read; what it does not answer in time is None."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url, self._session = url, session

    async def ready(self) -> bool:
        found = await self._get("/readyz")
        return found is not None and bool(found.get("ready"))

    async def due(self, limit: int) -> list[dict[str, Any]] | None:
        """The open clocks that are due soonest."""
        found = await self._get(f"/api/v1/at-risk?limit={limit}")
        return None if found is None else found.get("clocks")

    async def services(self, limit: int) -> tuple[list[dict[str, Any]], int] | None:
        """How the services stand, and at which instant."""
        found = await self._get(f"/api/v1/services?limit={limit}")
        return None if found is None or "services" not in found else (found["services"], parse(found["now"]))

    async def _get(self, path: str) -> dict[str, Any] | None:
        try:
            async with self._session.get(self.url + path, timeout=ANSWER_SECONDS) as response:
                found: dict[str, Any] = await response.json()
                return found
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None


def start_worker(cluster: KafkaCluster, folder: Path, remains: Remains) -> tuple[Child, str]:
    """A worker that is starting, and the address of its port."""
    port = free_port()
    environ = own_environment(
        SLAMON_BOOTSTRAP=cluster.bootstrap,
        SLAMON_PREFIX=cluster.prefix,
        SLAMON_PARTITIONS=str(PARTITIONS),
        SLAMON_POLICIES=str(POLICIES),
        SLAMON_DATADIR=str(folder / "worker"),
        SLAMON_HTTP_HOST="127.0.0.1",
        SLAMON_HTTP_PORT=str(port),
        SLAMON_LOG__FORMAT="console",
        # The very slamon that runs the demo, installed or not.
        PYTHONPATH=str(Path(slamon.__file__).parent.parent),
    )
    child = start("the worker", [sys.executable, "-m", "slamon", "run"], folder, remains, environ)
    return child, f"http://127.0.0.1:{port}"
