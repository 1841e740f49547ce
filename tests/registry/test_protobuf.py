"""Values in Protobuf and of a JSON Schema become the JSON that sources read."""

from google.protobuf import descriptor_pb2, timestamp_pb2

from slamon.registry.opener import Opener
from tests.registry.opening import opened, opener_of, refused
from tests.registry.serving import Served, framed, protobuf


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
