"""Records of the topics that come in batches are tuples of five fields, and the same as aiokafka's."""

from collections import OrderedDict
from types import SimpleNamespace
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, FetchResult, PartitionRecords
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from slamon.runtime.taken import Taken, lighten

OURS, OTHER = TopicPartition("tickets", 1), TopicPartition("changelog", 1)
ROWS = [(b"t1", b"{}", []), (None, b"", [("source", b"jira"), ("kind", None)]), (b"t3", None, [])]


def fetched(tp: TopicPartition, begin: int = 0) -> FetchResult:
    """As aiokafka's fetcher keeps it when an answer has come."""
    batch = BatchBuilder(1 << 20, 0)
    for at, (key, value, headers) in enumerate(ROWS, 1_700_000_000_000):
        batch.append(timestamp=at, key=key, value=value, headers=headers)
    memory = MemoryRecords(bytes(batch._build()))
    records = PartitionRecords(tp, memory, [], begin, None, None, True, READ_COMMITTED)
    state = SimpleNamespace(paused=False, position=begin, consumed_to=lambda _offset: None)
    assignment = SimpleNamespace(active=True, state_value=lambda _tp: state)
    return FetchResult(tp, assignment=assignment, partition_records=records, backoff=0)


def light() -> Any:
    fetcher = SimpleNamespace(_records=OrderedDict({OURS: fetched(OURS)}))
    lighten(fetcher, {OURS.topic})
    return fetcher


def fields_of(records: list[ConsumerRecord]) -> list[tuple[object, ...]]:
    return [(one.offset, one.timestamp, one.key, one.value, list(one.headers)) for one in records]


def test_they_hold_what_the_consumers_own_records_hold() -> None:
    fetcher = light()
    fetcher._records[OURS] = fetched(OURS)
    taken = fetcher._records[OURS].getall()
    assert all(type(one) is Taken for one in taken)
    assert [tuple(one) for one in taken] == fields_of(fetched(OURS).getall())


def test_what_came_before_anybody_asked_is_light_too() -> None:
    (first, *_) = light()._records[OURS].getall()
    assert type(first) is Taken


def test_a_fetch_goes_on_within_a_batch() -> None:
    fetcher = light()
    fetcher._records[OURS] = fetched(OURS, begin=2)
    assert [one.offset for one in fetcher._records[OURS].getall()] == [2]


def test_records_of_other_topics_stay_as_they_are() -> None:
    fetcher = light()
    fetcher._records[OTHER] = fetched(OTHER)
    assert all(type(one) is ConsumerRecord for one in fetcher._records[OTHER].getall())


def test_asked_again_it_changes_nothing() -> None:
    fetcher = light()
    before = fetcher._records
    lighten(fetcher, {OURS.topic})
    assert fetcher._records is before
