"""Canonical ticket JSON (semantics 4.2): what is read, what is refused, and in which words."""

import json
from hashlib import blake2b
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slamon.sla import canonical
from slamon.sla.events import InvalidRecord, Kind, TicketEvent

AT = 1_704_466_800_000  # 2024-01-05T15:00:00Z
LEAST = {"ticket": "T-1", "id": "e-1", "at": "2024-01-05T15:00:00Z", "event": "created"}
FULL = {
    "ticket": "T-1",
    "id": "e-17",
    "at": "2024-01-05T15:00:00.250Z",
    "event": "replied",
    "revision": 3,
    "by": "agent",
    "public": False,
    "created_at": "2024-01-05T14:00:00Z",
    "source": "desk",
    "fields": {"status": "open", "assignee": None, "score": 1.5, "count": 2, "vip": True, "tags": ["a", "b"]},
}


def refused(payload: Any) -> tuple[str, str]:
    with pytest.raises(InvalidRecord) as error:
        canonical.parse(payload)
    return error.value.reason, str(error.value)


def test_ticket_at_and_event_are_enough() -> None:
    event = canonical.parse({"ticket": "T-1", "at": AT, "event": "created"})
    assert event == TicketEvent("T-1", canonical.content_id(event), AT, Kind.CREATED)


def test_every_part_of_a_full_record_is_kept() -> None:
    fields = {"status": "open", "assignee": None, "score": 1.5, "count": 2, "vip": True, "tags": ("a", "b")}
    assert canonical.parse(FULL) == TicketEvent(
        "T-1", "e-17", AT + 250, Kind.REPLIED, fields, 3, "agent", False, AT - 3_600_000, "desk"
    )


def test_a_record_read_and_written_is_the_same_record() -> None:
    assert canonical.dump(canonical.parse(FULL)) == FULL
    assert canonical.dump(canonical.parse(LEAST)) == LEAST


def test_a_null_is_an_absent_key_outside_of_fields_and_clears_a_field_inside() -> None:
    nulls = dict.fromkeys(["revision", "by", "public", "created_at", "source", "fields"])
    assert canonical.parse(LEAST | nulls) == canonical.parse(LEAST)
    assert canonical.parse(LEAST | {"fields": {"assignee": None}}).fields == {"assignee": None}


def test_the_id_of_a_record_without_one_follows_from_its_content_in_any_order_of_keys() -> None:
    """Semantics 4.2: never an offset."""
    record = {"ticket": "T-1", "at": AT, "event": "updated", "fields": {"a": "1", "b": "2"}}
    turned = {"fields": {"b": "2", "a": "1"}, "event": "updated", "at": "2024-01-05T16:00:00+01:00", "ticket": "T-1"}
    text = b'{"at":"2024-01-05T15:00:00Z","event":"updated","fields":{"a":"1","b":"2"},"ticket":"T-1"}'
    assert canonical.parse(record).id == canonical.parse(turned).id == blake2b(text, digest_size=16).hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        {"ticket": "T-2"},
        {"at": AT + 1},
        {"event": "updated"},
        {"revision": 1},
        {"fields": {"a": "1"}},
        {"by": "agent"},
        {"source": "desk"},
    ],
)
def test_any_other_content_has_another_id(change: dict[str, Any]) -> None:
    record = {"ticket": "T-1", "at": AT, "event": "created"}
    assert canonical.parse(record).id != canonical.parse(record | change).id


def test_a_long_title_is_cut_since_no_promise_may_be_lost_over_a_headline() -> None:
    title = canonical.parse(LEAST | {"fields": {"title": "x" * 9_000}}).fields["title"]
    assert title == "x" * 511 + "…"


REFUSED: list[tuple[Any, str, str]] = [
    ([], "bad_type", "record: expected a JSON object, got a list of 0"),
    (
        LEAST | {"tickets": "T"},
        "unknown_key",
        "record: expected only the keys of a canonical record, got 'tickets' (did you mean 'ticket'?)",
    ),
    (
        LEAST | {"Status": "T"},
        "unknown_key",
        "record: expected only the keys of a canonical record, got 'Status' (put it inside fields: fields.status)",
    ),
    ({"at": AT, "event": "created"}, "missing_field", "ticket: expected a text of 1 to 256 characters, got nothing"),
    (LEAST | {"ticket": ""}, "bad_value", "ticket: expected a text of 1 to 256 characters, got ''"),
    (
        LEAST | {"ticket": 17},
        "bad_type",
        'ticket: expected a text of 1 to 256 characters, got 17 (write it as text: "17")',
    ),
    (LEAST | {"ticket": "a\nb"}, "bad_value", r"ticket: expected a text without control characters, got 'a\nb'"),
    (
        LEAST | {"ticket": "a\ud800"},
        "bad_value",
        r"ticket: expected valid Unicode, got 'a\ud800' (half of a surrogate pair)",
    ),
    (
        LEAST | {"ticket": "x" * 257},
        "too_large",
        f"ticket: expected a text of 1 to 256 characters, got '{'x' * 80}'... (257 characters)",
    ),
    (LEAST | {"id": ""}, "bad_value", "id: expected a text of 1 to 256 characters, got ''"),
    (
        LEAST | {"source": 0},
        "bad_type",
        'source: expected a text of 1 to 256 characters, got 0 (write it as text: "0")',
    ),
    (
        LEAST | {"at": None},
        "missing_field",
        "at: expected an RFC 3339 instant with offset or epoch milliseconds, got nothing",
    ),
    (
        LEAST | {"at": True},
        "bad_type",
        "at: expected an RFC 3339 instant with offset or integer epoch milliseconds, got true",
    ),
    (
        LEAST | {"at": 1.7e12},
        "bad_type",
        "at: expected an RFC 3339 instant with offset or integer epoch milliseconds, got 1700000000000.0",
    ),
    (
        LEAST | {"at": "1704466800000"},
        "bad_instant",
        "at: expected an RFC 3339 instant with offset, got '1704466800000' (write it without quotes)",
    ),
    (
        LEAST | {"at": "2024-01-05T15:00:00"},
        "bad_instant",
        "at: expected an RFC 3339 instant with offset, got '2024-01-05T15:00:00' (it has no offset: append Z for UTC, or +hh:mm)",
    ),
    (
        LEAST | {"at": 1_704_466_800},
        "bad_instant",
        "at: expected an instant from 1971 to 2199, as a number in epoch milliseconds, got 1704466800 (looks like seconds: multiply by 1000)",
    ),
    (
        LEAST | {"at": 1_704_466_800_000_000_000},
        "bad_instant",
        "at: expected an instant from 1971 to 2199, as a number in epoch milliseconds, got 1704466800000000000 (looks like nanoseconds: divide by 1000000)",
    ),
    (
        LEAST | {"at": "0001-01-01T00:00:00Z"},
        "bad_instant",
        "at: expected an instant from 1971 to 2199, as a number in epoch milliseconds, got '0001-01-01T00:00:00Z'",
    ),
    (
        LEAST | {"created_at": "2024-01-05T15:00:01Z"},
        "bad_instant",
        "created_at: expected an instant not after `at`, got '2024-01-05T15:00:01Z' (at is 2024-01-05T15:00:00Z)",
    ),
    (
        LEAST | {"event": "resolvd"},
        "unknown_value",
        "event: expected a known event name, got 'resolvd' (did you mean 'resolved'?)",
    ),
    (
        LEAST | {"event": "Solved"},
        "unknown_value",
        "event: expected a known event name, got 'Solved' (did you mean 'resolved'?)",
    ),
    (LEAST | {"event": 7}, "bad_type", "event: expected an event name as text, got 7"),
    (LEAST | {"revision": "3"}, "bad_type", "revision: expected an integer from 0, got '3' (write it without quotes)"),
    (LEAST | {"revision": -1}, "bad_type", "revision: expected an integer from 0, got -1"),
    (LEAST | {"revision": True}, "bad_type", "revision: expected an integer from 0, got true"),
    (LEAST | {"by": "bob"}, "unknown_value", "by: expected one of agent, customer, system, got 'bob'"),
    (LEAST | {"public": "yes"}, "bad_type", "public: expected true or false, got 'yes'"),
    (LEAST | {"fields": ["a"]}, "bad_type", "fields: expected an object of field names and values, got a list of 1"),
    (
        LEAST | {"fields": {str(n): n for n in range(65)}},
        "too_large",
        "fields: expected at most 64 fields, got an object with 65 keys (send only what conditions and readers need)",
    ),
    (
        LEAST | {"fields": {"customer": {"tier": 1}}},
        "bad_type",
        "fields.customer: expected a text, number, true, false, null or a list of texts, got an object with 1 keys (name each part as a field of its own, like customer_tier)",
    ),
    (LEAST | {"fields": {"tags": [1]}}, "bad_type", "fields.tags: expected a list of texts, got 1"),
    (
        LEAST | {"fields": {"tags": ["a"] * 257}},
        "too_large",
        "fields.tags: expected at most 256 texts, got a list of 257",
    ),
    (
        LEAST | {"fields": {"note": "x" * 8193}},
        "too_large",
        f"fields.note: expected at most 8192 bytes, got '{'x' * 80}'... (8193 characters) (send a short text or an id of it)",
    ),
    (
        LEAST | {"fields": {"n": float("nan")}},
        "bad_value",
        "fields.n: expected a finite number of at most 64 bits, got nan (send it as text)",
    ),
    (
        LEAST | {"fields": {"n": 2**63}},
        "bad_value",
        "fields.n: expected a finite number of at most 64 bits, got 9223372036854775808 (send it as text)",
    ),
    (LEAST | {"fields": {"a\tb": 1}}, "bad_value", r"fields: expected a text without control characters, got 'a\tb'"),
]


@pytest.mark.parametrize(("payload", "reason", "message"), REFUSED)
def test_a_broken_record_is_refused_with_place_expectation_value_and_hint(
    payload: Any, reason: str, message: str
) -> None:
    assert refused(payload) == (reason, message)


NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | NAMES
    | st.lists(NAMES, max_size=3)
)
INSTANTS = st.integers(AT, 2 * AT)
RECORDS = st.fixed_dictionaries(
    {"ticket": NAMES, "at": INSTANTS, "event": st.sampled_from([kind.value for kind in Kind])},
    optional={
        "id": NAMES,
        "revision": st.integers(0, 2**63 - 1),
        "by": st.sampled_from(canonical.AUTHORS),
        "public": st.booleans(),
        "created_at": st.integers(AT - 10**9, AT),
        "source": NAMES,
        "fields": st.dictionaries(NAMES, VALUES, max_size=4),
    },
)


@given(RECORDS)
def test_every_event_survives_being_written_as_json_and_read_again(record: dict[str, Any]) -> None:
    event = canonical.parse(record)
    assert canonical.parse(json.loads(json.dumps(canonical.dump(event)))) == event


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(sorted(canonical.KEYS)) | st.text(), inner, max_size=6)
    ),
    max_leaves=12,
)


@given(
    JSON
    | RECORDS.flatmap(
        lambda record: st.dictionaries(st.sampled_from(sorted(canonical.KEYS)), JSON).map(
            lambda broken: record | broken
        )
    )
)
def test_nothing_that_json_can_say_raises_anything_but_the_producers_error(payload: Any) -> None:
    try:
        event = canonical.parse(payload)
    except InvalidRecord:
        return
    assert canonical.parse(canonical.dump(event)) == event
