"""The JSON Schema of the canonical uptime record says what the parser says, as far as a schema can."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from slamon.sla import canonical_service
from slamon.sla.events import State
from tests.sla.test_canonical_service import FULL, LEAST, RECORDS, REFUSED

FOLDER = Path(__file__).parents[2] / "docs/schema"
SCHEMA = json.loads((FOLDER / "service-event.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
BEYOND = ("of at most 366 days", "not before `from`")  # the length of a span and two keys together


def test_the_schema_names_the_keys_and_states_of_the_parser() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"].keys() == canonical_service.KEYS
    assert SCHEMA["properties"]["state"]["enum"] == [*(state.value for state in State), None]
    assert SCHEMA["$defs"]["window"]["properties"].keys() == canonical_service.WINDOW_KEYS


def test_names_instants_and_values_are_those_of_a_ticket_record() -> None:
    tickets = json.loads((FOLDER / "ticket-event.schema.json").read_text())
    assert tickets["$defs"].items() <= SCHEMA["$defs"].items()


@pytest.mark.parametrize("record", [LEAST, FULL, LEAST | dict.fromkeys(canonical_service.KEYS - LEAST.keys())])
def test_what_the_parser_reads_the_schema_accepts(record: dict[str, Any]) -> None:
    canonical_service.parse(record)
    VALIDATOR.validate(record)


@given(RECORDS)
def test_every_event_that_is_written_is_a_record_by_the_schema(record: dict[str, Any]) -> None:
    VALIDATOR.validate(record)
    VALIDATOR.validate(canonical_service.dump(canonical_service.parse(record)))


@pytest.mark.parametrize(("record", "reason", "message"), REFUSED)
def test_what_the_parser_refuses_the_schema_refuses(record: Any, reason: str, message: str) -> None:
    assert VALIDATOR.is_valid(record) is any(word in message for word in BEYOND)
