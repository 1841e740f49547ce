"""The worker's status as gauge values: family -> label values -> number."""

from collections import Counter
from collections.abc import Mapping

from slamon.service.status import WorkerStatus

Values = Mapping[tuple[str, ...], float]


def gauges(status: WorkerStatus) -> dict[str, Values]:
    """Every gauge that follows from the status alone."""
    recovering = [partition for partition in status.partitions if partition.recovery_started_at is not None]
    return {
        "slamon_event_lag_records": _lag(status),
        "slamon_open_transaction_seconds": {(topic,): age / 1000 for topic, age in status.open_transactions.items()},
        "slamon_last_record_timestamp_seconds": {(i.name,): (i.last_record_at or 0) / 1000 for i in status.inputs},
        "slamon_input_silent": {(i.name,): float(i.silent) for i in status.inputs},
        "slamon_partition_time_lag_seconds": _time_lag(status),
        "slamon_last_tick_timestamp_seconds": {(): (status.ticked_at or 0) / 1000},
        "slamon_partitions": Counter((partition.state,) for partition in status.partitions),
        "slamon_expected_partitions": {(): status.expected_partitions},
        "slamon_recovery_remaining_records": {(): sum(p.recovery_remaining for p in recovering)},
        "slamon_recovery_start_timestamp_seconds": {
            (): min((p.recovery_started_at or 0 for p in recovering), default=0) / 1000
        },
        "slamon_standby_lag_records": {(str(s.number),): s.lag for s in status.standbys if s.lag is not None},
        "slamon_state_keys": {(): sum(each.state_keys for each in (*status.partitions, *status.standbys))},
        "slamon_state_bytes": {(): sum(each.state_bytes for each in (*status.partitions, *status.standbys))},
    }


def _lag(status: WorkerStatus) -> Values:
    found: Counter[tuple[str, ...]] = Counter()
    for partition in status.partitions:
        for topic, records in partition.lag.items():
            found[(topic,)] += records
    for entry in status.inputs:
        found[(entry.name,)] += entry.lag
    return found


def _time_lag(status: WorkerStatus) -> Values:
    """Of partitions whose time is known: one that has none yet is recovering or catching up, which `state` tells."""
    return {
        (str(partition.number),): max(0, status.now - partition.partition_time) / 1000
        for partition in status.partitions
        if partition.partition_time is not None
    }
