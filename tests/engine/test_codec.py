"""Records of services as bytes: what is written is read again, and a tombstone ends the service its key names."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slamon.engine.codec import decode_service, encode_service
from slamon.sla import canonical_service
from slamon.sla.events import InvalidRecord
from tests.sla.test_canonical import AT
from tests.sla.test_canonical_service import FULL, RECORDS


@given(RECORDS, st.randoms())
def test_what_is_written_is_read_again_and_equal_content_has_equal_bytes(record: dict[str, Any], random: Any) -> None:
    turned = list(record.items())
    random.shuffle(turned)
    event = canonical_service.parse(record)
    written = encode_service(event)
    assert decode_service(written, (), None, AT) == event
    assert encode_service(canonical_service.parse(dict(turned))) == written


def test_a_record_may_come_as_a_cloud_event() -> None:
    wrapped = {"specversion": "1.0", "type": "state", "id": "x", "source": "/p", "data": FULL}
    assert decode_service(orjson.dumps(wrapped), (), b"checkout", AT) == canonical_service.parse(FULL)


def test_a_tombstone_ends_the_service_its_key_names_at_the_instant_kafka_gave_it() -> None:
    event = decode_service(None, (), b"checkout", AT)
    assert (event.service, event.at, event.deleted, event.state) == ("checkout", AT, True, None)
    assert event == decode_service(b"null", (), b"checkout", AT)


@pytest.mark.parametrize(
    ("key", "reason", "message"),
    [
        (None, "no_key", "key: expected the service id on a tombstone, got none"),
        (b"\xff", "bad_key", r"key: expected UTF-8 text, got b'\xff'"),
        (b"", "bad_value", "service: expected a text of 1 to 256 characters, got ''"),
    ],
)
def test_a_tombstone_whose_key_names_nothing_is_refused(key: bytes | None, reason: str, message: str) -> None:
    with pytest.raises(InvalidRecord) as error:
        decode_service(None, (), key, AT)
    assert (error.value.reason, str(error.value)) == (reason, message)
