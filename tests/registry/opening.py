"""A row in Avro, and opening it as intake does."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from slamon.registry.client import Registry
from slamon.registry.opener import Opener
from slamon.sla.events import InvalidRecord
from tests.registry.serving import Served
from tests.runtime.test_intake_mapping import Foreign

TIMES = {"type": "long", "logicalType": "timestamp-millis"}
ROW = {
    "type": "record", "name": "Row", "namespace": "sn", "fields": [
        {"name": "number", "type": "string"},
        {"name": "sys_id", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "state", "type": ["null", "string"], "default": None},
        {"name": "sys_updated_on", "type": TIMES},
        {"name": "sys_mod_count", "type": "int"},
        {"name": "priority", "type": ["null", "string"]},
    ],
}  # fmt: skip
VALUE = {"number": "INC1", "sys_id": UUID(int=7), "state": "New", "sys_mod_count": 3, "priority": None,
         "sys_updated_on": datetime(2024, 1, 5, 15, 0, 0, 250_000, tzinfo=UTC)}  # fmt: skip
AS_JSON = {**VALUE, "sys_id": "00000000-0000-0000-0000-000000000007", "sys_updated_on": "2024-01-05T15:00:00.250Z"}


async def no_time(_seconds: float) -> None:
    await asyncio.sleep(0)


def opener_of(served: Served, **more: Any) -> Opener:
    return Opener(Registry(served.url, sleep=no_time, **more))


async def opened(opener: Opener, value: bytes | None, key: bytes | None = None) -> Any:
    record = await opener.open(Foreign(value, key=key))
    return None if record.value is None else json.loads(record.value)


async def refused(opener: Opener, value: bytes) -> tuple[str, str]:
    with pytest.raises(InvalidRecord) as error:
        await opener.open(Foreign(value))
    return error.value.reason, str(error.value)
