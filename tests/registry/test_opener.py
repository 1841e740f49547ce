"""Values written through a schema registry become the JSON that sources read; a registry that is away is waited for."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from aiohttp import web
from google.protobuf import descriptor_pb2, timestamp_pb2

from slamon.registry.client import Access, Registry
from slamon.registry.opener import MAX_KEPT, Opener
from slamon.runtime.intake_mapping import Feed, Mapper
from slamon.sla.events import InvalidRecord, Kind
from slamon.sources import SOURCES
from tests.registry.serving import Served, avro, framed, protobuf, written
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


@pytest_asyncio.fixture
async def served() -> AsyncIterator[Served]:
    found = await Served().start()
    yield found
    await found.stop()


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


# -- Avro -----------------------------------------------------------------------------------------------------------


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


# -- Protobuf and JSON ----------------------------------------------------------------------------------------------


def proto() -> descriptor_pb2.FileDescriptorProto:
    """What protoc makes of a file with messages Other and Row, Row with a nested Part, importing who.proto and a timestamp."""
    file = descriptor_pb2.FileDescriptorProto(name="x.proto", package="sn", syntax="proto3")
    file.dependency.extend(["google/protobuf/timestamp.proto", "who.proto", "confluent/meta.proto"])
    file.message_type.add(name="Other")
    row = file.message_type.add(name="Row")
    of = descriptor_pb2.FieldDescriptorProto
    row.field.add(name="number", number=1, type=of.TYPE_STRING, label=of.LABEL_OPTIONAL)
    row.field.add(name="sys_mod_count", number=2, type=of.TYPE_INT64, label=of.LABEL_OPTIONAL)
    row.field.add(
        name="updated", number=3, type=of.TYPE_MESSAGE, type_name=".google.protobuf.Timestamp", label=of.LABEL_OPTIONAL
    )
    row.field.add(name="tags", number=4, type=of.TYPE_STRING, label=of.LABEL_REPEATED)
    row.field.add(name="by", number=5, type=of.TYPE_MESSAGE, type_name=".who.Who", label=of.LABEL_OPTIONAL)
    row.field.add(name="kind", number=6, type=of.TYPE_ENUM, type_name=".sn.Row.Kind", label=of.LABEL_OPTIONAL)
    row.field.add(
        name="note", number=7, type=of.TYPE_STRING, label=of.LABEL_OPTIONAL, oneof_index=0, proto3_optional=True
    )
    row.oneof_decl.add(name="_note")
    kind = row.enum_type.add(name="Kind")
    kind.value.add(name="TASK", number=0)
    kind.value.add(name="INCIDENT", number=1)
    part = row.nested_type.add(name="Part")
    part.field.add(name="n", number=1, type=of.TYPE_INT32, label=of.LABEL_OPTIONAL)
    return file


def who() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="w.proto", package="who", syntax="proto3")
    of = descriptor_pb2.FieldDescriptorProto
    file.message_type.add(name="Who").field.add(name="name", number=1, type=of.TYPE_STRING, label=of.LABEL_OPTIONAL)
    return file


def with_proto(served: Served) -> Opener:
    served.by_id[5] = protobuf(proto(), {"name": "who.proto", "subject": "who", "version": 2})
    served.by_version["who", 2] = protobuf(who())
    return opener_of(served)


def field(number: int, data: bytes) -> bytes:
    return bytes([number << 3 | 2, len(data)]) + data


async def test_a_protobuf_message_is_read_by_the_descriptor_that_the_registry_gives(served):
    stamp = timestamp_pb2.Timestamp(seconds=1_704_466_800, nanos=250_000_000).SerializeToString()
    body = (
        field(1, b"INC1")
        + b"\x10\x80\x80\x80\x80\x10"
        + field(3, stamp)
        + field(4, b"vip")
        + field(5, field(1, b"al"))
        + b"\x30\x01"
    )
    assert await opened(with_proto(served), framed(5, b"\x02\x02" + body)) == {
        "number": "INC1", "sys_mod_count": 2**32, "updated": "2024-01-05T15:00:00.250Z", "tags": ["vip"],
        "by": {"name": "al"}, "kind": "INCIDENT",
    }  # fmt: skip
    assert served.asked == [
        "/schemas/ids/5",
        "/schemas/ids/5?format=serialized",
        "/subjects/who/versions/2?format=serialized",
    ]


async def test_a_field_that_can_not_be_absent_has_its_value_and_one_that_is_absent_is_left_out(served):
    opener = with_proto(served)
    assert await opened(opener, framed(5, b"\x02\x02")) == {
        "number": "",
        "sys_mod_count": 0,
        "tags": [],
        "kind": "TASK",
    }
    assert await opened(opener, framed(5, b"\x02\x02" + field(7, b""))) == {
        "number": "", "sys_mod_count": 0, "tags": [], "kind": "TASK", "note": "",
    }  # fmt: skip


async def test_the_indexes_before_a_message_say_which_of_the_file_it_is(served):
    opener = with_proto(served)
    assert await opened(opener, framed(5, b"\x00")) == {}  # the first message, Other
    assert await opened(opener, framed(5, b"\x04\x02\x00\x08\x07")) == {"n": 7}  # the first one inside of Row
    for wrong in (b"", b"\x02\x08", b"\x04\x02\x06", b"\x80", b"\x02\x02\x0a\xff", b"\x7e" * 40, b"\x02\x01"):
        assert (await refused(opener, framed(5, wrong)))[0] == "not_decodable", wrong


async def test_a_registry_that_gives_protobuf_as_text_alone_is_told_of(served):
    served.by_id[5] = {**protobuf(proto()), "serialized": 'syntax = "proto3";\nmessage Row {}'}
    reason, message = await refused(opener_of(served), framed(5, b"\x00"))
    assert (reason, "format=serialized" in message) == ("unsupported_schema", True)


async def test_a_protobuf_import_that_is_no_reference_is_told_of(served):
    served.by_id[5] = protobuf(proto())
    reason, message = await refused(opener_of(served), framed(5, b"\x00"))
    assert (reason, "who.proto" in message) == ("unsupported_schema", True)


async def test_a_value_of_a_json_schema_is_the_json_behind_the_id(served):
    served.by_id[6] = {"schemaType": "JSON", "schema": '{"type": "object"}'}
    assert await opened(opener_of(served), framed(6, b' {"a": 1}')) == {"a": 1}
    assert (await refused(opener_of(served), framed(6, b"{")))[0] == "not_decodable"


# -- the registry ---------------------------------------------------------------------------------------------------


async def test_plain_json_and_what_is_too_large_go_by_unopened(served):
    opener = Opener(Registry(served.url, sleep=no_time), max_bytes=10)
    for value in (b"{}", b"\0abc", framed(9, b"x" * 20)):
        record = Foreign(value)
        assert await opener.open(record) is record
    assert served.asked == []


async def test_the_key_of_a_tombstone_is_opened_since_it_names_the_ticket(served):
    key = {"type": "record", "name": "Key", "fields": [{"name": "number", "type": "string"}]}
    served.by_id[8] = avro(key)
    record = await opener_of(served).open(Foreign(None, key=written(8, key, {"number": "INC1"})))
    (row,) = Mapper(1).rows(Feed("t", SOURCES["servicenow"]), record, 0)
    assert (row[1], json.loads(row[2])["event"]) == (b"INC1", "deleted")


async def test_a_schema_is_asked_for_once_and_the_longest_unused_is_forgotten(served):
    served.by_id = {number: avro("int") for number in range(MAX_KEPT + 1)}
    opener = opener_of(served)
    for number in (*range(MAX_KEPT), 0):
        assert await opened(opener, framed(number, b"\x04")) == 2
    assert len(served.asked) == MAX_KEPT
    await opened(opener, framed(MAX_KEPT, b"\x04"))
    await opened(opener, framed(0, b"\x04"))
    assert len(served.asked) == MAX_KEPT + 1
    await opened(opener, framed(1, b"\x04"))
    assert len(served.asked) == MAX_KEPT + 2


async def test_an_id_that_the_registry_does_not_know_is_a_dead_letter_after_a_moment_and_known_once_it_is_there(served):
    opener = opener_of(served)
    reason, message = await refused(opener, framed(77, b"\x04"))
    assert (reason, "got id 77" in message, len(served.asked)) == ("unknown_schema", True, 3)
    served.by_id[77] = avro("int")
    assert await opened(opener, framed(77, b"\x04")) == 2


async def test_references_of_another_form_are_told_of(served):
    served.by_id[1] = {**avro("int"), "references": [{"name": "x"}]}
    assert (await refused(opener_of(served), framed(1, b"\x04")))[0] == "unsupported_schema"


async def test_while_the_registry_gives_no_answer_the_record_waits_and_somebody_hears_of_it(served):
    served.by_id[1] = avro("int")
    served.trouble = [
        web.Response(status=503), web.Response(status=401, text='{"error_code": 401}'), web.Response(text="<html>"),
        web.json_response({"message": "no such page"}, status=404), web.json_response({"schema": 7}),
        web.Response(status=302, headers={"Location": "http://127.0.0.1:9/"}), web.Response(text="x" * (5 << 20)),
    ]  # fmt: skip
    told: list[Any] = []
    opener = opener_of(served, report=lambda event, fields: told.append((event, fields["path"])))
    assert await opened(opener, framed(1, b"\x04")) == 2
    assert len(served.asked) == 8
    assert told == [("registry_unanswered", "/schemas/ids/1")]


async def test_a_registry_that_is_not_there_is_waited_for_until_somebody_stops_it():
    waits: list[float] = []
    enough = asyncio.Event()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 7:
            enough.set()
        await asyncio.sleep(0)

    task = asyncio.create_task(Opener(Registry("http://127.0.0.1:9", sleep=sleep)).open(Foreign(framed(1, b"\x04"))))
    await asyncio.wait_for(enough.wait(), 10)
    assert not task.done()
    assert waits[:7] == [0.5, 1, 2, 4, 8, 10, 10]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_who_asks_is_read_from_files_at_each_question_and_said_to_nobody(served, tmp_path: Path):
    served.by_id = {1: avro("int"), 2: avro("int")}
    served.trouble = [web.Response(status=403)]
    user = tmp_path / "user"
    user.write_text("slamon:first-password\n")
    told: list[Any] = []
    access = Access(user_file=user)
    registry = Registry(served.url, access, report=lambda *said: told.append(said), sleep=no_time)
    await opened(Opener(registry), framed(1, b"\x04"))
    user.write_text("slamon:second-password\n")
    await opened(Opener(registry), framed(2, b"\x04"))
    assert served.said == ["Basic c2xhbW9uOmZpcnN0LXBhc3N3b3Jk"] * 2 + ["Basic c2xhbW9uOnNlY29uZC1wYXNzd29yZA=="]
    token = tmp_path / "token"
    token.write_text("a-token\n")
    await Registry(served.url, Access(token_file=token)).schema(1)
    assert served.said[-1] == "Bearer a-token"
    assert "password" not in str(told) + repr(registry)


def test_a_schema_id_is_four_bytes_big_endian():
    assert framed(258, b"") == b"\0" + struct.pack(">I", 258)
