"""Canonical uptime JSON (semantics 5.1, 4.2): what is read, what is refused, and in which words."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slamon.sla import canonical_service
from slamon.sla.canonical_service import MAX_TTL_MS
from slamon.sla.events import Announced, InvalidRecord, ServiceEvent, State
from tests.sla.test_canonical import AT, INSTANTS, NAMES, VALUES

HOUR = 3_600_000
LEAST = {"service": "checkout", "id": "e-1", "at": "2024-01-05T15:00:00Z", "state": "down"}
WINDOW = {"name": "C-7", "from": "2024-01-06T00:00:00Z", "until": "2024-01-06T02:00:00Z"}
FULL = {
    "service": "checkout",
    "id": "e-17",
    "at": "2024-01-05T15:00:00.250Z",
    "state": "degraded",
    "ttl": "1m30s",
    "location": "eu-west",
    "customer": "acme",
    "maintenance": WINDOW,
    "fields": {"tier": 1, "tags": ["vip"]},
    "revision": 3,
    "source": "probes",
}


def test_service_at_and_a_state_are_enough() -> None:
    event = canonical_service.parse({"service": "checkout", "at": AT, "state": "down"})
    assert event == ServiceEvent("checkout", canonical_service.content_id(event), AT, State.DOWN)


def test_every_part_of_a_full_record_is_kept() -> None:
    announced = Announced("C-7", AT + 9 * HOUR, AT + 11 * HOUR)
    assert canonical_service.parse(FULL) == ServiceEvent(
        "checkout", "e-17", AT + 250, State.DEGRADED, 90_000, "eu-west", "acme", announced, False,
        {"tier": 1, "tags": ("vip",)}, 3, "probes",
    )  # fmt: skip


@pytest.mark.parametrize(
    "says",
    [
        {"state": "unknown"},
        {"maintenance": WINDOW},
        {"maintenance": WINDOW | {"until": WINDOW["from"]}},
        {"fields": {"tier": None}},
        {"deleted": True},
    ],
)
def test_a_record_may_say_any_one_thing_and_is_written_as_it_was_read(says: dict[str, Any]) -> None:
    record = {"service": "checkout", "id": "e-1", "at": "2024-01-05T15:00:00Z"} | says
    assert canonical_service.dump(canonical_service.parse(record)) == record
    assert canonical_service.dump(canonical_service.parse(FULL)) == FULL


def test_a_null_is_an_absent_key() -> None:
    nulls = dict.fromkeys(canonical_service.KEYS - LEAST.keys())
    assert canonical_service.parse(LEAST | nulls) == canonical_service.parse(LEAST)


@pytest.mark.parametrize(
    "change",
    [
        {"service": "mail"},
        {"at": AT + 1},
        {"state": "up"},
        {"ttl": "1m"},
        {"location": "eu"},
        {"customer": "acme"},
        {"maintenance": WINDOW},
        {"fields": {"tier": 1}},
        {"revision": 0},
        {"source": "probes"},
    ],
)
def test_the_id_of_a_record_without_one_follows_from_all_of_its_content(change: dict[str, Any]) -> None:
    """Semantics 4.2: never an offset."""
    record = {"service": "checkout", "at": AT, "state": "down"}
    turned = {"state": "down", "at": "2024-01-05T16:00:00+01:00", "service": "checkout"}
    assert canonical_service.parse(record).id == canonical_service.parse(turned).id
    assert canonical_service.parse(record).id != canonical_service.parse(record | change).id


NOTHING = {"service": "checkout", "at": AT}
REFUSED: list[tuple[Any, str, str]] = [
    ([], "bad_type", "record: expected a JSON object, got a list of 0"),
    (
        LEAST | {"status": "down"},
        "unknown_key",
        "record: expected only the keys of a canonical record, got 'status' (did you mean 'state'?)",
    ),
    (
        LEAST | {"title": "Shop"},
        "unknown_key",
        "record: expected only the keys of a canonical record, got 'title' (put it inside fields: fields.title)",
    ),
    (
        LEAST | {"servce": "x"},
        "unknown_key",
        "record: expected only the keys of a canonical record, got 'servce' (did you mean 'service'?)",
    ),
    (
        {"at": AT, "state": "up"},
        "missing_field",
        "service: expected a text of 1 to 256 characters, got nothing",
    ),
    (
        LEAST | {"at": "2024-01-05 15:00:00"},
        "bad_instant",
        "at: expected an RFC 3339 instant with offset, got '2024-01-05 15:00:00' (it has no offset: append Z for UTC, or +hh:mm)",
    ),
    (
        LEAST | {"state": "Major Outage"},
        "unknown_value",
        "state: expected one of up, degraded, down, maintenance, unknown, got 'Major Outage' (did you mean 'down'?)",
    ),
    (
        LEAST | {"state": "ok"},
        "unknown_value",
        "state: expected one of up, degraded, down, maintenance, unknown, got 'ok' (did you mean 'up'?)",
    ),
    (LEAST | {"state": False}, "bad_type", "state: expected a state as text, got false (did you mean 'down'?)"),
    (LEAST | {"state": 1}, "bad_type", "state: expected a state as text, got 1 (did you mean 'up'?)"),
    (
        NOTHING,
        "missing_field",
        "state: expected a state, maintenance, fields or deleted, got nothing (known: up, degraded, down, maintenance, unknown)",
    ),
    (
        NOTHING | {"fields": {}, "deleted": False},
        "missing_field",
        "state: expected a state, maintenance, fields or deleted, got nothing (known: up, degraded, down, maintenance, unknown)",
    ),
    (LEAST | {"ttl": 90}, "bad_type", "ttl: expected a duration like '4h', '30m' or '1h30m', got 90 (add a unit: '90s', m, h, d or w)"),
    (LEAST | {"ttl": "0s"}, "bad_value", "ttl: expected a span above 0 and of at most 366 days, got '0s'"),
    (LEAST | {"ttl": "53w"}, "bad_value", "ttl: expected a span above 0 and of at most 366 days, got '53w'"),
    (
        NOTHING | {"ttl": "90s", "fields": {"tier": 1}},
        "bad_value",
        "ttl: expected a state beside it, got '1m30s' (it says how long a state holds)",
    ),
    (LEAST | {"location": ""}, "bad_value", "location: expected a text of 1 to 256 characters, got ''"),
    (LEAST | {"customer": 7}, "bad_type", 'customer: expected a text of 1 to 256 characters, got 7 (write it as text: "7")'),
    (LEAST | {"revision": -1}, "bad_type", "revision: expected an integer from 0, got -1"),
    (LEAST | {"maintenance": "C-7"}, "bad_type", "maintenance: expected an object with name, from and until, got 'C-7'"),
    (
        LEAST | {"maintenance": WINDOW | {"to": AT}},
        "unknown_key",
        "maintenance: expected only name, from and until, got 'to' (known: from, name, until)",
    ),
    (
        LEAST | {"maintenance": {"name": "C-7", "from": AT}},
        "missing_field",
        "maintenance.until: expected an RFC 3339 instant with offset or epoch milliseconds, got nothing",
    ),
    (
        LEAST | {"maintenance": WINDOW | {"until": AT}},
        "bad_instant",
        "maintenance.until: expected an instant not before `from`, got '2024-01-05T15:00:00Z' (from is 2024-01-06T00:00:00Z)",
    ),
    (
        LEAST | {"maintenance": WINDOW | {"name": None}},
        "missing_field",
        "maintenance.name: expected a text of 1 to 256 characters, got nothing",
    ),
    (LEAST | {"deleted": "yes"}, "bad_type", "deleted: expected true or false, got 'yes'"),
    (
        LEAST | {"deleted": True},
        "bad_value",
        "deleted: expected nothing but the end of the service, got true (send state and maintenance alone)",
    ),
    (
        LEAST | {"fields": {"service": "shop"}},
        "bad_value",
        "fields.service: expected another name, got 'shop' (conditions see the id of the service under this name)",
    ),
    (
        LEAST | {"fields": {str(n): n for n in range(65)}},
        "too_large",
        "fields: expected at most 64 fields, got an object with 65 keys (send only what conditions and readers need)",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("payload", "reason", "message"), REFUSED)
def test_a_broken_record_is_refused_with_place_expectation_value_and_hint(
    payload: Any, reason: str, message: str
) -> None:
    with pytest.raises(InvalidRecord) as error:
        canonical_service.parse(payload)
    assert (error.value.reason, str(error.value)) == (reason, message)


STATES = st.sampled_from([state.value for state in State])
WINDOWS = st.builds(
    lambda name, start, length: {"name": name, "from": start, "until": start + length}, NAMES, INSTANTS, st.integers(0, HOUR)
)  # fmt: skip
RECORDS = st.fixed_dictionaries(
    {"service": NAMES, "at": INSTANTS, "state": STATES},
    optional={
        "id": NAMES,
        "ttl": st.integers(1, MAX_TTL_MS // 1000).map(lambda seconds: f"{seconds}s"),
        "location": NAMES,
        "customer": NAMES,
        "maintenance": WINDOWS,
        "fields": st.dictionaries(NAMES, VALUES, max_size=4),
        "revision": st.integers(0, 2**63 - 1),
        "source": NAMES,
        "deleted": st.just(False),
    },
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | STATES | INSTANTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*sorted(canonical_service.KEYS), "name", "from"]) | st.text(), inner, max_size=6)
    ),
    max_leaves=12,
)  # fmt: skip
BROKEN = st.dictionaries(st.sampled_from(sorted(canonical_service.KEYS)), JSON)


@given(RECORDS)
def test_every_event_survives_being_written_as_json_and_read_again(record: dict[str, Any]) -> None:
    event = canonical_service.parse(record)
    assert canonical_service.parse(json.loads(json.dumps(canonical_service.dump(event)))) == event


@given(JSON | RECORDS.flatmap(lambda record: BROKEN.map(lambda broken: record | broken)))
def test_nothing_that_json_can_say_raises_anything_but_the_producers_error(payload: Any) -> None:
    try:
        event = canonical_service.parse(payload)
    except InvalidRecord:
        return
    assert canonical_service.parse(canonical_service.dump(event)) == event
