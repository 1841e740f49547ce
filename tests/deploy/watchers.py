"""A real Prometheus and a real Alertmanager on loopback, by the committed files; only addresses and secrets are the test's."""

import asyncio
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from aiohttp import web

from tests.broker.will import Will

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "slamon.rules.yaml"
PROMETHEUS = shutil.which("prometheus")
ALERTMANAGER = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
SECONDS = 60  # for what takes a few

needs_prometheus = pytest.mark.skipif(
    PROMETHEUS is None, reason="prometheus is not here (Debian: apt-get install prometheus)"
)
needs_alertmanager = pytest.mark.skipif(
    ALERTMANAGER is None, reason="Alertmanager is not here (Debian: apt-get install prometheus-alertmanager)"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Caught:
    """What PagerDuty, Slack or the webhook would have got."""

    receiver: str
    at: float
    body: Any
    authorization: str | None


@dataclass
class Catcher:
    """A port that takes every POST for a receiver: the last part of its path."""

    caught: list[Caught] = field(default_factory=list)
    url: str = ""
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/{receiver:.*}", self._take)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        receiver = request.match_info["receiver"].partition("/")[0]
        told = Caught(receiver, time.time(), await request.json(), request.headers.get("Authorization"))
        self.caught.append(told)
        return web.json_response({"status": "success"}, status=202 if receiver == "pagerduty" else 200)

    async def until(self, enough: Callable[[list[Caught]], bool]) -> list[Caught]:
        """What was caught once it is enough."""
        await eventually(lambda: enough(self.caught), lambda: f"caught {self.caught}")
        return self.caught


async def eventually(holds: Callable[[], bool], otherwise: Callable[[], str]) -> None:
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, otherwise()
        await asyncio.sleep(0.05)


def start_prometheus(will: Will, folder: Path, config: dict[str, Any]) -> str:
    """Its address."""
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    port = free_port()
    arguments = [
        f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}", "--enable-feature=exemplar-storage", "--log.level=error",
    ]  # fmt: skip
    will.add_child(
        subprocess.Popen([str(PROMETHEUS), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    )
    return f"http://127.0.0.1:{port}"


def start_alertmanager(will: Will, folder: Path, catcher: str) -> str:
    """Its address; PagerDuty, Slack and the webhook are all at `catcher`."""
    (folder / "alertmanager.yaml").write_text(yaml.safe_dump(alertmanager_config(folder, catcher)))
    port = free_port()
    arguments = [
        f"--config.file={folder}/alertmanager.yaml", f"--storage.path={folder}/alertmanager",
        f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", "--log.level=error",
    ]  # fmt: skip
    will.add_child(
        subprocess.Popen([str(ALERTMANAGER), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    )
    return f"http://127.0.0.1:{port}"


def alertmanager_config(folder: Path, catcher: str) -> dict[str, Any]:
    """The committed one, with addresses and secrets of the test."""
    config = yaml.safe_load((DEPLOY / "alertmanager" / "alertmanager.yaml").read_text())
    receivers = {receiver["name"]: receiver for receiver in config["receivers"]}
    config["global"] |= {
        "slack_api_url_file": _file(folder, f"{catcher}/slack"),
        "pagerduty_url": f"{catcher}/pagerduty",
    }
    receivers["pagerduty"]["pagerduty_configs"][0]["routing_key_file"] = _file(folder, "a-routing-key")
    (webhook,) = receivers["webhook"]["webhook_configs"]
    webhook["url"] = f"{catcher}/webhook"
    webhook["http_config"]["authorization"]["credentials_file"] = _file(folder, "a-token")
    return config


def prometheus_config(worker: int, alertmanager: str) -> dict[str, Any]:
    """The committed one, with addresses of the test."""
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yaml").read_text())
    config["rule_files"] = [str(RULES)]
    config["scrape_configs"][0]["static_configs"] = [{"targets": [f"127.0.0.1:{worker}"]}]
    config["alerting"]["alertmanagers"][0]["static_configs"] = [{"targets": [alertmanager.removeprefix("http://")]}]
    return config


def _file(folder: Path, secret: str) -> str:
    path = folder / f"secret-{len(list(folder.glob('secret-*')))}"
    path.write_text(secret)
    return str(path)


async def answered(url: str) -> None:
    """Return once there is an answer."""
    end = time.monotonic() + SECONDS
    async with aiohttp.ClientSession() as session:
        while True:
            with suppress(aiohttp.ClientError):
                async with session.get(url) as response:
                    if response.status == 200:
                        return
            assert time.monotonic() < end, url
            await asyncio.sleep(0.1)


def told(body: Any) -> str:
    """Everything a receiver was told, as text."""
    return json.dumps(body)
