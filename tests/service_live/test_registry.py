"""Avro through a schema registry and a live worker: nothing is lost while the registry is away (docs/registry.md)."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from tests.integration.reading import everything, write
from tests.registry.opening import ROW, VALUE
from tests.registry.serving import Served, avro, framed, written
from tests.service_live.live import Live

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]


async def found(live: Live, role: str, enough: int) -> list[Any]:
    """The keyed records of a topic of ours once there are so many."""
    records: list[Any] = []
    for _ in range(80):
        records = [
            each for each in await everything(live.cluster, f"{live.prefix}{role}") if each.key or role != "tickets"
        ]
        if len(records) >= enough:
            break
        await asyncio.sleep(0.25)
    return records


async def test_rows_wait_for_the_registry_and_what_it_does_not_know_is_a_dead_letter(live: Live) -> None:
    served = await Served({9: avro(ROW)}, trouble=[web.Response(status=503) for _ in range(3)]).start()
    try:
        topic = f"{live.prefix}rows"
        await live.make_topics(topic)
        one = {"name": "rows", "topic": topic, "source": "servicenow", "registry": {"url": served.url, "timeout": "2s"}}
        worker = live.start(SLAMON_INPUTS=json.dumps([one]))
        await live.ready(worker)
        row = {**VALUE, "sys_updated_on": datetime.now(UTC)}
        values = [written(9, ROW, row), framed(77, b"\x02"), json.dumps({"number": "x"}).encode()]
        await write(live.cluster, topic, [{"value": value, "partition": 0} for value in values])

        (ticket,) = await found(live, "tickets", 1)
        assert (ticket.key, json.loads(ticket.value)["fields"]["status"]) == (b"INC1", "New")
        letters = await found(live, "deadletter", 2)
        reasons = {dict(letter.headers)["reason"].decode(): letter.value for letter in letters}
        assert reasons == {"unknown_schema": values[1], "unknown_shape": values[2]}
        assert [line["path"] for line in worker.said("registry_unanswered")] == ["/schemas/ids/9"]
        assert len(served.asked) == 7  # three times away, the answer, three times unknown
        assert worker.process.poll() is None
    finally:
        await served.stop()
