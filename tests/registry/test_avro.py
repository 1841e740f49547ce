"""Values in Avro become the JSON that sources read, and no schema can make much of little."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from slamon.runtime.intake_mapping import Feed, Mapper
from slamon.sla.events import Kind
from slamon.sources import SOURCES
from tests.registry.opening import AS_JSON, ROW, TIMES, VALUE, opened, opener_of, refused
from tests.registry.serving import avro, framed, written
from tests.runtime.test_intake_mapping import Foreign


async def test_an_avro_row_is_what_its_source_would_have_read_as_json(served):
    served.by_id[9] = avro(ROW)
    opener = opener_of(served)
    assert await opened(opener, written(9, ROW, VALUE)) == AS_JSON
    record = await opener.open(Foreign(written(9, ROW, VALUE)))
    (row,) = Mapper(1).rows(Feed("t", SOURCES["servicenow"]), record, 0)
    told = json.loads(row[2])
    assert (told["ticket"], told["at"], told["event"]) == ("INC1", "2024-01-05T15:00:00.250Z", Kind.SNAPSHOT.value)
    assert served.asked == ["/schemas/ids/9"]


@pytest.mark.parametrize(
    ("schema", "value", "told"),
    [
        (TIMES, datetime(2024, 1, 5, 15, 0, 0, 999_000, tzinfo=UTC), "2024-01-05T15:00:00.999Z"),
        ({"type": "long", "logicalType": "timestamp-micros"}, datetime(2024, 1, 5, 15, 0, 0, 1_999, tzinfo=UTC), "2024-01-05T15:00:00.001Z"),
        (TIMES, datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC), "1969-12-31T23:59:59.999Z"),
        ({"type": "long", "logicalType": "local-timestamp-millis"}, datetime(2024, 1, 5, 15, 0, 0), "2024-01-05 15:00:00"),
        ({"type": "int", "logicalType": "date"}, date(2024, 1, 5), "2024-01-05"),
        ({"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}, Decimal("-12.50"), "-12.50"),
        ({"type": "enum", "name": "E", "symbols": ["up", "down"]}, "down", "down"),
        ({"type": "map", "values": {"type": "array", "items": "int"}}, {"a": [1, 2]}, {"a": [1, 2]}),
        ("bytes", b"caf\xc3\xa9", "café"),
        ("bytes", b"\xff\x00", "/wA="),
        (["null", "double"], 0.5, 0.5),
        ("long", 1_704_466_800_000, 1_704_466_800_000),
    ],
)  # fmt: skip
async def test_logical_types_have_the_forms_that_sources_read(served, schema, value, told):
    whole = {"type": "record", "name": "R", "fields": [{"name": "x", "type": schema}]}
    served.by_id[1] = avro(whole)
    assert await opened(opener_of(served), written(1, whole, {"x": value})) == {"x": told}


async def test_an_avro_debezium_envelope_is_taken_off_behind_it(served):
    envelope = {
        "type": "record", "name": "Envelope", "fields": [
            {"name": "before", "type": ["null", ROW], "default": None},
            {"name": "after", "type": ["null", "sn.Row"], "default": None},
            {"name": "op", "type": "string"},
            {"name": "ts_ms", "type": ["null", "long"]},
        ],
    }  # fmt: skip
    served.by_id[2] = avro(envelope)
    opener, feed = opener_of(served), Feed("t", SOURCES["servicenow"])
    change = {"before": None, "after": VALUE, "op": "u", "ts_ms": 1_704_466_800_300}
    record = await opener.open(Foreign(written(2, envelope, change)))
    assert json.loads(Mapper(1).rows(feed, record, 0)[0][2])["fields"]["status"] == "New"
    gone = await opener.open(Foreign(written(2, envelope, {**change, "before": VALUE, "after": None, "op": "d"})))
    assert json.loads(Mapper(1).rows(feed, gone, 0)[0][2])["event"] == "deleted"


async def test_a_schema_that_refers_to_others_is_read_with_them(served):
    inner = {"type": "record", "name": "Who", "namespace": "sn", "fields": [{"name": "name", "type": "string"}]}
    middle = {"type": "record", "name": "Team", "namespace": "sn", "fields": [{"name": "lead", "type": "sn.Who"}]}
    outer = {
        "type": "record",
        "name": "T",
        "fields": [{"name": "team", "type": "sn.Team"}, {"name": "by", "type": "sn.Who"}],
    }
    served.by_version["who/value", 1] = avro(inner)
    served.by_version["team", 4] = avro(middle, {"name": "sn.Who", "subject": "who/value", "version": 1})
    served.by_id[3] = avro(outer, {"name": "sn.Team", "subject": "team", "version": 4},
                           {"name": "sn.Who", "subject": "who/value", "version": 1})  # fmt: skip
    assert await opened(opener_of(served), framed(3, b"\x04al\x04bo")) == {
        "team": {"lead": {"name": "al"}},
        "by": {"name": "bo"},
    }
    assert served.asked == ["/schemas/ids/3", "/subjects/team/versions/4", "/subjects/who%2Fvalue/versions/1"]


@pytest.mark.parametrize(
    "body", [b"", b"\x08IN", b"\x08INC1\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", b"\x01" * 9],
    ids=["empty", "short", "no varint", "negative length"],
)  # fmt: skip
async def test_bytes_that_are_not_of_the_schema_are_refused(served, body):
    served.by_id[9] = avro(ROW)
    reason, message = await refused(opener_of(served), framed(9, body))
    assert (reason, message.startswith("value: expected bytes of schema 9, got others")) == ("not_decodable", True)


async def test_bytes_that_are_left_are_refused(served):
    served.by_id[9] = avro(ROW)
    reason, message = await refused(opener_of(served), written(9, ROW, VALUE) + b"x")
    assert (reason, "1 bytes are left" in message) == ("not_decodable", True)


def nested(depth: int) -> Any:
    return "int" if depth == 0 else {"type": "array", "items": nested(depth - 1)}


def doubled(depth: int) -> Any:
    """Records of two fields of the record below: 2^depth in all."""
    if depth == 0:
        return {"type": "record", "name": "R0", "fields": []}
    return {"type": "record", "name": f"R{depth}", "fields": [
        {"name": "a", "type": doubled(depth - 1)}, {"name": "b", "type": f"R{depth - 1}"}]}  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"type": "record", "name": "L", "fields": [{"name": "next", "type": ["null", "L"]}]}, "types that do not hold themselves"),
        ({"type": "array", "items": "null"}, "items of at least one byte"),
        ({"type": "array", "items": {"type": "record", "name": "N", "fields": [{"name": "n", "type": "null"}]}}, "items of at least one byte"),
        (nested(60), "at most 48 types in each other"),
        (doubled(20), "20000 in all"),
        ({"type": "recrod", "name": "x"}, "Avro"),
        ({"type": "record", "name": "x", "fields": [{"name": "a", "type": "not.There"}]}, "Avro"),
    ],
    ids=["recursive", "nothings", "empty records", "deep", "many", "misspelt", "missing"],
)  # fmt: skip
async def test_a_schema_by_which_a_small_value_could_be_huge_is_refused_and_asked_for_once(served, schema, why):
    served.by_id[1] = avro(schema)
    opener = opener_of(served)
    for _ in range(2):
        reason, message = await refused(opener, framed(1, b"\xfe\xff\xff\xff\x0f"))
        assert (reason, why in message) == ("unsupported_schema", True), message
    assert len(served.asked) == 1
