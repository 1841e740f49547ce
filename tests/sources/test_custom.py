"""A source that its operator describes (semantics 2.1, 3.14, 4.2)."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from slamon.sla import instants
from slamon.sla.events import InvalidRecord, Kind, TicketEvent
from slamon.sources.custom import load
from slamon.sources.custom_parts import MappingError
from slamon.sources.source import Source

AT = instants.parse("2024-01-05T15:00:00Z")
LEAST = {"ticket": "id", "at": "when", "event": "snapshot"}
ROW = {"id": 17, "when": "2024-01-05T15:00:00Z"}

HELPDESK = yaml.safe_load("""
name: helpdesk
each: tickets[]
when: kind != 'draft'
ticket: join('-', [queue, to_string(number)])
at: {value: changed, format: "%d.%m.%Y %H:%M", zone: Europe/Berlin}
id: change_id
revision: version
event:
  value: kind
  map: {opened: created, comment: replied, done: resolved, viewed: ignore}
  default: snapshot
by:
  value: author.role
  map: {staff: agent, guest: customer}
  default: null
public: "!internal"
created_at: {value: opened, unit: s}
fields:
  status: state
  priority: {value: prio, map: {1: P1, 2: P2}}
  tags: labels[].name
""")
TICKET = {
    "queue": "OPS",
    "number": 7,
    "changed": "05.01.2024 16:00",
    "change_id": "c9",
    "version": "3",
    "kind": "opened",
    "opened": 1_704_466_700,
    "state": "New",
    "prio": 1,
    "labels": [{"name": "a"}, {"name": "b"}],
}


def mapped(mapping: Any, payload: Any) -> list[TicketEvent]:
    return load(mapping).map(payload, {}, 0)


def refused(mapping: Any, payload: Any) -> tuple[str, str]:
    with pytest.raises(InvalidRecord) as error:
        mapped(mapping, payload)
    return error.value.reason, str(error.value)


def problems(mapping: Any) -> str:
    with pytest.raises(MappingError) as error:
        load(mapping)
    return str(error.value)


def test_ticket_at_and_event_are_enough() -> None:
    (event,) = mapped(LEAST, ROW)
    assert (event.ticket, event.at, event.kind, event.source, len(event.id)) == ("17", AT, Kind.SNAPSHOT, "custom", 32)


def test_every_part_of_a_record_is_found_where_the_mapping_says() -> None:
    fields = {"status": "New", "priority": "P1", "tags": ("a", "b")}
    assert mapped(HELPDESK, {"tickets": [TICKET]}) == [
        TicketEvent("OPS-7", "c9", AT, Kind.CREATED, fields, 3, None, True, AT - 100_000, "helpdesk")
    ]


def test_what_is_ignored_or_not_meant_gives_no_event() -> None:
    assert mapped(HELPDESK, {"tickets": [TICKET | {"kind": "draft"}, TICKET | {"kind": "viewed"}]}) == []
    assert mapped(HELPDESK, {"tickets": []}) == []


def test_a_reply_has_its_author_and_its_audience() -> None:
    (event,) = mapped(
        HELPDESK, {"tickets": [TICKET | {"kind": "comment", "author": {"role": "Staff"}, "internal": True}]}
    )
    assert (event.kind, event.by, event.public) == (Kind.REPLIED, "agent", False)


def test_a_value_of_a_field_without_a_row_passes_so_that_it_can_be_seen() -> None:
    """Semantics 3.9: values no policy knows are counted and listed."""
    (event,) = mapped(HELPDESK, {"tickets": [TICKET | {"prio": 9}]})
    assert event.fields["priority"] == 9


def test_nothing_found_clears_a_field_of_a_whole_row_and_is_no_change_in_an_update() -> None:
    fields = {"fields": {"assignee": "owner"}}
    assert mapped(LEAST | fields, ROW)[0].fields == {"assignee": None}
    assert mapped(LEAST | fields | {"event": "updated"}, ROW)[0].fields == {}


@pytest.mark.parametrize(
    ("at", "value", "ms"),
    [
        ("when", AT, AT),
        ("when", str(AT), AT),
        ("when", "2024-01-05T16:00:00+0100", AT),
        ({"value": "when", "unit": "s"}, 1_704_466_800, AT),
        ({"value": "when", "unit": "s"}, 1_704_466_800.3, AT + 300),
        ({"value": "when", "unit": "s"}, "1704466800.0019", AT + 1),
        ({"value": "when", "unit": "us"}, AT * 1000 + 999, AT),
        ({"value": "when", "unit": "ns"}, AT * 1_000_000, AT),
        ({"value": "when", "zone": "Europe/Berlin"}, "2024-01-05T16:00:00", AT),
        ({"value": "when", "zone": "Europe/Berlin"}, "2024-01-05T15:00:00+00:00", AT),
        ({"value": "when", "format": "%Y%m%d %H%M%S %z"}, "20240105 100000 -0500", AT),
    ],
)
def test_an_instant_is_read_in_the_form_zone_and_unit_that_are_declared(at: Any, value: Any, ms: int) -> None:
    assert mapped(LEAST | {"at": at}, ROW | {"when": value})[0].at == ms


@pytest.mark.parametrize(
    ("local", "utc"), [("2024-03-31T02:30:00", "2024-03-31T01:30:00Z"), ("2024-10-27T02:30:00", "2024-10-27T00:30:00Z")]
)
def test_a_local_time_that_a_zone_skips_moves_on_and_one_that_comes_twice_is_the_first(local: str, utc: str) -> None:
    """Semantics 2.6."""
    at = {"value": "when", "zone": "Europe/Berlin"}
    assert mapped(LEAST | {"at": at}, ROW | {"when": local})[0].at == instants.parse(utc)


@pytest.mark.parametrize(
    ("mapping", "payload", "reason", "message"),
    [
        (LEAST, {"when": AT}, "missing_field", "ticket: expected the id of the ticket, got nothing"),
        (LEAST, {"id": 1}, "missing_field", "at: expected an instant where 'when' looks, got nothing"),
        (LEAST, {"id": {}, "when": AT}, "bad_type", "ticket: expected the id of the ticket, got an object with 0 keys"),
        (
            LEAST,
            ROW | {"when": "2024-01-05 15:00:00"},
            "bad_instant",
            "at: expected an RFC 3339 instant with offset, got '2024-01-05 15:00:00' (it has no offset: append Z for UTC, or +hh:mm)",
        ),
        (
            LEAST | {"at": {"value": "when", "unit": "s"}},
            ROW | {"when": "soon"},
            "bad_instant",
            "at: expected a number of s, got 'soon'",
        ),
        (
            LEAST | {"at": {"value": "when", "unit": "s"}},
            ROW | {"when": AT},
            "bad_instant",
            "at: expected an instant from 1971 to 2199, as a number in epoch milliseconds, got 1704466800000000 (looks like microseconds: divide by 1000)",
        ),
        (
            LEAST | {"event": {"value": "kind", "map": {"opened": "created"}}},
            ROW | {"kind": "opend"},
            "unknown_value",
            "event: expected a value that the mapping names, got 'opend' (did you mean 'opened'?)",
        ),
        (
            LEAST | {"event": {"value": "kind"}},
            ROW | {"kind": "opend"},
            "unknown_value",
            "event: expected a known event name, got 'opend' (did you mean 'reopened'?)",
        ),
        (
            LEAST | {"event": {"value": "kind"}},
            ROW,
            "missing_field",
            "event: expected an event name, got nothing (map it, or give a default)",
        ),
        (
            LEAST | {"by": "who"},
            ROW | {"who": "bob"},
            "unknown_value",
            "by: expected one of agent, customer, system, got 'bob'",
        ),
        (
            LEAST | {"public": "seen"},
            ROW | {"seen": "by all"},
            "bad_type",
            "public: expected true or false, got 'by all'",
        ),
        (
            LEAST | {"each": "rows[]"},
            ROW,
            "unknown_shape",
            "each: expected 'rows[]' to find records, got an object with 2 keys",
        ),
        (
            LEAST | {"ticket": "length(id)"},
            ROW,
            "mapping_failed",
            (
                "ticket: expected 'length(id)' to find a value, got an error (In function length(), invalid type for value: 17, "
                "expected one of: ['string', 'array', 'object'], received: \"number\")"
            ),
        ),
    ],
)
def test_a_payload_that_does_not_fit_the_mapping_is_refused_by_its_part(
    mapping: Any, payload: Any, reason: str, message: str
) -> None:
    assert refused(mapping, payload) == (reason, message)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (
            None,
            "mapping: expected a mapping with at least ticket, at and event (or service, at and state), got nothing",
        ),
        (LEAST | {"tickets": "x"}, "mapping: expected only known keys, got 'tickets' (did you mean 'ticket'?)"),
        (LEAST | {"ticket": None}, "ticket: expected a JMESPath expression of at most 1000 characters, got nothing"),
        (
            LEAST | {"ticket": "a..b"},
            (
                "ticket: expected a JMESPath expression, got 'a..b' (Expecting: ['quoted_identifier', 'unquoted_identifier', "
                "'lbracket', 'lbrace'], got: dot: Parse error at column 2, token \".\" (DOT))"
            ),
        ),
        (
            LEAST | {"ticket": "lenght(a)"},
            "ticket: expected a function of JMESPath, got 'lenght' (did you mean 'length'?)",
        ),
        (
            LEAST | {"event": "create"},
            "event: expected an event name, or `value` with a `map` to event names, got 'create' (did you mean 'created'?)",
        ),
        (
            LEAST | {"event": {"value": "k", "map": {"a": 1}}},
            "event.map.a: expected one of acknowledged, assigned, cancelled, closed, created, deleted, merged, paused, reopened, replied, resolved, restored, resumed, snapshot, spam, updated, ignore, got 1",
        ),
        (
            LEAST | {"at": {"value": "w", "format": "%H"}},
            "at.zone: expected the zone of instants without offset, got nothing (UTC or a name like Europe/Berlin)",
        ),
        (
            LEAST | {"at": {"value": "w", "zone": "Mars/One"}},
            "at.zone: expected a time zone, got 'Mars/One' (UTC or a name like Europe/Berlin)",
        ),
        (LEAST | {"at": {"value": "w", "unit": "min"}}, "at.unit: expected one of s, ms, us, ns, got 'min'"),
        (LEAST | {"at": {"value": "w", "unit": ["s"]}}, "at.unit: expected one of s, ms, us, ns, got a list of 1"),
        (
            LEAST | {"at": {"value": "w", "tz": "UTC"}},
            "at: expected only known keys, got 'tz' (known: format, unit, value, zone)",
        ),
        (
            LEAST | {"fields": ["a"]},
            "fields: expected a mapping of at most 64 field names to expressions, got a list of 1",
        ),
        (LEAST | {"public": {"value": "x", "map": {"y": 1}}}, "public.map.y: expected one of true, false, got 1"),
    ],
)
def test_a_mapping_that_can_not_work_is_refused_when_it_is_loaded(mapping: Any, message: str) -> None:
    assert problems(mapping) == message


def test_all_problems_of_a_mapping_are_told_at_once() -> None:
    assert (
        len(problems({"ticket": "a..b", "at": 3, "event": "x", "by": {"value": "y", "map": {"z": "w"}}}).splitlines())
        == 4
    )


@pytest.mark.parametrize(
    ("change", "signals"),
    [
        ({}, set()),
        ({"created_at": "opened"}, {"created"}),
        (
            {"fields": {"status": "s", "priority": "p", "group": "g", "assignee": "a"}},
            {"status", "priority", "group", "assigned"},
        ),
        ({"event": "created"}, {"created"}),
        ({"fields": {"status": {"value": "s", "map": {"seen": "Acknowledged"}}}}, {"status", "acknowledged"}),
        ({"event": "replied", "by": "agent", "public": True}, {"public_reply"}),
        ({"event": "replied", "by": "agent", "public": False}, set()),
        ({"event": "replied", "by": "customer"}, {"customer_message"}),
        ({"event": "replied", "by": "who", "public": "seen"}, {"public_reply", "customer_message"}),
        ({"event": {"value": "k", "map": {"a": "resolved", "b": "ignore"}}}, {"resolved"}),
        ({"event": {"value": "k", "map": {"a": "closed"}, "default": "deleted"}}, {"closed", "deleted"}),
    ],
)
def test_a_mapping_shows_what_it_can_ever_say(change: dict[str, Any], signals: set[str]) -> None:
    """Semantics 3.14."""
    assert load(LEAST | change).shows == signals


def test_a_mapping_is_a_source_like_any_other() -> None:
    source = load(HELPDESK)
    assert isinstance(source, Source)
    assert (source.name, source.record_id) == ("helpdesk", "`change_id`")


def test_a_tombstone_names_its_ticket_if_the_expression_finds_it_in_the_key() -> None:
    tell = load(HELPDESK).subject_of_key
    assert tell is not None
    assert [tell({"queue": "OPS", "number": 7}), tell({"number": 7}), tell("OPS-7")] == ["OPS-7", None, None]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(sorted(TICKET)) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(sorted(TICKET)), JSON) | JSON)
def test_nothing_that_json_can_say_raises_anything_but_the_producers_error(broken: Any) -> None:
    source = load(HELPDESK)
    payload = {"tickets": [TICKET | broken]} if isinstance(broken, dict) else broken
    try:
        source.map(payload, {}, 0)
    except InvalidRecord:
        return


@given(
    st.dictionaries(st.sampled_from(["name", "each", "ticket", "at", "event", "by", "public", "fields", "x"]), JSON)
    | JSON
)
def test_no_mapping_raises_anything_but_its_list_of_problems(broken: Any) -> None:
    try:
        load(LEAST | broken if isinstance(broken, dict) else broken)
    except MappingError:
        return
