"""The answers of a broker that refuses: made from the request itself, in the versions that aiokafka speaks."""

import struct
from io import BytesIO
from typing import Any

from aiokafka.protocol import produce, transaction
from aiokafka.protocol.types import String

ADD_PARTITIONS, END_TXN, PRODUCE, INIT_PRODUCER_ID = 24, 26, 0, 22
TRANSACTIONAL = (ADD_PARTITIONS, END_TXN, INIT_PRODUCER_ID)

NOT_LEADER, TOO_LARGE, NO_COORDINATOR, NOT_COORDINATOR, LOADING, FEW_REPLICAS, NO_STORAGE = 6, 10, 15, 16, 14, 19, 56


def refusal(frame: bytes, code: int) -> bytes:
    """The frame that says no to a Produce request, or to one of those that a transaction is made of."""
    api, version, correlation = struct.unpack_from(">hhi", frame, 4)
    body = BytesIO(frame[12:])
    String("utf-8").decode(body)  # the client's name
    answer = _answer(api, version, body, code)
    told = struct.pack(">i", correlation) + answer.encode()
    return struct.pack(">i", len(told)) + told


def _answer(api: int, version: int, body: BytesIO, code: int) -> Any:
    if api == PRODUCE:
        asked = getattr(produce, f"ProduceRequest_v{version}").decode(body)
        return _produced(getattr(produce, f"ProduceResponse_v{version}"), asked, code)
    if api == ADD_PARTITIONS:
        wanted = transaction.AddPartitionsToTxnRequest_v0.decode(body)
        errors = [(topic, [(number, code) for number in numbers]) for topic, numbers in wanted.topics]
        return transaction.AddPartitionsToTxnResponse_v0(0, errors)
    if api == INIT_PRODUCER_ID:
        return transaction.InitProducerIdResponse_v0(0, code, -1, -1)
    return transaction.EndTxnResponse_v0(0, code)


def _produced(response: Any, asked: Any, code: int) -> Any:
    nowhere = (-1, -1, -1)[: 3 if response.API_VERSION >= 5 else 2]  # offset, timestamp, where the log starts
    topics = [(topic, [(number, code, *nowhere) for number, _ in partitions]) for topic, partitions in asked.topics]
    return response(topics, 0)
