"""A foreign record becomes canonical records under the right key, or a dead letter (architecture 6 "Intake")."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest

from slamon.engine.codec import decode_service, decode_ticket
from slamon.engine.partitioner import partition_of
from slamon.runtime.intake_mapping import Feed, Mapper, PartlyRefused
from slamon.sla import canonical
from slamon.sla.events import InvalidRecord, Kind, ServiceEvent, TicketEvent
from slamon.sources import SOURCES
from slamon.sources.custom import load
from slamon.sources.source import Role

AT = 1_704_466_800_000
NOW = 1_800_000_000_000
MAPPER = Mapper(partitions=6)


@dataclass
class Foreign:
    """A record as Kafka delivers it."""

    value: bytes | None
    key: bytes | None = None
    headers: list[tuple[str, bytes]] = field(default_factory=list)
    offset: int = 7
    timestamp: int = AT


def rows_of_desk(payload: Any, headers: Mapping[str, str], received_ms: int) -> list[TicketEvent]:
    """A source of the tests: one event for each row of a list, none for a ping, trips over a row without number."""
    if payload == "ping" or payload == {"ping": True}:
        return []
    rows = payload if isinstance(payload, list) else [payload]
    source = headers.get("x-desk", "desk")
    return [canonical.event(row["number"], row.get("at", received_ms), Kind.SNAPSHOT, source=source) for row in rows]


@dataclass(frozen=True)
class Desk:
    name: str = "desk"
    spoken: str = "desk"
    map: Any = rows_of_desk
    role: Role = "tickets"
    own_key: bool = False
    subject_of_key: Any = None


def number_of(key: Any) -> str | None:
    return key.get("number") if isinstance(key, dict) else None


DESK = Feed("desk.rows", Desk())


def mapped(record: Foreign, feed: Feed = DESK) -> list[TicketEvent]:
    rows = MAPPER.rows(feed, record, AT)
    assert all(partition == partition_of(key or b"", 6) for partition, key, _, _ in rows)
    return [decode_ticket(value, headers, key, AT) for _, key, value, headers in rows]


def refused(record: Foreign, feed: Feed = DESK) -> InvalidRecord:
    with pytest.raises(InvalidRecord) as caught:
        MAPPER.rows(feed, record, AT)
    return caught.value


def row(**more: Any) -> bytes:
    return orjson.dumps({"number": "INC1", **more})


def test_a_row_becomes_a_record_under_the_tickets_key_in_the_tickets_partition() -> None:
    ((partition, key, value, headers),) = MAPPER.rows(DESK, Foreign(row(), key=b"any key"), AT)
    assert (partition, key, headers) == (partition_of(b"INC1", 6), b"INC1", [])
    assert orjson.loads(value)["ticket"] == "INC1"


def test_a_list_of_rows_becomes_a_record_each() -> None:
    events = mapped(Foreign(orjson.dumps([{"number": "INC1"}, {"number": "INC2"}])))
    assert [event.ticket for event in events] == ["INC1", "INC2"]


def test_what_is_understood_and_of_no_interest_becomes_nothing() -> None:
    assert mapped(Foreign(b'{"ping":true}')) == []


def test_the_source_sees_headers_in_lower_case() -> None:
    (event,) = mapped(Foreign(row(), headers=[("X-Desk", b"north")]))
    assert event.source == "north"


def test_an_envelope_is_taken_off_first() -> None:
    (event,) = mapped(Foreign(orjson.dumps({"schema": None, "payload": {"number": "INC1"}})))
    assert event.ticket == "INC1"


def test_what_is_received_without_its_own_instant_has_the_timestamp_of_kafka() -> None:
    assert [event.at for event in mapped(Foreign(row(), timestamp=AT - 5))] == [AT - 5]


def test_what_is_sent_again_has_the_timestamp_it_had_first_and_so_the_same_id() -> None:
    """Semantics 4.7: replayed after a fix it means what it meant, however often."""
    first, again = Foreign(row()), [("slamon-replay", f"desk.rows:0:7:{AT}".encode())]
    replayed = mapped(Foreign(row(), headers=again, timestamp=AT + 9_000_000, offset=90))
    assert (replayed, replayed[0].at) == (mapped(first), AT)
    delete = Foreign(orjson.dumps({"op": "d", "before": {"number": "INC1"}, "after": None, "source": {}}))
    deleted = mapped(Foreign(delete.value, headers=again, timestamp=AT + 9_000_000))
    assert (deleted, deleted[0].at) == (mapped(delete), AT)


def test_what_lay_too_far_ahead_is_judged_by_when_it_is_sent_again() -> None:
    """Semantics 4.4: the wrong clock of a day ago may say an instant of the past by now."""
    ahead = Foreign(row(at=AT + 300_001))
    assert refused(ahead).reason == "from_the_future"
    again = [("slamon-replay", f"desk.rows:0:7:{AT}".encode())]
    assert mapped(Foreign(ahead.value, headers=again, timestamp=AT + 300_001))[0].at == AT + 300_001


def test_a_debezium_delete_deletes_the_tickets_of_the_row_before_it_at_the_instant_it_tells() -> None:
    change = {"op": "d", "before": {"number": "INC1"}, "after": None, "ts_ms": AT - 9}
    (event,) = mapped(Foreign(orjson.dumps(change)))
    assert (event.ticket, event.kind, event.at, event.source) == ("INC1", Kind.DELETED, AT - 9, "desk")


def test_a_deleted_row_of_which_the_primary_key_alone_is_left_is_named_by_it() -> None:
    """As Debezium tells it of PostgreSQL, where REPLICA IDENTITY is not FULL."""
    mapping = {"name": "rows", "ticket": "id", "at": "updated", "event": "snapshot"}
    feed = Feed("rows", load(mapping))
    change = {"op": "d", "before": {"id": 8, "updated": None}, "after": None, "source": {"ts_ms": AT - 9}}
    (event,) = mapped(Foreign(orjson.dumps(change)), feed)
    assert (event.ticket, event.kind, event.at) == ("8", Kind.DELETED, AT - 9)
    nameless = Foreign(orjson.dumps({**change, "before": {"id": None, "updated": None}}))
    assert refused(nameless, feed).reason == "missing_field"


def test_the_same_delete_read_again_has_the_same_id() -> None:
    change = orjson.dumps({"op": "d", "before": {"number": "INC1"}, "after": None, "ts_ms": AT})
    assert mapped(Foreign(change, offset=7)) == mapped(Foreign(change, offset=8))


@pytest.mark.parametrize("key", [{"number": "INC1"}, {"schema": {}, "payload": {"number": "INC1"}}])
def test_a_tombstone_deletes_the_ticket_if_the_source_knows_its_keys(key: Any) -> None:
    (event,) = mapped(Foreign(None, key=orjson.dumps(key)), Feed("desk.rows", Desk(subject_of_key=number_of)))
    assert (event.ticket, event.kind, event.at) == ("INC1", Kind.DELETED, AT)


def test_the_key_of_a_canonical_tombstone_is_its_ticket() -> None:
    feed = Feed("tickets.raw", Desk(own_key=True))
    assert [event.ticket for event in mapped(Foreign(None, key=b"T-1"), feed)] == ["T-1"]


@pytest.mark.parametrize("key", [None, b"INC1"])
def test_a_tombstone_whose_ticket_nobody_knows_is_refused(key: bytes | None) -> None:
    assert refused(Foreign(None, key=key)).reason == "tombstone"


def test_an_instant_too_far_ahead_of_kafkas_timestamp_is_refused() -> None:
    assert mapped(Foreign(row(at=AT + 300_000)))
    error = refused(Foreign(row(at=AT + 300_001)))
    assert error.reason == "from_the_future"


def test_a_mapping_that_trips_refuses_the_record_and_nothing_else() -> None:
    error = refused(Foreign(b"{}"))
    assert (error.reason, str(error)) == ("mapping_failed", "source desk tripped over this record: KeyError: 'number'")


def test_one_bad_row_refuses_the_whole_record() -> None:
    assert refused(Foreign(b'[{"number":"INC1"},{}]')).reason == "mapping_failed"


PROBES = Feed("probes", SOURCES["canonical_uptime"])
ALERTS = Feed("alerts", SOURCES["alertmanager"])
STATE = {"service": "checkout", "at": AT, "state": "down"}


def services(record: Foreign, feed: Feed = PROBES) -> list[ServiceEvent]:
    rows = MAPPER.rows(feed, record, AT)
    assert all(partition == partition_of(key or b"", 6) for partition, key, _, _ in rows)
    return [decode_service(value, headers, key, AT) for _, key, value, headers in rows]


def test_the_source_of_a_feed_decides_which_topic_it_feeds() -> None:
    assert (DESK.role, PROBES.role, ALERTS.role) == ("tickets", "uptime", "uptime")


def test_a_state_becomes_a_record_under_the_services_key_in_the_services_partition() -> None:
    (event,) = services(Foreign(orjson.dumps(STATE), key=b"any key"))
    assert (event.service, event.state) == ("checkout", "down")
    assert MAPPER.rows(PROBES, Foreign(orjson.dumps(STATE)), AT)[0][:2] == (partition_of(b"checkout", 6), b"checkout")


@pytest.mark.parametrize("value", [None, b"null"])
def test_a_tombstone_of_a_service_ends_it_at_kafkas_instant(value: bytes | None) -> None:
    (event,) = services(Foreign(value, key=b"checkout"))
    assert (event.service, event.deleted, event.at, event.source) == ("checkout", True, AT, "canonical")
    assert services(Foreign(value, key=b"checkout", offset=8)) == [event]


@pytest.mark.parametrize(
    ("feed", "record", "message"),
    [
        (PROBES, Foreign(None), "cannot tell the service from the key None"),
        (ALERTS, Foreign(None, key=b"checkout"), "cannot tell the service from the key b'checkout'"),
        (
            PROBES,
            Foreign(orjson.dumps({"op": "d", "before": STATE, "after": None, "ts_ms": AT}), key=b"checkout"),
            "got a deleted row (a service ends with a tombstone or `deleted: true`)",
        ),
    ],
)
def test_a_deleted_row_is_not_a_deleted_service(feed: Feed, record: Foreign, message: str) -> None:
    error = refused(record, feed)
    assert error.reason == "tombstone"
    assert message in str(error)


def test_a_state_too_far_ahead_of_kafkas_timestamp_is_refused() -> None:
    assert services(Foreign(orjson.dumps(STATE | {"at": AT + 300_000})))
    assert refused(Foreign(orjson.dumps(STATE | {"at": AT + 300_001})), PROBES).reason == "from_the_future"


def test_a_window_may_lie_as_far_ahead_as_it_is_planned() -> None:
    window = {"name": "C-7", "from": AT + 10**9, "until": AT + 2 * 10**9}
    assert services(Foreign(orjson.dumps({"service": "checkout", "at": AT, "maintenance": window})))


ALERT = {"status": "firing", "labels": {"service": "checkout"}, "startsAt": "2024-01-05T15:00:00Z", "fingerprint": "f"}


def test_parts_that_can_be_read_are_rows_of_the_error_that_refuses_the_others() -> None:
    record = Foreign(orjson.dumps({"alerts": [ALERT, {"status": "firing"}]}))
    error = refused(record, ALERTS)
    assert isinstance(error, PartlyRefused)
    assert error.reason == "missing_field"
    assert error.rows == MAPPER.rows(ALERTS, Foreign(orjson.dumps({"alerts": [ALERT]})), AT)


def test_a_record_of_which_nothing_can_be_read_is_refused_whole() -> None:
    assert not isinstance(refused(Foreign(b'{"alerts": [{}]}'), ALERTS), PartlyRefused)


def letter(record: Foreign, mapper: Mapper = MAPPER) -> tuple[int, bytes | None, bytes, dict[str, bytes]]:
    partition, key, value, headers = mapper.letter(DESK, 8, record, InvalidRecord("not_json", "value: no JSON"))
    assert len(dict(headers)) == len(headers)
    return partition, key, value, dict(headers)


def test_a_dead_letter_keeps_bytes_key_headers_reason_and_place() -> None:
    partition, key, value, headers = letter(Foreign(b"{", key=b"k", headers=[("ce_id", b"1")]))
    assert (partition, key, value) == (2, b"k", b"{")
    assert headers.pop("digest")
    assert headers == {
        "reason": b"not_json",
        "message": b"value: no JSON",
        "source_topic": b"desk.rows",
        "source_partition": b"8",
        "source_offset": b"7",
        "source_timestamp": str(AT).encode(),
        "original.ce_id": b"1",
    }


def test_a_letter_of_a_tombstone_says_that_there_was_no_value() -> None:
    assert letter(Foreign(None))[3]["tombstone"] == b"true"


def test_long_values_and_keys_are_cut_and_say_so() -> None:
    _, _, value, headers = letter(Foreign(b"x" * 11), Mapper(6, max_record=10))
    assert (len(value), headers["cut"]) == (10, b"11")
    _, key, _, headers = letter(Foreign(b"{", key=b"k" * 70_000))
    assert (len(key or b""), headers["cut"]) == (65_536, b"70000")


def test_headers_beyond_their_bound_are_left_out() -> None:
    headers = letter(Foreign(b"{", headers=[("a", b"1"), ("b", b"x" * 20_000), ("c", b"3")]))[3]
    assert [name for name in headers if name.startswith("original.")] == ["original.a"]
    assert headers["headers_cut"] == b"2"


SHARED = Path(__file__).parents[3] / "shared" / "payloads"


@pytest.mark.parametrize(
    ("source", "file"),
    [
        ("servicenow", "servicenow-table-api-incident.json"),
        ("jira", "jira-issue-updated-resolved.json"),
        ("pagerduty", "pagerduty-v3-incident-triggered.json"),
        ("github", "github-issues-labeled.json"),
        ("alertmanager", "alertmanager-webhook-resolved.json"),
        ("statuspage", "statuspage-component-update.json"),
        ("prometheus", "prometheus-query-probe_success.json"),
    ],
)
def test_real_payloads_come_through_and_are_read_back_as_they_were_mapped(source: str, file: str) -> None:
    if not SHARED.is_dir():
        pytest.skip("the collection of real payloads is not beside this repository")
    value = (SHARED / file).read_bytes()
    feed = Feed("in", SOURCES[source])
    found = (mapped if feed.role == "tickets" else services)(Foreign(value, timestamp=NOW), feed)
    assert found == SOURCES[source].map(orjson.loads(value), {}, NOW)
    assert found


@pytest.mark.parametrize("timestamp", [253_402_300_800_000, 2**63 - 1])
@pytest.mark.parametrize("value", [None, b'{"ticket": "T-1", "event": "snapshot"}', b'{"number": "7"}'])
def test_a_timestamp_that_is_no_instant_makes_a_dead_letter_and_stops_nobody(
    timestamp: int, value: bytes | None
) -> None:
    """Input topics carry the clocks of their producers (found by tests/fuzz)."""
    for source in (SOURCES["canonical"], SOURCES["canonical_uptime"], Desk()):
        record = Foreign(value, b"T-1", timestamp=timestamp)
        with pytest.raises(InvalidRecord) as error:
            MAPPER.rows(Feed("desk", source), record, NOW)
        assert error.value.reason == "bad_instant"
        MAPPER.letter(Feed("desk", source), 0, record, error.value)
