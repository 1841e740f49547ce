"""A record written through a schema registry as the same record with JSON in it, which intake reads like any other."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import orjson

from slamon.engine.unit import Record
from slamon.registry import avro, protobuf
from slamon.registry.client import Unknown
from slamon.registry.reasons import not_decodable, unknown, unsupported
from slamon.sla.events import InvalidRecord

MAGIC = b"\0"
HEAD = 5  # the magic byte and four bytes of schema id
MAX_KEPT = 1000
MAX_REFERENCES = 50
MAX_BYTES = 512 * 1024
Decode = Callable[[bytes], Any]


class Asked(Protocol):
    """Registry has this form."""

    async def schema(self, schema_id: int, *, serialized: bool = False) -> Mapping[str, Any]: ...
    async def version(self, subject: str, version: int, *, serialized: bool = False) -> Mapping[str, Any]: ...


class Opened(NamedTuple):
    """A record with its key and value as JSON."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Any


class Opener:
    """Of one input. Schemas never change under their id, so each is asked for once while it is among those used last."""

    def __init__(self, registry: Asked, max_bytes: int = MAX_BYTES) -> None:
        self._registry, self._max_bytes = registry, max_bytes
        self._kept: OrderedDict[int, Decode | InvalidRecord] = OrderedDict()

    async def open(self, record: Record) -> Record:
        """The record itself unless a schema id leads it; of a tombstone the key is opened, for it names the ticket.

        Waits while the registry gives no answer; raises InvalidRecord.
        """
        value, key = record.value, record.key
        if value is None:
            opened = await self._opened(key) if key is not None and led(key) else key
            return Opened(record.offset, record.timestamp, opened, None, record.headers)
        if not led(value) or len(value) > self._max_bytes:
            return record
        return Opened(record.offset, record.timestamp, key, await self._opened(value), record.headers)

    async def _opened(self, data: bytes) -> bytes:
        schema_id = int.from_bytes(data[1:HEAD], "big")
        decode = await self._decoder(schema_id)
        try:
            return orjson.dumps(decode(data[HEAD:]))
        except InvalidRecord:
            raise
        except Exception as error:  # bytes of somebody else may break the readers anywhere
            raise not_decodable(schema_id, error) from error

    async def _decoder(self, schema_id: int) -> Decode:
        known = self._kept.get(schema_id)
        if known is None:
            try:
                known = await self._made(schema_id)
            except Unknown:
                raise unknown(f"id {schema_id}") from None  # not kept: it may be registered yet
            except InvalidRecord as error:
                known = error
            except (KeyError, TypeError, ValueError) as error:  # what a registry says of references may be of any form
                known = unsupported(f"a schema as registries tell it, got {type(error).__name__}: {error}")
            self._kept[schema_id] = known
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(schema_id)
        if isinstance(known, InvalidRecord):
            raise InvalidRecord(known.reason, str(known))
        return known

    async def _made(self, schema_id: int) -> Decode:
        told = await self._registry.schema(schema_id)
        kind = told.get("schemaType") or "AVRO"
        if kind == "JSON":
            return _json
        if kind == "AVRO":
            return avro.decoder(told["schema"], list((await self._references(told, serialized=False)).values()))
        if kind == "PROTOBUF":
            return await self._protobuf(schema_id, told)
        raise unsupported(f"AVRO, JSON or PROTOBUF, got {kind!r:.40}")

    async def _protobuf(self, schema_id: int, told: Mapping[str, Any]) -> Decode:
        """By the schema as it was registered. Only for text that is not read here a descriptor is asked for: not every registry has one."""
        references = await self._references(told, serialized=False)
        if not all(map(protobuf.readable, (told["schema"], *references.values()))):
            told = await self._registry.schema(schema_id, serialized=True)
            references = await self._references(told, serialized=True)
        return protobuf.decoder(told["schema"], references)

    async def _references(self, told: Mapping[str, Any], *, serialized: bool) -> dict[str, str]:
        """Every schema that this one refers to, also through others, by name; what is referred to stands before what refers."""
        found: dict[str, str] = {}
        await self._gather(told, found, set(), serialized)
        return found

    async def _gather(self, told: Mapping[str, Any], found: dict[str, str], begun: set[str], serialized: bool) -> None:
        for one in told.get("references") or ():
            name, subject, version = one["name"], one["subject"], one["version"]
            if name in begun:
                continue
            begun.add(name)
            if len(begun) > MAX_REFERENCES:
                raise unsupported(f"at most {MAX_REFERENCES} references")
            below = await self._registry.version(subject, version, serialized=serialized)
            await self._gather(below, found, begun, serialized)
            found[name] = below["schema"]


def led(data: bytes) -> bool:
    """Whether a schema id stands before the data."""
    return data[:1] == MAGIC and len(data) >= HEAD


def _json(body: bytes) -> Any:
    """Checked against the schema by who wrote it; the source checks what it reads."""
    return orjson.loads(body)
