"""What `slamon notify` counts; every series of a configured receiver is there from the start."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector

from slamon.service.metrics.exposition import exposition
from slamon.service.metrics.notify_catalogue import NOTIFY_CLOSED, NOTIFY_FAMILIES


class NotifyMetrics:
    """One registry of one notifier."""

    def __init__(self, receivers: Sequence[str]) -> None:
        prometheus_client.disable_created_metrics()
        self.registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self.registry)
        self._metrics: dict[str, Any] = {}
        values = {**NOTIFY_CLOSED, "receiver": tuple(receivers)}
        for family in NOTIFY_FAMILIES:
            kind = Counter if family.type == "counter" else Gauge
            made = self._metrics[family.name] = kind(family.name, family.help, family.labels, registry=self.registry)
            for chosen in product(*(values[label] for label in family.labels)) if family.labels else ():
                made.labels(*chosen)

    def sent(self, receiver: str, action: str) -> None:
        self._metrics["slamon_notify_sent"].labels(receiver, action).inc()

    def refused(self, receiver: str) -> None:
        self._metrics["slamon_notify_refused"].labels(receiver).inc()

    def retried(self, receiver: str) -> None:
        self._metrics["slamon_notify_retries"].labels(receiver).inc()

    def unreadable(self) -> None:
        self._metrics["slamon_notify_unreadable"].inc()

    def count(self, event: str, receiver: str) -> None:
        """Counts what the board tells: `unrouted`, `superseded`."""
        metric = self._metrics[f"slamon_notify_{event}"]
        (metric.labels(receiver) if receiver else metric).inc()

    def show(self, receiver: str, waiting: int, oldest_seconds: float, open_pages: int) -> None:
        """How things stand with one receiver."""
        self._metrics["slamon_notify_waiting"].labels(receiver).set(waiting)
        self._metrics["slamon_notify_oldest_waiting_seconds"].labels(receiver).set(oldest_seconds)
        self._metrics["slamon_notify_open_pages"].labels(receiver).set(open_pages)

    def show_reading(self, partitions: int, lag: int) -> None:
        """How things stand with Kafka."""
        self._metrics["slamon_notify_partitions"].set(partitions)
        self._metrics["slamon_notify_lag_records"].set(lag)

    def page(self, accept: str) -> tuple[bytes, str]:
        """The exposition in the form `accept` asks for, and its content type."""
        return exposition(self.registry, accept)
