"""How a test asks Prometheus what a dashboard would ask."""

import asyncio
import time
from contextlib import suppress
from typing import Any

import aiohttp

from tests.deploy.test_grafana import TARGETS, plain
from tests.deploy.watchers import SECONDS

VARIABLES = {"$policy": ".*", "$objective": ".*", "$service": ".*", "$worker": ".*"}


def shown(name: str) -> str:
    """The expression of a panel, with all of every choice."""
    text = plain(TARGETS[name])
    for variable, value in VARIABLES.items():
        text = text.replace(variable, value)
    return text


async def asked(api: aiohttp.ClientSession, path: str, **query: str) -> Any:
    async with api.get(f"/api/v1/{path}", params=query) as response:
        body = await response.json()
    assert body["status"] == "success", body
    return body["data"]


async def result(api: aiohttp.ClientSession, text: str) -> list[dict[str, Any]]:
    return (await asked(api, "query", query=text))["result"]


async def number(api: aiohttp.ClientSession, name: str) -> float:
    """What a panel shows that shows one number."""
    (found,) = await result(api, shown(name))
    return float(found["value"][1])


async def lacking(api: aiohttp.ClientSession) -> list[str]:
    """The queries of all dashboards that give nothing."""
    return [name for name in TARGETS if not await result(api, shown(name))]


async def scraped(api: aiohttp.ClientSession, times: int) -> None:
    """Return once the worker was scraped so often."""
    end = time.monotonic() + SECONDS
    while True:
        with suppress(aiohttp.ClientError):
            found = await result(api, 'count_over_time(slamon_build_info{job="slamon"}[5m])')
            if found and float(found[0]["value"][1]) >= times:
                return
        assert time.monotonic() < end, "nothing is scraped"
        await asyncio.sleep(0.5)
