"""Values written through a schema registry, and what a registry may answer."""

from collections.abc import Coroutine, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from slamon.registry.client import Unanswered, Unknown, _read
from slamon.registry.opener import Opener
from slamon.sla.events import InvalidRecord
from tests.fuzz.mangle import Mangler
from tests.fuzz.target import Target
from tests.registry.opening import ROW, VALUE
from tests.registry.protos import TEXT, WHO, proto, who
from tests.registry.serving import avro, framed, protobuf, written
from tests.registry.test_protobuf import field

AVRO, PROTOBUF, DESCRIPTOR, JSON = 9, 5, 6, 7
REFERENCE = {"name": "who/who.proto", "subject": "who", "version": 2}
ROWS = {"type": "record", "name": "Rows", "fields": [{"name": "rows", "type": {"type": "array", "items": "sn.Row"}}]}
SCHEMAS = {
    AVRO: avro(ROW),
    PROTOBUF: {"schemaType": "PROTOBUF", "schema": TEXT, "references": [REFERENCE]},
    DESCRIPTOR: protobuf(proto(), REFERENCE),
    JSON: {"schemaType": "JSON", "schema": "{}"},
    1: avro(ROWS, {"name": "sn.Row", "subject": "row", "version": 2}),
}
VERSIONS = {"who": protobuf(who()) | {"schema": WHO}, "row": avro(ROW)}
MESSAGE = b"\x02\x02" + field(1, b"INC1") + b"\x10\x80\x01" + field(4, b"vip") + field(5, field(1, b"al"))
VALUES = [
    written(AVRO, ROW, VALUE),
    framed(PROTOBUF, MESSAGE),
    framed(DESCRIPTOR, MESSAGE),
    framed(JSON, b'{"number":"INC1"}'),
    framed(1, b"\x02" + written(AVRO, ROW, VALUE)[5:] + b"\0"),
    framed(404, b"x"),
]


class Said:
    """A registry that answers at once, from memory."""

    def __init__(self, by_id: Mapping[int, Any], versions: Mapping[str, Any]) -> None:
        self._by_id, self._versions = by_id, versions

    async def schema(self, schema_id: int, *, serialized: bool = False) -> Mapping[str, Any]:
        if schema_id not in self._by_id:
            raise Unknown
        return _answer(self._by_id[schema_id], serialized)

    async def version(self, subject: str, version: int, *, serialized: bool = False) -> Mapping[str, Any]:
        return _answer(self._versions[subject], serialized)


def _answer(found: Mapping[str, Any], serialized: bool) -> Mapping[str, Any]:
    text = found["serialized"] if serialized and "serialized" in found else found["schema"]
    return _read(200, orjson.dumps({**found, "schema": text}))


class Led(NamedTuple):
    """What opening looks at."""

    value: bytes | None
    key: bytes | None
    offset: int = 0
    timestamp: int = 0
    headers: Any = ()


def done(asked: Coroutine[Any, Any, Any]) -> None:
    """Runs what waits for nothing."""
    try:
        asked.send(None)
    except StopIteration:
        return
    raise AssertionError("expected an answer at once")


OPENER = Opener(Said(SCHEMAS, VERSIONS))


def _value(mangle: Mangler) -> None:
    value = mangle.torn(mangle.pick(VALUES))
    done(OPENER.open(Led(value, None) if mangle.pick((True, True, False)) else Led(None, value)))


def _schema(mangle: Mangler) -> None:
    """A schema that is bent, or torn as a text, and a good value of it."""
    number = mangle.pick(list(SCHEMAS))
    versions = {name: _bent(mangle, told) for name, told in VERSIONS.items()}
    opener = Opener(Said({number: _bent(mangle, SCHEMAS[number])}, versions))
    done(opener.open(Led(next(value for value in VALUES if value[4] == number), None)))


def _bent(mangle: Mangler, told: Mapping[str, Any]) -> Mapping[str, Any]:
    way = mangle.pick(("schema", "schema", "text", "answer", "not"))
    name = mangle.pick([name for name in ("schema", "serialized") if name in told])
    if way == "schema" and told[name].startswith("{"):
        return {**told, name: orjson.dumps(mangle.value(orjson.loads(told[name]))).decode()}
    if way in ("schema", "text"):
        return {**told, name: mangle.torn(told[name].encode()).decode("utf-8", "replace")}
    bent = mangle.value(told) if way == "answer" else told
    return bent if isinstance(bent, dict) and {"schema", name} <= bent.keys() else told


def targets() -> Iterator[tuple[str, Target]]:
    """Values with a schema id, and the schemas behind them. An answer that is none is asked for again."""
    yield "registry values", Target(_value, (InvalidRecord,), 10)
    yield "registry schemas", Target(_schema, (InvalidRecord, Unanswered), 3)
