"""Input may be CloudEvents, bare JSON, a Connect or a Debezium envelope, which is unwrapped (architecture 6)."""

import base64
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slamon.engine.envelope import (
    MISSING_DATA,
    NOT_JSON,
    TOMBSTONE,
    TOO_DEEP,
    TOO_LARGE,
    UNSUPPORTED_FORMAT,
    UNSUPPORTED_OPERATION,
    Headers,
    Payload,
    unwrap,
)
from slamon.sla.events import InvalidRecord

ROW = {"number": "INC1", "state": "2"}
CONTENT = "Application/CloudEvents+JSON; charset=utf-8"
EVENT = {"specversion": "1.0", "type": "ticket.changed", "source": "/desk", "id": "e-1", "subject": "INC1", "data": ROW}


def opened(data: Any, headers: Headers = ()) -> Payload:
    return unwrap(orjson.dumps(data), headers)


def refused(value: bytes, headers: Headers = ()) -> str:
    with pytest.raises(InvalidRecord) as caught:
        unwrap(value, headers)
    return caught.value.reason


def test_bare_json_is_its_own_payload() -> None:
    assert opened(ROW) == Payload(ROW)


def test_a_list_of_rows_is_left_as_it_is() -> None:
    assert opened([ROW, ROW]).data == [ROW, ROW]


def test_a_null_value_is_a_tombstone() -> None:
    assert unwrap(None, ()) == TOMBSTONE == Payload(None, deleted=True)


def test_a_json_null_is_a_tombstone_bare_or_wrapped() -> None:
    assert opened(None) == opened({"schema": None, "payload": None}) == TOMBSTONE


@pytest.mark.parametrize("headers", [[("Content-Type", CONTENT.encode())], []])
def test_a_structured_cloudevent_is_known_by_its_header_or_by_its_form(headers: Headers) -> None:
    payload = opened(EVENT, headers)
    assert (payload.data, payload.deleted) == (ROW, False)
    assert payload.meta["ce_id"] == "e-1"
    assert payload.meta["ce_subject"] == "INC1"
    assert "structured" not in payload.meta


def test_a_binary_cloudevent_keeps_its_attributes() -> None:
    headers = [
        ("ce_id", b"e-1"),
        ("CE_Time", b"2024-01-05T15:00:00Z"),
        ("content-type", b"application/json"),
        ("other", None),
    ]
    assert opened(ROW, headers) == Payload(ROW, meta={"ce_id": "e-1", "ce_time": "2024-01-05T15:00:00Z"})


def test_a_binary_cloudevent_with_a_null_value_is_a_tombstone() -> None:
    assert unwrap(None, [("ce_id", b"e-1")]) == TOMBSTONE


def test_base64_data_of_a_cloudevent_is_decoded() -> None:
    event = {name: word for name, word in EVENT.items() if name != "data"}
    assert opened(event | {"data_base64": base64.b64encode(orjson.dumps(ROW)).decode()}).data == ROW


def test_a_cloudevent_without_data_is_no_deletion() -> None:
    assert refused(orjson.dumps(EVENT | {"data": None})) == MISSING_DATA


def test_a_header_that_promises_a_cloudevent_is_held_to_it() -> None:
    assert refused(orjson.dumps(ROW), [("content-type", CONTENT.encode())]) == UNSUPPORTED_FORMAT


@pytest.mark.parametrize("kind", ["application/cloudevents+avro", "application/cloudevents-batch+json"])
def test_other_formats_of_cloudevents_are_refused(kind: str) -> None:
    assert refused(orjson.dumps(EVENT), [("content-type", kind.encode())]) == UNSUPPORTED_FORMAT


def test_a_connect_envelope_is_taken_off() -> None:
    assert opened({"schema": {"type": "struct"}, "payload": ROW}) == Payload(ROW)


def test_a_row_that_merely_has_a_payload_field_is_no_envelope() -> None:
    row = ROW | {"schema": "a", "payload": "b"}
    assert opened(row).data == row


def test_json_inside_a_json_string_is_opened() -> None:
    assert opened({"schema": {"type": "string"}, "payload": orjson.dumps(ROW).decode()}).data == ROW


def test_a_debezium_change_gives_the_row_after_it_and_when_it_changed() -> None:
    change = {
        "op": "u",
        "before": None,
        "after": ROW,
        "ts_ms": 99,
        "source": {"ts_ms": 42, "table": "incident", "db": "desk"},
    }
    assert opened(change) == Payload(ROW, meta={"op": "u", "ts_ms": "42", "table": "incident", "db": "desk"})


def test_a_debezium_delete_gives_the_row_before_it() -> None:
    change = {"op": "d", "before": ROW, "after": None, "ts_ms": 99}
    assert opened(change) == Payload(ROW, deleted=True, meta={"op": "d", "ts_ms": "99"})


def test_a_debezium_change_inside_a_connect_envelope_is_opened() -> None:
    change = {"op": "c", "before": None, "after": ROW, "ts_ms": 99, "source": {}}
    assert opened({"schema": {}, "payload": change}) == Payload(ROW, meta={"op": "c", "ts_ms": "99"})


def test_a_flattened_debezium_delete_is_a_deletion() -> None:
    assert opened(ROW | {"__deleted": "true", "__op": "d"}) == Payload(
        ROW, deleted=True, meta={"deleted": "true", "op": "d"}
    )


def test_a_flattened_debezium_row_that_lives_is_a_row() -> None:
    assert opened(ROW | {"__deleted": "false"}) == Payload(ROW, meta={"deleted": "false"})


def test_a_truncated_table_names_no_ticket() -> None:
    assert refused(orjson.dumps({"op": "t", "before": None, "after": None, "source": {}})) == UNSUPPORTED_OPERATION


def test_a_debezium_change_without_its_row_is_refused() -> None:
    assert refused(orjson.dumps({"op": "u", "before": ROW, "after": None})) == MISSING_DATA


def test_a_row_with_an_op_field_of_its_own_is_no_change_record() -> None:
    assert opened({"op": "u", "number": "INC1"}).data == {"op": "u", "number": "INC1"}


@pytest.mark.parametrize("op", [[], {}, ["c"], 1, None])
def test_an_op_that_is_no_text_is_a_field_like_others_and_trips_nobody(op: object) -> None:
    row = {"op": op, "after": ROW}
    assert opened(row) == Payload(row, False, {})


def test_json_behind_a_schema_id_is_read() -> None:
    assert unwrap(b"\x00\x00\x00\x00\x07" + orjson.dumps(ROW), ()).data == ROW


def test_avro_behind_a_schema_id_is_named_as_such() -> None:
    assert refused(b"\x00\x00\x00\x00\x07\x0a\x0b") == UNSUPPORTED_FORMAT


@pytest.mark.parametrize("value", [b"", b"{", b"\xff\xfe", b"NaN", b"<xml/>"])
def test_what_is_not_json_is_refused(value: bytes) -> None:
    assert refused(value) == NOT_JSON


def test_a_value_above_the_bound_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(InvalidRecord, match="expected at most 10 bytes, got 11") as caught:
        unwrap(b"x" * 11, (), max_bytes=10)
    assert caught.value.reason == TOO_LARGE


def test_nesting_is_bounded() -> None:
    assert opened(orjson.loads("[" * 64 + "]" * 64)).data is not None
    assert refused(b"[" * 65 + b"]" * 65) == TOO_DEEP
    assert refused(b"[" * 5000 + b"]" * 5000) in (TOO_DEEP, NOT_JSON)


def test_many_shallow_objects_are_not_deep() -> None:
    assert len(opened([ROW] * 500).data) == 500


def test_wrappings_are_bounded() -> None:
    data: Any = ROW
    for _ in range(6):
        data = {"schema": None, "payload": data}
    assert refused(orjson.dumps(data)) == TOO_DEEP


@given(st.binary(max_size=60))
def test_any_bytes_are_opened_or_refused_with_a_reason(value: bytes) -> None:
    reason = "opened"
    try:
        unwrap(value, ())
    except InvalidRecord as error:
        reason = error.reason
    assert reason in {"opened", NOT_JSON, MISSING_DATA, UNSUPPORTED_FORMAT, UNSUPPORTED_OPERATION}
