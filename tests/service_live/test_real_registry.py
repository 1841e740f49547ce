"""A registry that is none of ours, and serializers that are none of ours: Apicurio Registry and Confluent's (docs/registry.md)."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import reduce
from typing import Any

import pytest
from google.protobuf import descriptor_pool, message_factory, timestamp_pb2

from tests.integration.reading import everything, write
from tests.registry.apicurio import PASSWORD, USER, Apicurio
from tests.registry.protos import TEXT, WHO, proto, who
from tests.registry.serving import framed
from tests.service_live.live import Live, Worker

schema_registry = pytest.importorskip(
    "confluent_kafka.schema_registry", reason="Confluent's serializers: confluent-kafka"
)
pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka, pytest.mark.timeout(600)]

REFERENCE = {
    "type": "record", "name": "Reference", "namespace": "sn",
    "fields": [{"name": "link", "type": "string"}, {"name": "value", "type": "string"}],
}  # fmt: skip
ROW: dict[str, Any] = {
    "type": "record", "name": "Row", "namespace": "sn", "fields": [
        {"name": "number", "type": "string"},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["New", "Resolved"]}},
        {"name": "sys_updated_on", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "assignment_group", "type": ["null", "sn.Reference"], "default": None},
    ],
}  # fmt: skip
LATER = {**ROW, "fields": [*ROW["fields"], {"name": "priority", "type": "string", "default": "4"}]}
PLAIN = reduce(  # without what only a compiler with the options at hand accepts
    lambda text, gone: text.replace(gone, ""),
    (
        'import "confluent/meta.proto";',
        'option (whole) = { a: "};" b: [1, 2] };',
        ' [(confluent.field_meta) = { doc: "the ticket];" }]',
        'option (http) = { get: "/{x}" };',
    ),
    TEXT,
)
# Without it the serializers ask first for associations of the topic, a route of Confluent's own that Apicurio's once never answered.
SUBJECTS = {"subject.name.strategy.type": "TOPIC"}


@pytest.fixture
def client(apicurio: Apicurio) -> Any:
    who = {"basic.auth.user.info": f"{USER}:{PASSWORD}"}
    return schema_registry.SchemaRegistryClient({"url": apicurio.url, **who, "timeout": 30.0})


class Feed:
    """An input of one worker and what came of it."""

    def __init__(self, live: Live, apicurio: Apicurio, password: str = PASSWORD) -> None:
        self.live, self.topic = live, f"{live.prefix}rows"
        self.user = live.folder / "user"
        self.user.write_text(f"{USER}:{password}\n")
        self._registry = {"url": apicurio.url, "user_file": str(self.user), "timeout": "2s"}

    async def start(self) -> Worker:
        await self.live.make_topics(self.topic)
        one = {"name": "rows", "topic": self.topic, "source": "servicenow", "registry": self._registry}
        worker = self.live.start(SLAMON_INPUTS=json.dumps([one]))
        await self.live.ready(worker)
        return worker

    async def send(self, *values: bytes) -> None:
        await write(self.live.cluster, self.topic, [{"value": value, "partition": 0} for value in values])

    async def tickets(self, count: int) -> dict[str, Mapping[str, Any]]:
        """The fields of each ticket once there are so many."""
        found = await until(lambda: self._records("tickets"), lambda records: len(records) >= count)
        return {record.key.decode(): json.loads(record.value)["fields"] for record in found}

    async def letters(self, count: int) -> list[str]:
        found = await until(lambda: self._records("deadletter"), lambda records: len(records) >= count)
        return [dict(letter.headers)["reason"].decode() for letter in found]

    async def _records(self, role: str) -> list[Any]:
        found = await everything(self.live.cluster, f"{self.live.prefix}{role}")
        return [record for record in found if record.key or role == "deadletter"]


async def until(ask: Any, enough: Any) -> Any:
    for _ in range(160):
        if enough(found := await ask()):
            return found
        await asyncio.sleep(0.25)
    raise AssertionError(f"not enough: {found}")


async def refusals(worker: Worker, word: str) -> None:
    """Returns when the worker has told of one."""

    async def told() -> list[str]:
        return [line["error"] for line in worker.said("registry_unanswered")]

    await until(told, lambda lines: any(word in line for line in lines))


def row(number: str, **more: Any) -> dict[str, Any]:
    return {"number": number, "state": "New", "sys_updated_on": datetime.now(UTC), **more}


def serialized(client: Any, schema: Mapping[str, Any], topic: str, value: Any) -> bytes:
    """By Confluent's serializer, which registers the schema."""
    from confluent_kafka.schema_registry.avro import AvroSerializer
    from confluent_kafka.serialization import MessageField, SerializationContext

    references = [schema_registry.SchemaReference("sn.Reference", "sn.Reference", 1)]
    made = AvroSerializer(client, schema_registry.Schema(json.dumps(schema), "AVRO", references), conf=SUBJECTS)
    written: bytes = made(value, SerializationContext(topic, MessageField.VALUE))
    return written


async def test_avro_rows_are_read_by_each_version_and_wait_out_a_wrong_password_and_a_stop(
    live: Live, apicurio: Apicurio, client: Any
) -> None:
    client.register_schema("sn.Reference", schema_registry.Schema(json.dumps(REFERENCE), "AVRO"))
    feed = Feed(live, apicurio, password="yesterday's")
    worker = await feed.start()
    group = {"link": "https://example.service-now.com/api/group/7", "value": "7"}
    await feed.send(serialized(client, ROW, feed.topic, row("INC1", assignment_group=group)))
    await refusals(worker, "401")
    feed.user.write_text(f"{USER}:{PASSWORD}\n")
    tickets = await feed.tickets(1)
    assert (tickets["INC1"]["status"], tickets["INC1"].get("group"), tickets["INC1"].get("priority")) == (
        "New",
        "7",
        None,
    )

    values = [serialized(client, LATER, feed.topic, row("INC2", priority="1", state="Resolved")), framed(99_999, b"\2")]
    await asyncio.to_thread(apicurio.stop)
    await feed.send(*values)
    await refusals(worker, "ClientConnectorError")
    await asyncio.to_thread(apicurio.start)
    tickets = await feed.tickets(2)
    assert (tickets["INC2"]["status"], tickets["INC2"]["priority"]) == ("Resolved", "1")
    assert await feed.letters(1) == ["unknown_schema"]
    assert worker.process.poll() is None


def row_class(file: Any) -> Any:
    """The class of Row that protoc would have made."""
    pool = descriptor_pool.DescriptorPool()
    imported = who()
    imported.name = "who/who.proto"
    del file.dependency[2:]
    for each in (timestamp_pb2.DESCRIPTOR.serialized_pb, imported.SerializeToString(), file.SerializeToString()):
        pool.AddSerializedFile(each)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("sn.Row"))


def message(file: Any, number: str, **more: Any) -> Any:
    """A Row of the file."""
    value = row_class(file)(number=number, state="New", kind=1, **more)
    value.sys_updated_on.FromDatetime(datetime.now(UTC))
    value.by.name = "al"
    return value


def by_text(client: Any, subject: str, text: str, value: Any) -> bytes:
    """Behind the id of the text. Confluent's serializer would ask Apicurio's for a descriptor of it, and gets status 500."""
    references = [schema_registry.SchemaReference("who/who.proto", "who", 1)]
    number = client.register_schema(subject, schema_registry.Schema(text, "PROTOBUF", references))
    return framed(number, b"\2\2" + value.SerializeToString())  # the second message of the file


def by_descriptor(client: Any, topic: str, value: Any) -> bytes:
    """By Confluent's serializer, which registers the descriptor and what it imports."""
    from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
    from confluent_kafka.serialization import MessageField, SerializationContext

    serializer = ProtobufSerializer(type(value), client, {"use.deprecated.format": False, **SUBJECTS})
    written: bytes = serializer(value, SerializationContext(topic, MessageField.VALUE))
    return written


def later() -> Any:
    file = proto()
    row = file.message_type[1]
    row.field.add(name="priority", number=13, type=9, label=1)
    return file


async def test_protobuf_rows_are_read_by_text_and_by_descriptors_as_they_were_registered(
    live: Live, apicurio: Apicurio, client: Any
) -> None:
    client.register_schema("who", schema_registry.Schema(WHO, "PROTOBUF"))
    feed = Feed(live, apicurio)
    evolved = PLAIN.replace("string state = 12;", "string state = 12; string priority = 13;")
    values = [
        by_text(client, f"{feed.topic}-value", PLAIN, message(proto(), "INC1")),
        by_text(client, f"{feed.topic}-value", evolved, message(later(), "INC2", priority="1")),
        by_descriptor(client, f"{feed.topic}-other", message(later(), "INC3", priority="2")),
    ]
    assert len({value[1:5] for value in values}) == 3

    worker = await feed.start()
    await feed.send(*values)
    tickets = await feed.tickets(3)
    assert {name: (fields["status"], fields.get("priority")) for name, fields in tickets.items()} == {
        "INC1": ("New", None),
        "INC2": ("New", "1"),
        "INC3": ("New", "2"),
    }
    assert worker.said("registry_unanswered") == []
