"""Gauges that need a look into the stores: what is due, and how services stand; gathered now and then, in slices."""

import asyncio
import time
from typing import TYPE_CHECKING

import structlog

from slamon.engine.look import Standing
from slamon.engine.partitioner import partition_of
from slamon.runtime.wall import wall_ms
from slamon.service.due import within
from slamon.service.metrics import Metrics
from slamon.service.metrics.services import EVERY
from slamon.service.metrics.soon import Soon
from slamon.service.slices import Slices
from slamon.service.standings import awaited, standings

if TYPE_CHECKING:
    from slamon.service.inspection import Inspection

LEAST = 1.0  # seconds between two looks, if they take no longer

log = structlog.get_logger(__name__)


async def gather_for_ever(inspection: "Inspection", metrics: Metrics, partitions: int) -> None:
    """Every so often; what cannot be measured is told and must not end a worker that can still decide."""
    while True:
        began = time.monotonic()
        for measure in (due, services):
            try:
                await measure(inspection, metrics, partitions)
            except Exception as error:  # noqa: BLE001 - see above
                log.error("gauges_failed", gauges=measure.__name__, error=f"{type(error).__name__}: {error}")
        await asyncio.sleep(min(EVERY, max(LEAST, time.monotonic() - began)))


async def due(inspection: "Inspection", metrics: Metrics, partitions: int) -> None:
    """Clocks due soon, of tickets and services."""
    soon = Soon(wall_ms())
    for store in inspection.stores():
        async for deadline in within(store, soon.until, inspection.readable):
            soon.add(deadline)
    metrics.on_due(soon)


async def services(inspection: "Inspection", metrics: Metrics, partitions: int) -> None:
    """How services stand; those that a policy names are there before their first record."""
    for number, (store, rules) in inspection.owned().items():
        now = wall_ms()
        found: dict[str, list[Standing]] = {}
        if inspection.readable(store):
            at = inspection.instant(number)
            found = {name: clocks async for name, clocks in standings(store, rules, at, inspection.readable)}
        for name in metrics.named_services:
            if name not in found and partition_of(name.encode(), partitions) == number:
                found[name] = awaited(rules, name, now)
        if inspection.readable(store):
            metrics.on_services(number, list(found.items()), now)
    slices = Slices()
    for _ in metrics.show_services():
        await slices.pause()
