"""Whether a worker does its work, and if not, why: for the readiness probe. Health is another question (`http.py`)."""

from slamon.service.status import ACTIVE, PartitionStatus, WorkerStatus

FRESH_MS = 10_000


def reasons(status: WorkerStatus) -> list[str]:
    """Why the worker is not ready; empty when it is. A spare that was given no partition is ready."""
    if not status.assigned:
        return ["the group has not assigned partitions to this worker yet"]
    waiting = [_reason(partition) for partition in status.partitions if partition.state != ACTIVE]
    return waiting or _stale(status)


def _reason(partition: PartitionStatus) -> str:
    words = f"partition {partition.number} is {partition.state.replace('_', ' ')}"
    if partition.recovery_remaining:
        return f"{words}: {partition.recovery_remaining} changelog records remain"
    lag = sum(partition.lag.values())
    return f"{words}: {lag} records remain" if lag else words


def _stale(status: WorkerStatus) -> list[str]:
    if not status.partitions:
        return []
    if status.ticked_at is None:
        return ["timers were not looked at yet"]
    age = status.now - status.ticked_at
    return [f"timers were last looked at {age / 1000:.1f} s ago: is the broker there?"] if age > FRESH_MS else []
