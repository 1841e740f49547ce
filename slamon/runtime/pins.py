"""Checks at start-up that the private doors of other people's code look as they did when slamon was built on them.

Nothing of theirs is imported before it is looked at, so that a door that is gone is a sentence and no traceback.
"""

import importlib
import inspect
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from types import FunctionType
from typing import Any

from slamon.runtime.errors import WorkerMustEnd

VERSIONS = {
    "faust-streaming": "0.15.3",
    "mode-streaming": "0.7.1",
    "aiokafka": "0.14.0",
    "rocksdict": "0.3.29",
}

# What is overridden, and what is called though it is private: place -> the parameters it is relied on to take.
DOORS = {
    "faust.app.base App._new_transport": "self",
    "faust.assignor.partition_assignor PartitionAssignor.on_assignment": "self, assignment",
    "faust.assignor.partition_assignor PartitionAssignor._perform_assignment": "self, cluster, member_metadata",
    "faust.assignor.partition_assignor PartitionAssignor._global_table_standby_assignments": (
        "self, assignments, partitions_by_topic"
    ),
    "faust.assignor.partition_assignor PartitionAssignor._get_client_metadata": "metadata",
    "faust.topics Topic._compile_decode": "self",
    "faust.events Event": "app, key, value, headers, message",
    "faust.types.tuples ConsumerMessage": (
        "topic, partition, offset, timestamp, timestamp_type, headers, key, value, checksum, serialized_key_size, "
        "serialized_value_size, tp, time_in, time_out, time_total, generation_id"
    ),
    "faust.transport.consumer Consumer._drain_messages": "self, fetcher",
    "faust.transport.consumer Consumer._filter_tps_with_pending_acks": "self, topics",
    "faust.transport.consumer Consumer._get_active_partitions": "self",
    "faust.transport.consumer Consumer._new_offset": "self, tp",
    "faust.transport.consumer Consumer.force_commit": "self, topics, start_new_transaction",
    "faust.transport.consumer Consumer.on_partitions_assigned": "self, assigned, generation_id",
    "faust.transport.consumer Consumer.on_partitions_revoked": "self, revoked",
    "faust.transport.consumer Consumer.perform_seek": "self",
    "faust.transport.consumer Consumer.resume_partitions": "self, tps",
    "faust.transport.consumer ensure_TP": "tp",
    "faust.transport.drivers.aiokafka AIOKafkaConsumerThread._create_worker_consumer": "self, transport",
    "faust.transport.drivers.aiokafka AIOKafkaConsumerThread._ensure_consumer": "self",
    "faust.transport.drivers.aiokafka AIOKafkaConsumerThread._fetch_records": (
        "self, consumer, active_partitions, timeout, max_records"
    ),
    "faust.transport.drivers.aiokafka AIOKafkaConsumerThread.getmany": "self, active_partitions, timeout",
    "faust.transport.drivers.aiokafka AIOKafkaConsumerThread.seek_to_committed": "self",
    "faust.transport.drivers.aiokafka Consumer._new_consumer_thread": "self",
    "faust.transport.drivers.aiokafka Consumer._to_message": "self, tp, record",
    "faust.transport.drivers.aiokafka Consumer.verify_event_path": "self, now, tp",
    "faust.transport.drivers.aiokafka ensure_aiokafka_TP": "tp",
    "faust.tables.base Collection.on_recovery_completed": "self, active_tps, standby_tps",
    "faust.tables.recovery Recovery._build_highwaters": "self, consumer, tps, destination, title",
    "faust.tables.recovery Recovery._build_offsets": "self, consumer, tps, destination, title",
    "faust.tables.recovery Recovery._seek_offsets": "self, consumer, tps, offsets, title",
    "faust.tables.recovery Recovery.need_recovery": "self",
    "faust.tables.table Table.on_clear": "self",
    "faust.tables.table Table.on_key_del": "self, key",
    "faust.tables.table Table.on_key_set": "self, key, value",
    "mode.threads QueueServiceThread.call_thread": "self, fun, args, kwargs",
    "mode.services Service.wait_first": "self, coros, timeout",
    "aiokafka AIOKafkaProducer.begin_transaction": "self",
    "aiokafka AIOKafkaProducer.commit_transaction": "self",
    "aiokafka AIOKafkaProducer.create_batch": "self",
    "aiokafka AIOKafkaProducer.send_batch": "self, batch, topic, partition",
    "aiokafka AIOKafkaProducer.start": "self",
    "aiokafka.abc AbstractTokenProvider.token": "self",
    "aiokafka.client AIOKafkaClient.bootstrap": "self",
    "aiokafka.client AIOKafkaClient.force_metadata_update": "self",
    "aiokafka.client AIOKafkaClient.send": "self, node_id, request, group",
    "aiokafka.client AIOKafkaClient.set_topics": "self, topics",
    "aiokafka.cluster ClusterMetadata.leader_for_partition": "self, partition",
    "aiokafka.conn AIOKafkaConnection": (
        "host, port, client_id, request_timeout_ms, ssl_context, security_protocol, max_idle_ms, on_close, "
        "sasl_mechanism, sasl_plain_password, sasl_plain_username, sasl_kerberos_service_name, "
        "sasl_kerberos_domain_name, sasl_oauth_token_provider"
    ),
    "aiokafka.consumer.fetcher Fetcher.fetched_records": "self, partitions, timeout, max_records",
    "aiokafka.consumer.fetcher PartitionRecords": (
        "tp, records, aborted_transactions, fetch_offset, key_deserializer, value_deserializer, check_crcs, isolation_level"
    ),
    "aiokafka.consumer.fetcher PartitionRecords._consumer_record": "self, tp, record",
    "aiokafka.consumer.group_coordinator GroupCoordinator._do_heartbeat": "self",
    "aiokafka.producer.message_accumulator MessageAccumulator._append_batch": "self, builder, tp",
    "aiokafka.producer.message_accumulator MessageAccumulator.drain_by_nodes": "self, ignore_nodes, muted_partitions",
    "aiokafka.producer.sender Sender.close": "self",
    "aiokafka.producer.sender Sender._do_add_partitions_to_txn": "self, tps",
    "aiokafka.producer.sender Sender._do_txn_commit": "self, commit_result",
    "aiokafka.producer.sender Sender._send_produce_req": "self, node_id, batches",
    "aiokafka.producer.transaction_manager TransactionManager.begin_transaction": "self",
    "aiokafka.producer.transaction_manager TransactionManager.committing_transaction": "self",
    "aiokafka.producer.transaction_manager TransactionManager.needs_transaction_commit": "self",
    "aiokafka.producer.transaction_manager TransactionManager.partitions_to_add": "self",
    "aiokafka.consumer.group_coordinator GroupCoordinator.need_rejoin": "self, subscription",
    "aiokafka.consumer.subscription_state Assignment.state_value": "self, tp",
    "aiokafka.consumer.subscription_state TopicPartitionState.await_reset": "self, strategy",
    "aiokafka.protocol.fetch FetchRequest": (
        "max_wait_time, min_bytes, max_bytes, isolation_level, topics, rack_id"
    ),
}  # fmt: skip

# What is read or set though it is private, or known to have no promise: place -> names its code must know.
ATTRIBUTES = {
    "faust.assignor.client_assignment ClientMetadata": "assignment",
    "faust.assignor.client_assignment ClientAssignment": "actives standbys",
    "faust.assignor.partition_assignor PartitionAssignor": "app changelog_distribution replicas",
    "faust.app.base App": "_crashed crash_reason consumer_generation_id",
    "faust.tables.manager TableManager": "_recovery recovery",
    "faust.transport.consumer Consumer": (
        "_committed_offset _paused_partitions _read_offset can_resume_flow flow_active in_transaction suspend_flow"
    ),
    "faust.transport.consumer Fetcher": "_stopped",
    "faust.transport.drivers.aiokafka AIOKafkaConsumerThread": "_consumer",
    "faust.transport.drivers.aiokafka Consumer": "_thread",
    "faust.transport.drivers.aiokafka Transport": "Consumer",
    "mode.threads ServiceThread": "_thread",
    "mode.services Service": "_stopped",
    "aiokafka AIOKafkaConsumer": "_coordinator _fetch_max_wait_ms _fetcher _subscription",
    "aiokafka.consumer.fetcher": "READ_COMMITTED",
    "aiokafka.consumer.fetcher FetchResult": "_partition_records",
    "aiokafka.consumer.fetcher Fetcher": "_records",
    "aiokafka.consumer.fetcher PartitionRecords": "next_fetch_offset",
    "aiokafka AIOKafkaProducer": "_message_accumulator _sender _txn_manager",
    "aiokafka.producer.message_accumulator MessageAccumulator": "_batches",
    "aiokafka.producer.sender Sender": "_in_flight _muted_partitions _retry_backoff",
    "aiokafka.consumer.group_coordinator GroupCoordinator": "_coordination_task _pending_exception _subscription generation",
    "aiokafka.consumer.subscription_state SubscriptionState": "subscription",
    "aiokafka.consumer.subscription_state Subscription": "assignment",
    "aiokafka.consumer.subscription_state Assignment": "active",
    "aiokafka.consumer.subscription_state TopicPartitionState": "has_valid_position position",
    "aiokafka.record.memory_records": "MemoryRecords",
}


def check_pins() -> None:
    """Raises `WorkerMustEnd` with one sentence that lists everything that differs."""
    if wrong := [*_versions(), *_doors(), *_attributes(), *_compiled()]:
        raise WorkerMustEnd(
            f"expected the libraries slamon was built on, got {'; '.join(wrong)} "
            f"(hint: install the pinned versions; a new one has to be looked at first)"
        )


def _versions() -> Iterator[str]:
    for name, pinned in VERSIONS.items():
        try:
            seen = version(name)
        except PackageNotFoundError:
            seen = "missing"
        if seen != pinned:
            yield f"{name} {seen} instead of {pinned}"


def _doors() -> Iterator[str]:
    for place, expected in DOORS.items():
        door = _found(place)
        if door is None:
            yield f"{place} is gone"
        elif (seen := ", ".join(inspect.signature(door).parameters)) != expected:
            yield f"{place}({seen}) instead of ({expected})"


def _attributes() -> Iterator[str]:
    for place, names in ATTRIBUTES.items():
        owner = _found(place)
        for name in names.split():
            if owner is None or not _knows(owner, name):
                yield f"{place}.{name} is gone" if " " in place else f"{place} {name} is gone"


def _compiled() -> Iterator[str]:
    """Faust's streams in pure Python ack messages that they skip (faust.md 3)."""
    if getattr(_found("faust.streams"), "_CStreamIterator", None) is None:
        yield "Faust's streams in pure Python instead of the compiled ones (is NO_CYTHON set?)"


def _found(place: str) -> Any:
    """What `module Name.name` names, None if there is no such thing."""
    module, _, path = place.partition(" ")
    try:
        found: Any = importlib.import_module(module)
        for name in path.split(".") if path else ():
            found = getattr(found, name)
    except (ImportError, AttributeError):
        return None
    return found


def _knows(owner: Any, name: str) -> bool:
    """Whether it has the name, or is a class that declares it or whose methods use it: attributes come with instances."""
    if hasattr(owner, name):
        return True
    kinds = inspect.getmro(owner) if inspect.isclass(owner) else ()
    return any(name in vars(kind).get("__annotations__", {}) or _uses(kind, name) for kind in kinds)


def _uses(kind: type, name: str) -> bool:
    methods = (method for method in vars(kind).values() if isinstance(method, FunctionType))
    return any(name in method.__code__.co_names for method in methods)
