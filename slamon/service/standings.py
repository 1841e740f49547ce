"""How the services of a partition stand, read in slices: for gauges, and for the list of the API."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from heapq import merge
from itertools import islice
from typing import Any

from slamon.engine.keys import SERVICE
from slamon.engine.look import Standing, standing
from slamon.engine.unit import Store
from slamon.service.slices import Slices
from slamon.service.status import Page
from slamon.sla.clock import DRAFT
from slamon.sla.coverage import Rules

SLICE = 20
MAX_HEADS = 2_000  # of one partition
LISTED = (
    "policy", "policy_kind", "slot", "agreement", "objective", "objective_kind", "target", "cycle_start", "stage", "state",
    "period", "availability", "budget", "service_seconds", "excluded_seconds", "unknown_seconds", "downtime_seconds",
    "outages", "due_at", "breached_at",
)  # fmt: skip

Readable = Callable[[Store], bool]
Owned = tuple[Store, Rules]


async def standings(
    store: Store, rules: Rules, now: int, readable: Readable
) -> AsyncIterator[tuple[str, list[Standing]]]:
    """Each service of the partition with its open clocks; drafts are left out, for nobody is to hear of them."""
    slices = Slices()
    first, seen = b"", 0
    while seen < MAX_HEADS:
        page = list(islice(store.scan(SERVICE.head, first), SLICE))
        for key, head in page:
            yield (
                _subject(key),
                [one for one in standing(store, rules, head, now) if not one.told["slot"].startswith(DRAFT)],
            )
            if await slices.pause() and not readable(store):
                return
        if len(page) < SLICE:
            return
        first, seen = page[-1][0] + b"\0", seen + len(page)


def awaited(rules: Rules, service: str, now: int) -> list[Standing]:
    """What is promised of a service that no record came of yet."""
    promises = rules.services(rules.version_at(now)).of({"service": service}, now)
    return [
        Standing(
            {
                "policy": promise.policy.name,
                "policy_kind": promise.policy.kind.value,
                "objective": promise.objective.name,
                "objective_kind": promise.objective.kind.value,
                "state": "unknown",
            }
        )
        for (slot, _), promise in promises.items()
        if not slot.startswith(DRAFT)
    ]


async def listed(owned: Mapping[int, Owned], after: str, limit: int, now: int, readable: Readable) -> Page:
    """So many services after this one, by id; a partition that goes meanwhile was not read."""
    first = SERVICE.head_key(after) + b"\0" if after else b""
    pages, gone = [], set()
    for number, (store, rules) in owned.items():
        if not readable(store):
            gone.add(number)
            continue
        heads = islice(store.scan(SERVICE.head, first), limit + 1)
        pages.append([(key, head, number, store, rules) for key, head in heads])
        await asyncio.sleep(0)
    found = list(islice(merge(*pages, key=lambda one: one[0]), limit + 1))
    services = []
    for key, head, number, store, rules in found[:limit]:
        if readable(store):
            services.append(_listed(key, standing(store, rules, head, now)))
        else:
            gone.add(number)
        await asyncio.sleep(0)
    return Page(services, frozenset(owned) - gone, more=len(found) > limit)


def _listed(key: bytes, clocks: Iterable[Standing]) -> dict[str, Any]:
    told = [{name: one.told[name] for name in LISTED if name in one.told} for one in clocks]
    return {"service": _subject(key), "clocks": told}


def _subject(key: bytes) -> str:
    return key[len(SERVICE.head) :].decode()
