"""The refusals that the proxy makes up are what a client of Kafka reads as such."""

import struct
from typing import Any

import pytest
from aiokafka.protocol.produce import ProduceRequest_v3, ProduceRequest_v7
from aiokafka.protocol.transaction import AddPartitionsToTxnRequest_v0, EndTxnRequest_v0, InitProducerIdRequest_v0

from tests.chaos.answers import NO_COORDINATOR, NO_STORAGE, refusal

NAME = b"\x00\x06worker"


def answered(request: Any, code: int) -> Any:
    """The answer as a client decodes it; its frame is whole and for this request."""
    head = struct.pack(">hhi", request.API_KEY, request.API_VERSION, 77) + NAME
    body = head + request.encode()
    frame = refusal(struct.pack(">i", len(body)) + body, code)
    size, correlation = struct.unpack_from(">ii", frame)
    assert (size, correlation) == (len(frame) - 4, 77)
    return request.RESPONSE_TYPE.decode(frame[8:])


@pytest.mark.parametrize("version", [ProduceRequest_v3, ProduceRequest_v7])
def test_every_partition_of_a_produce_request_is_refused(version: Any) -> None:
    request = version("c.1", -1, 1000, [("a", [(0, b"x"), (2, b"y")]), ("b", [(1, b"z")])])
    found = [(topic, one[0], one[1]) for topic, parts in answered(request, NO_STORAGE).topics for one in parts]
    assert found == [("a", 0, NO_STORAGE), ("a", 2, NO_STORAGE), ("b", 1, NO_STORAGE)]


def test_every_partition_that_is_to_join_a_transaction_is_refused() -> None:
    request = AddPartitionsToTxnRequest_v0("c.1", 5, 0, [("a", [0, 2])])
    assert answered(request, NO_COORDINATOR).errors == [("a", [(0, NO_COORDINATOR), (2, NO_COORDINATOR)])]


@pytest.mark.parametrize("request_", [EndTxnRequest_v0("c.1", 5, 0, True), InitProducerIdRequest_v0("c.1", 4000)])
def test_the_end_and_the_producer_id_are_refused(request_: Any) -> None:
    assert answered(request_, NO_COORDINATOR).error_code == NO_COORDINATOR
