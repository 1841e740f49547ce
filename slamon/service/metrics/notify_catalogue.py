"""The series of `slamon notify`, which has a port of its own."""

from collections.abc import Mapping

from slamon.service.metrics.catalogue import Family

NOTIFY_FAMILIES: tuple[Family, ...] = (
    Family("slamon_notify_sent", "counter", ("receiver", "action"), "Pages that a receiver has taken."),
    Family("slamon_notify_refused", "counter", ("receiver",), "Pages that a receiver refused for good; the log has each."),
    Family("slamon_notify_retries", "counter", ("receiver",), "Attempts that have to be repeated."),
    Family("slamon_notify_superseded", "counter", ("receiver",), "Pages that were over before their turn came."),
    Family("slamon_notify_unrouted", "counter", (), "Live warnings and breaches that no route leads to anybody."),
    Family("slamon_notify_unreadable", "counter", (), "Records of the output topics that are no facts."),
    Family("slamon_notify_waiting", "gauge", ("receiver",), "Clocks the receiver is still to be told of."),
    Family("slamon_notify_oldest_waiting_seconds", "gauge", ("receiver",), "How long the longest of them has waited; 0 if none does."),
    Family("slamon_notify_open_pages", "gauge", ("receiver",), "Pages that are open there."),
    Family("slamon_notify_partitions", "gauge", (), "Partitions of each output topic that are read here."),
    Family("slamon_notify_lag_records", "gauge", (), "Facts in Kafka that were not read yet."),
)  # fmt: skip
NOTIFY_CLOSED: Mapping[str, tuple[str, ...]] = {"action": ("trigger", "update", "resolve")}
