"""Values in Protobuf and of a JSON Schema become the JSON that sources read."""

from typing import Any

import pytest
from google.protobuf import timestamp_pb2

from slamon.registry.opener import Opener
from tests.registry.opening import opened, opener_of, refused
from tests.registry.protos import TEXT, WHO, proto, who
from tests.registry.serving import Served, framed, protobuf

REFERENCE = {"name": "who/who.proto", "subject": "who", "version": 2}
REGISTRIES = ("descriptor on demand", "text alone", "descriptor as registered")


def with_proto(served: Served, registry: str = REGISTRIES[0]) -> Opener:
    """Which form the registry has them in. What it can't give is asked for by nobody: it would be status 500, and waited for."""
    for kept, key, file, text, references in (
        (served.by_id, 5, proto(), TEXT, [REFERENCE]),
        (served.by_version, ("who", 2), who(), WHO, []),
    ):
        found: dict[str, Any] = protobuf(file, *references)
        if registry == "text alone":
            found |= {"schema": text, "serialized": None}
        if registry == "descriptor as registered":
            found |= {"schema": found["serialized"], "serialized": None}
        kept[key] = found
    return opener_of(served)


def field(number: int, data: bytes) -> bytes:
    return bytes([number << 3 | 2, len(data)]) + data


@pytest.mark.parametrize("registry", REGISTRIES)
async def test_a_protobuf_message_is_read_by_the_text_or_the_descriptor_that_the_registry_has(served, registry: str):
    stamp = timestamp_pb2.Timestamp(seconds=1_704_466_800, nanos=250_000_000).SerializeToString()
    body = (
        field(1, b"INC1")
        + b"\x10\x80\x80\x80\x80\x10"
        + field(3, stamp)
        + field(4, b"vip")
        + field(5, field(1, b"al"))
        + b"\x30\x01"
    )
    assert await opened(with_proto(served, registry), framed(5, b"\x02\x02" + body)) == {
        "number": "INC1", "sys_mod_count": 2**32, "sys_updated_on": "2024-01-05T15:00:00.250Z", "tags": ["vip"],
        "by": {"name": "al"}, "kind": "INCIDENT", "state": "",
    }  # fmt: skip
    asked = ["/schemas/ids/5", "/subjects/who/versions/2"]
    on_demand = [f"{path}?format=serialized" for path in asked] if registry == REGISTRIES[0] else []
    assert served.asked == asked + on_demand


@pytest.mark.parametrize("registry", REGISTRIES)
async def test_a_field_that_can_not_be_absent_has_its_value_and_one_that_is_absent_is_left_out(served, registry: str):
    opener = with_proto(served, registry)
    assert await opened(opener, framed(5, b"\x02\x02")) == {
        "number": "",
        "sys_mod_count": 0,
        "tags": [],
        "kind": "TASK",
        "state": "",
    }
    assert await opened(opener, framed(5, b"\x02\x02" + field(7, b""))) == {
        "number": "", "sys_mod_count": 0, "tags": [], "kind": "TASK", "state": "", "note": "",
    }  # fmt: skip


@pytest.mark.parametrize("registry", REGISTRIES)
async def test_the_indexes_before_a_message_say_which_of_the_file_it_is(served, registry: str):
    opener = with_proto(served, registry)
    assert await opened(opener, framed(5, b"\x00")) == {}  # the first message, Other
    assert await opened(opener, framed(5, b"\x04\x02\x00\x08\x07")) == {"n": 7}  # the first one inside of Row
    for wrong in (b"", b"\x02\x08", b"\x04\x02\x06", b"\x80", b"\x02\x02\x0a\xff", b"\x7e" * 40, b"\x02\x01"):
        assert (await refused(opener, framed(5, wrong)))[0] == "not_decodable", wrong


async def test_text_that_is_not_read_here_is_told_of_where_the_registry_has_no_descriptor(served):
    served.by_id[5] = {**protobuf(proto()), "serialized": "\n\x05Other\x12\x02sn\ufffd"}  # as Apicurio's gives it
    reason, message = await refused(opener_of(served), framed(5, b"\x00"))
    assert (reason, "got '\\x05" in message) == ("unsupported_schema", True), message


async def test_a_protobuf_import_that_is_no_reference_is_told_of(served):
    served.by_id[5] = protobuf(proto())
    reason, message = await refused(opener_of(served), framed(5, b"\x00"))
    assert (reason, "who/who.proto" in message) == ("unsupported_schema", True)


async def test_a_value_of_a_json_schema_is_the_json_behind_the_id(served):
    served.by_id[6] = {"schemaType": "JSON", "schema": '{"type": "object"}'}
    assert await opened(opener_of(served), framed(6, b' {"a": 1}')) == {"a": 1}
    assert (await refused(opener_of(served), framed(6, b"{")))[0] == "not_decodable"
