"""The JSON Schema of policy files, by which editors complete and check them; `schema.py` writes the shipped copy."""

import json
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from slamon.policy_file.conditions import AUTHORS, EVENTS
from slamon.policy_file.fields import DEFINED_IN_SCHEMA
from slamon.policy_file.kinds import FormDocument

_VALUE = {"type": ["string", "number", "boolean", "null"]}
_VALUES = {"anyOf": [_VALUE, {"type": "array", "items": _VALUE}]}
_NAMES = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}


def json_schema() -> dict[str, Any]:
    """The schema of one document; a file may hold several, separated by `---`."""
    schema = TypeAdapter(Annotated[FormDocument, Field(discriminator="kind")]).json_schema(by_alias=True)
    schema["$defs"] |= {"Condition": _condition(_EVENT_KEYS, bare=True), "Fields": _condition({}, bare=False)}
    schema["$defs"]["Pause"] = {"anyOf": [_VALUES, {"$ref": "#/$defs/Fields"}]}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A document of a slamon policy file"}
    pointed: dict[str, Any] = _pointed(schema)
    return head | pointed


def _pointed(schema: Any) -> Any:
    """The schema with references in the place of the names that conditions left."""
    if isinstance(schema, list):
        return [_pointed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _pointed(value) for key, value in schema.items() if key != DEFINED_IN_SCHEMA}
    name = schema.get(DEFINED_IN_SCHEMA)
    return plain if name is None else {"$ref": f"#/$defs/{name}", **plain}


def _condition(more: dict[str, Any], *, bare: bool) -> dict[str, Any]:
    name = "Condition" if bare else "Fields"
    each = {"type": "array", "minItems": 1, "items": {"$ref": f"#/$defs/{name}"}}
    mapping = {
        "type": "object",
        "minProperties": 1,
        "description": "Holds if each key does; any other key is a field with its value or values (null: not set).",
        "properties": {
            "all": each,
            "any": each,
            "not": {"$ref": f"#/$defs/{name}"},
            "fields": {"type": "object", "minProperties": 1, "additionalProperties": _VALUES},
            **more,
        },
        "additionalProperties": _VALUES,
    }
    return {"anyOf": [_VALUES, mapping]} if bare else mapping


_EVENT = {"type": "string", "enum": list(EVENTS)}
_EVENT_KEYS = {
    "event": {"anyOf": [_EVENT, {"type": "array", "items": _EVENT, "minItems": 1}]},
    "by": {"type": "string", "enum": list(AUTHORS)},
    "public": {"type": "boolean"},
    "changed": _NAMES,
}


def text() -> str:
    """The shipped file's content."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
