"""Checks at start-up that the private doors of other people's code look as they did when slamon was built on them."""

import inspect
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import aiokafka
from aiokafka.consumer.fetcher import Fetcher, PartitionRecords
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.protocol.fetch import FetchRequest
from faust import Topic
from faust.app.base import App
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.tables.table import Table
from faust.transport.consumer import Consumer
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.transport.drivers.aiokafka import Consumer as KafkaConsumer
from mode.threads import QueueServiceThread

from slamon.runtime.errors import WorkerMustEnd

VERSIONS = {
    "faust-streaming": "0.15.3",
    "mode-streaming": "0.7.1",
    "aiokafka": "0.14.0",
    "rocksdict": "0.3.29",
}

# What is overridden or called though it is private, and the parameters it is relied on to take.
DOORS: dict[str, tuple[Callable[..., Any], str]] = {
    "faust Consumer._drain_messages": (Consumer._drain_messages, "self, fetcher"),
    "faust Consumer._new_offset": (Consumer._new_offset, "self, tp"),
    "faust Consumer._filter_tps_with_pending_acks": (Consumer._filter_tps_with_pending_acks, "self, topics"),
    "faust Consumer.perform_seek": (Consumer.perform_seek, "self"),
    "faust Consumer.resume_partitions": (Consumer.resume_partitions, "self, tps"),
    "faust Consumer.on_partitions_revoked": (Consumer.on_partitions_revoked, "self, revoked"),
    "faust Consumer.verify_event_path": (KafkaConsumer.verify_event_path, "self, now, tp"),
    "faust Consumer._new_consumer_thread": (KafkaConsumer._new_consumer_thread, "self"),
    "faust ConsumerThread._create_worker_consumer": (AIOKafkaConsumerThread._create_worker_consumer, "self, transport"),
    "faust ConsumerThread._ensure_consumer": (AIOKafkaConsumerThread._ensure_consumer, "self"),
    "faust Topic._compile_decode": (Topic._compile_decode, "self"),
    "faust App._new_transport": (App._new_transport, "self"),
    "faust Recovery.need_recovery": (Recovery.need_recovery, "self"),
    "faust Recovery._build_highwaters": (Recovery._build_highwaters, "self, consumer, tps, destination, title"),
    "faust Recovery._build_offsets": (Recovery._build_offsets, "self, consumer, tps, destination, title"),
    "faust Recovery._seek_offsets": (Recovery._seek_offsets, "self, consumer, tps, offsets, title"),
    "faust TableManager._update_channels": (TableManager._update_channels, "self"),
    "faust Table.on_recovery_completed": (Table.on_recovery_completed, "self, active_tps, standby_tps"),
    "mode QueueServiceThread.call_thread": (QueueServiceThread.call_thread, "self, fun, args, kwargs"),
    "aiokafka Fetcher.fetched_records": (Fetcher.fetched_records, "self, partitions, timeout, max_records"),
    "aiokafka PartitionRecords": (
        PartitionRecords.__init__,
        "self, tp, records, aborted_transactions, fetch_offset, key_deserializer, value_deserializer, check_crcs, isolation_level",
    ),
    "aiokafka PartitionRecords._consumer_record": (PartitionRecords._consumer_record, "self, tp, record"),
    "aiokafka FetchRequest": (
        FetchRequest.__init__,
        "self, max_wait_time, min_bytes, max_bytes, isolation_level, topics, rack_id",
    ),
    "aiokafka GroupCoordinator._do_heartbeat": (GroupCoordinator._do_heartbeat, "self"),
    "aiokafka AIOKafkaProducer.send_batch": (aiokafka.AIOKafkaProducer.send_batch, "self, batch, topic, partition"),
}


def check_pins() -> None:
    """Raises `WorkerMustEnd` with one sentence that lists everything that differs."""
    if wrong := [*_versions(), *_doors()]:
        raise WorkerMustEnd(
            f"expected the libraries slamon was built on, got {'; '.join(wrong)} "
            f"(hint: install the pinned versions; a new one has to be looked at first)"
        )


def _versions() -> list[str]:
    return [
        f"{name} {version(name)} instead of {pinned}" for name, pinned in VERSIONS.items() if version(name) != pinned
    ]


def _doors() -> list[str]:
    return [
        f"{name}({seen}) instead of ({expected})"
        for name, (door, expected) in DOORS.items()
        if (seen := ", ".join(inspect.signature(door).parameters)) != expected
    ]
