"""Intake with a registry: the row becomes canonical, and a dead letter holds the bytes as they came (semantics 4.7)."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from slamon.registry.client import Registry
from slamon.registry.opener import Opener
from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.intake import Intake
from slamon.runtime.intake_mapping import Feed, Mapper, Row
from slamon.sources import SOURCES
from tests.registry.opening import ROW, VALUE, no_time
from tests.registry.serving import Served, avro, framed, written
from tests.runtime.test_intake_mapping import Foreign

CLUSTER = KafkaCluster("nowhere:1")
FEED = Feed("rows", SOURCES["servicenow"])


@pytest.fixture(autouse=True)
def with_rows(served: Served) -> None:
    served.by_id[9] = avro(ROW)


async def rows_of(feed: Feed, value: bytes) -> Mapping[str, list[Row]]:
    """What intake would produce, by topic."""
    intake: Any = Intake(CLUSTER, [feed], None, Mapper(1))  # type: ignore[arg-type]
    rows: dict[str, list[Row]] = {}
    await intake._map(feed, 0, Foreign(value), rows, {})
    return rows


async def test_a_row_in_avro_becomes_a_canonical_record(served: Served) -> None:
    feed = replace(FEED, opener=Opener(Registry(served.url)))
    ((_, key, value, _),) = (await rows_of(feed, written(9, ROW, VALUE)))["slamon.tickets"]
    assert (key, json.loads(value)["id"]) == (b"INC1", "00000000-0000-0000-0000-000000000007:3")


async def test_what_can_not_be_opened_is_a_dead_letter_of_the_bytes_as_they_came(served: Served) -> None:
    feed = replace(FEED, opener=Opener(Registry(served.url, sleep=no_time)))
    for value, reason in ((framed(9, b"\x01"), b"not_decodable"), (framed(10, b"\x01"), b"unknown_schema")):
        (letter,) = (await rows_of(feed, value))["slamon.deadletter"]
        assert (letter[2], dict(letter[3])["reason"]) == (value, reason)


async def test_without_a_registry_the_dead_letter_says_what_is_missing() -> None:
    (letter,) = (await rows_of(FEED, written(9, ROW, VALUE)))["slamon.deadletter"]
    told = dict(letter[3])
    assert told["reason"] == b"unsupported_format"
    assert any(b"give the input a registry" in word for word in told.values())
