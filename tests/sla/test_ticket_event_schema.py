"""The JSON Schema of the canonical record says what the parser says, as far as a schema can."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from slamon.sla import canonical, instants, record_parts, texts
from slamon.sla.events import Kind
from tests.sla.test_canonical import FULL, LEAST, RECORDS, REFUSED

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schema/ticket-event.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
# A whole float is an integer to a schema, bytes and halves of surrogate pairs are not its matter, nor two keys together.
BEYOND = ("got 1700000000000.0", "half of a surrogate pair", "not after `at`", "finite number")


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_names_the_keys_events_and_bounds_of_the_parser() -> None:
    keys, name = SCHEMA["properties"], SCHEMA["$defs"]["name"]
    assert keys.keys() == canonical.KEYS
    assert keys["event"]["enum"] == [kind.value for kind in Kind]
    assert keys["by"]["enum"] == [*canonical.AUTHORS, None]
    assert keys["fields"]["maxProperties"] == record_parts.MAX_FIELDS
    assert keys["revision"]["maximum"] == record_parts.MAX_INTEGER
    assert name["maxLength"] == texts.MAX_NAME
    number = SCHEMA["$defs"]["instant"]["anyOf"][1]
    assert (number["minimum"], number["exclusiveMaximum"]) == (instants.EARLIEST_MS, instants.LATEST_MS)
    text, *_, members = SCHEMA["$defs"]["value"]["anyOf"]
    assert (text["maxLength"], members["maxItems"]) == (texts.MAX_TEXT, record_parts.MAX_MEMBERS)


@pytest.mark.parametrize(
    "record", [LEAST, FULL, LEAST | {"fields": {"title": "x" * 9_000}}, LEAST | dict.fromkeys(["id", "fields", "by"])]
)
def test_what_the_parser_reads_the_schema_accepts(record: dict[str, Any]) -> None:
    canonical.parse(record)
    VALIDATOR.validate(record)


@given(RECORDS)
def test_every_event_that_is_written_is_a_record_by_the_schema(record: dict[str, Any]) -> None:
    VALIDATOR.validate(record)
    VALIDATOR.validate(canonical.dump(canonical.parse(record)))


@pytest.mark.parametrize(("record", "reason", "message"), REFUSED)
def test_what_the_parser_refuses_the_schema_refuses(record: Any, reason: str, message: str) -> None:
    assert VALIDATOR.is_valid(record) is any(word in message for word in BEYOND)
