"""What a record says once its wrapping is off: CloudEvents, Kafka Connect, Debezium, schema registry. Knows no source."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import orjson

from slamon.sla.events import InvalidRecord

MAX_BYTES: Final = 512 * 1024
MAX_DEPTH: Final = 64  # of objects and lists; what is decoded here is walked recursively later
MAX_WRAPPINGS: Final = 4  # a CloudEvent in a Connect envelope around a Debezium row is three

TOO_LARGE: Final = "too_large"
NOT_JSON: Final = "not_json"
TOO_DEEP: Final = "too_deep"
MISSING_DATA: Final = "missing_data"
UNSUPPORTED_FORMAT: Final = "unsupported_format"
UNSUPPORTED_OPERATION: Final = "unsupported_operation"

CLOUDEVENTS: Final = "application/cloudevents"  # compared without case and as a prefix (CloudEvents Kafka binding 3)
DEBEZIUM_ROWS: Final = {"c", "r", "u", "d"}
ROW_OPERATIONS: Final = DEBEZIUM_ROWS | {"t", "m"}  # truncate and message are Debezium too, but no row
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_loads: Final = orjson.loads
Headers = Sequence[tuple[str, bytes | None]]


@dataclass(slots=True, init=False)
class Payload:
    """The bare payload; `deleted`: the row is gone (`data` is its last known form, or None); `meta`: words of the wrapping.

    Keys of `meta`: `ce_id`, `ce_type` and the other CloudEvents attributes, `op`, `ts_ms`, `table`, `db` of Debezium.
    """

    data: Any
    deleted: bool
    meta: Mapping[str, str]

    def __init__(self, data: Any, deleted: bool = False, meta: Mapping[str, str] = NOTHING) -> None:
        self.data, self.deleted, self.meta = data, deleted, meta


TOMBSTONE: Final = Payload(None, deleted=True)


def unwrap(value: bytes | None, headers: Headers, max_bytes: int = MAX_BYTES) -> Payload:
    """The payload of one record; a null value, bare or wrapped, is a tombstone.

    Raises InvalidRecord with one of the reasons of this module.
    """
    if value is None:
        return TOMBSTONE
    if len(value) > max_bytes:
        raise InvalidRecord(TOO_LARGE, f"value: expected at most {max_bytes} bytes, got {len(value)}")
    if not headers:
        return _open(decode(_past_schema_id(value)), {})
    meta = _attributes(headers)
    structured = meta.pop("structured", None)
    data = decode(_past_schema_id(value))
    if structured and not (isinstance(data, dict) and {"specversion", "type"} <= data.keys()):
        raise InvalidRecord(
            UNSUPPORTED_FORMAT, f"value: expected a CloudEvent as content-type says, got {_glimpse(value)}"
        )
    return _open(data, meta)


def decode(text: bytes | str) -> Any:
    """The JSON value, not nested deeper than MAX_DEPTH."""
    try:
        data = _loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidRecord(NOT_JSON, f"value: expected JSON, got {_glimpse(text)} ({error})") from None
    if not _is_flat(data) and _may_be_deep(text) and _deeper_than(data, MAX_DEPTH):
        raise InvalidRecord(TOO_DEEP, f"value: expected at most {MAX_DEPTH} levels of nesting")
    return data


def _open(data: Any, meta: dict[str, str]) -> Payload:
    for _ in range(MAX_WRAPPINGS):
        if data is None:
            return Payload(None, deleted=True, meta=meta or NOTHING)
        if isinstance(data, str):  # a StringConverter's JSON inside a JSON string
            data = decode(data)
            continue
        opener = _opener(data)
        if opener is None:
            return Payload(data, False, meta or NOTHING)
        data, deleted = opener(data, meta)
        if deleted:
            return Payload(data, deleted=True, meta=meta)
    raise InvalidRecord(TOO_DEEP, f"value: expected at most {MAX_WRAPPINGS} wrappings around the payload")


Opener = Callable[[dict[str, Any], dict[str, str]], tuple[Any, bool]]


def _opener(data: Any) -> Opener | None:
    if not isinstance(data, dict):
        return None
    if "specversion" in data and "type" in data and ("data" in data or "data_base64" in data or "id" in data):
        return _cloudevent
    if len(data) == 2 and data.keys() == {"schema", "payload"}:
        return _connect
    operation = data.get("op")  # of anybody: a list is in no set and may not even be asked
    if isinstance(operation, str) and operation in ROW_OPERATIONS and ("after" in data or "before" in data):
        return _debezium
    if "__deleted" in data:
        return _flat_debezium
    return None


def _cloudevent(event: dict[str, Any], meta: dict[str, str]) -> tuple[Any, bool]:
    for name, attribute in event.items():
        if name not in ("data", "data_base64") and isinstance(attribute, str | int):
            meta[f"ce_{name}"] = str(attribute)
    if "data_base64" in event:
        return decode(_from_base64(event["data_base64"])), False
    if event.get("data") is None:
        raise InvalidRecord(MISSING_DATA, f"data: expected the payload of CloudEvent {event.get('id')!r}, got none")
    return event["data"], False


def _connect(envelope: dict[str, Any], _meta: dict[str, str]) -> tuple[Any, bool]:
    return envelope["payload"], False


def _debezium(change: dict[str, Any], meta: dict[str, str]) -> tuple[Any, bool]:
    operation = change["op"]
    if operation not in DEBEZIUM_ROWS:
        raise InvalidRecord(UNSUPPORTED_OPERATION, f"op: expected one of c r u d, got {operation!r}: it names no row")
    origin = change.get("source")
    origin = origin if isinstance(origin, dict) else {}
    # source.ts_ms is when the row changed, ts_ms when the connector saw it; a snapshot (r) has only the second.
    changed_at = origin.get("ts_ms") or change.get("ts_ms")
    found = {"op": operation, "ts_ms": changed_at, "table": origin.get("table"), "db": origin.get("db")}
    meta.update({name: str(word) for name, word in found.items() if word is not None})
    if operation == "d":
        return change.get("before"), True
    if not isinstance(change.get("after"), dict):
        raise InvalidRecord(MISSING_DATA, f"after: expected the row, got {change.get('after')!r}")
    return change["after"], False


def _flat_debezium(row: dict[str, Any], meta: dict[str, str]) -> tuple[Any, bool]:
    """A row as Debezium's ExtractNewRecordState leaves it: `__deleted` and other `__` columns beside the row's own."""
    for name, word in row.items():
        if name.startswith("__") and isinstance(word, str | int):
            meta[name[2:]] = str(word)
    deleted = str(row["__deleted"]).lower() == "true"
    return {name: word for name, word in row.items() if not name.startswith("__")}, deleted


def _attributes(headers: Headers) -> dict[str, str]:
    found = {name.lower(): value.decode("utf-8", "replace") for name, value in headers if value is not None}
    meta = {name: text for name, text in found.items() if name.startswith("ce_")}
    kind = found.get("content-type", "").split(";")[0].strip().lower()
    if kind.startswith(CLOUDEVENTS):
        if kind not in (CLOUDEVENTS, f"{CLOUDEVENTS}+json"):
            raise InvalidRecord(UNSUPPORTED_FORMAT, f"content-type: expected {CLOUDEVENTS}+json, got {kind!r}")
        meta["structured"] = kind
    return meta


def _past_schema_id(value: bytes) -> bytes:
    """JSON as the schema registry's serializers write it stands behind a zero byte and a four-byte schema id."""
    if value[:1] != b"\x00":
        return value
    if value[5:6] not in (b"{", b"["):
        hint = "give the input a registry, or use a JSON converter"
        raise InvalidRecord(UNSUPPORTED_FORMAT, f"value: expected JSON, got a schema registry's binary form ({hint})")
    return value[5:]


def _from_base64(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise InvalidRecord(NOT_JSON, f"data_base64: expected base64 text ({error})") from None


def _is_flat(data: Any) -> bool:
    """Whether it is an object of values and at most one level of objects of values, as a canonical record is."""
    return isinstance(data, dict) and all(
        not isinstance(part, list) and (not isinstance(part, dict) or _holds_values(part)) for part in data.values()
    )


def _holds_values(part: dict[str, Any]) -> bool:
    return all(not isinstance(value, dict) and not isinstance(value, list) for value in part.values())


def _may_be_deep(text: bytes | str) -> bool:
    raw = text.encode() if isinstance(text, str) else text
    return raw.count(b"{") + raw.count(b"[") > MAX_DEPTH


def _deeper_than(data: Any, limit: int) -> bool:
    level = [data]
    for _ in range(limit):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return False
    return True


def _children(parent: Any) -> list[Any]:
    if isinstance(parent, dict):
        return [child for child in parent.values() if isinstance(child, dict | list)]
    return [child for child in parent if isinstance(child, dict | list)] if isinstance(parent, list) else []


def _glimpse(text: bytes | str) -> str:
    start = repr(text[:40])
    return start if len(text) <= 40 else f"{start}..."
