"""Avro: a schema checked before anything is read by it, and values of it.

The reader is C and knows no limits. What could make a small value large or deep is refused by its schema: a type that
holds itself, items of no bytes, and types that unfold into too many.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any

from fastavro import parse_schema, schemaless_reader

from slamon.registry.plain import plain
from slamon.registry.reasons import unsupported

MAX_DEPTH = 48  # of types in types; Connect and Debezium need a few
MAX_TYPES = 20_000  # with every mention of a named type unfolded
Decode = Callable[[bytes], Any]
EMPTY = frozenset({"null"})


def decoder(text: str, references: Sequence[str]) -> Decode:
    """What turns the bytes of a value into JSON values; raises InvalidRecord for a schema that is not read by."""
    named: dict[str, Any] = {}
    try:
        for reference in references:
            parse_schema(json.loads(reference), named_schemas=named)
        schema = parse_schema(json.loads(text), named_schemas=named)
    except Exception as error:  # noqa: BLE001  a schema of somebody else may break the parser anywhere
        raise unsupported(f"an Avro schema, got {type(error).__name__}: {str(error)[:200]}") from None
    _Check(named).least(schema, ())

    def decode(body: bytes) -> Any:
        stream = BytesIO(body)
        found = schemaless_reader(stream, schema, None)
        if stream.tell() != len(body):
            raise ValueError(f"{len(body) - stream.tell()} bytes are left")
        return plain(found)

    return decode


class _Check:
    """Walks a schema once with every named type unfolded."""

    def __init__(self, named: Mapping[str, Any]) -> None:
        self._named = named
        self._types = 0

    def least(self, schema: Any, within: tuple[str, ...], depth: int = 0) -> int:
        """The fewest bytes a value of the type has; raises InvalidRecord for what is not read."""
        self._types += 1
        if depth > MAX_DEPTH or self._types > MAX_TYPES:
            raise unsupported(f"at most {MAX_DEPTH} types in each other and {MAX_TYPES} in all")
        if isinstance(schema, list):
            return 1 + min((self.least(branch, within, depth + 1) for branch in schema), default=0)
        if isinstance(schema, str):
            return self._name(schema, within, depth)
        return self._whole(schema, within, depth)

    def _name(self, name: str, within: tuple[str, ...], depth: int) -> int:
        if name not in self._named:
            return 0 if name in EMPTY else 1
        if name in within:
            raise unsupported(f"types that do not hold themselves, got {name}, which does")
        return self.least(self._named[name], within, depth)

    def _whole(self, schema: Mapping[str, Any], within: tuple[str, ...], depth: int) -> int:
        kind = schema["type"]
        if kind in ("record", "error"):
            inside = (*within, schema["name"])
            return sum(self.least(field["type"], inside, depth + 1) for field in schema["fields"])
        if kind == "array":
            if self.least(schema["items"], within, depth + 1) == 0:
                raise unsupported("items of at least one byte, got an array of nothing")
            return 1
        if kind == "map":
            self.least(schema["values"], within, depth + 1)
            return 1
        if kind == "fixed":
            return int(schema["size"])
        return 1 if kind == "enum" else self.least(kind, within, depth + 1)
