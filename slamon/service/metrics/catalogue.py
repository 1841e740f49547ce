"""Every series slamon exports, as a table: one row a family, one row for each count of the engine that feeds it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

PROMISE = ("policy", "objective", "priority", "kind")
OF_SERVICE = ("policy", "objective", "service")
OTHER = "other"
LAG_BUCKETS = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
HORIZONS_MS: Mapping[str, int] = {"15m": 900_000, "1h": 3_600_000, "4h": 14_400_000}


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: a counter's name goes without `_total`, as prometheus-client wants it."""

    name: str
    type: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    help: str

    @property
    def series(self) -> str:
        """The name as it is queried."""
        return f"{self.name}_total" if self.type == "counter" else self.name


FAMILIES: tuple[Family, ...] = (
    # Promises
    Family("slamon_open_clocks", "gauge", ("policy", "objective", "priority", "stage"), "Clocks that are active or paused."),
    Family("slamon_due_clocks", "gauge", ("policy", "objective", "within"), "Clocks due within the next 15m, 1h or 4h; each includes the shorter ones."),
    Family("slamon_nearest_deadline_timestamp_seconds", "gauge", ("policy", "objective"), "When the next clock is due, if within 4h; 0 if none is."),
    Family("slamon_warnings", "counter", (*PROMISE, "live"), "Warnings raised; live=false are too old to page anybody."),
    Family("slamon_cleared", "counter", PROMISE, "Warnings that no longer hold."),
    Family("slamon_breaches", "counter", (*PROMISE, "live"), "Promises broken; live=false are too old to page anybody."),
    Family("slamon_outcomes", "counter", (*PROMISE, "stage"), "Clocks that ended met, missed or cancelled."),
    Family("slamon_corrections", "counter", ("what",), "Facts that were withdrawn or reinstated, by what they said."),
    Family("slamon_draft_facts", "counter", ("policy", "objective", "what"), "Facts of draft policies, which go nowhere else."),
    # Services: `services.py` says what each is made of
    Family("slamon_service_state", "gauge", ("policy", "service", "state"), "1 for what the service's monitors say together, as the policy hears them; windows of maintenance do not change it."),
    Family("slamon_availability_ratio", "gauge", OF_SERVICE, "Share of the service time so far in the period (or rolling window) that was not downtime; exclusions count nowhere, unknown time is no downtime."),
    Family("slamon_budget_seconds", "gauge", OF_SERVICE, "Downtime that the target allows in the whole period, less known exclusions."),
    Family("slamon_budget_remaining_seconds", "gauge", OF_SERVICE, "What is left of it; negative when the promise is broken."),
    Family("slamon_budget_remaining_ratio", "gauge", OF_SERVICE, "What is left of it as a share."),
    Family("slamon_burn_rate", "gauge", (*OF_SERVICE, "kind", "factor", "window"), "How many times as fast as it would last for the period the budget was used within the window: of each window of the burn rates that the objective warns of; both of a pair carry its factor."),
    Family("slamon_time_to_breach_seconds", "gauge", (*OF_SERVICE, "kind"), "Until the promise breaks if the service stays as it is; +Inf if it does not, 0 once it is broken."),
    Family("slamon_breach_timestamp_seconds", "gauge", (*OF_SERVICE, "kind"), "When the promise of the running period was broken; 0 if it holds."),
    Family("slamon_downtime_seconds", "gauge", OF_SERVICE, "Downtime so far in the period that counts."),
    Family("slamon_excluded_seconds", "gauge", OF_SERVICE, "Time so far in the period that was taken out: maintenance, overrides."),
    Family("slamon_unknown_seconds", "gauge", OF_SERVICE, "Time so far in the period of which nothing is known."),
    Family("slamon_outages", "gauge", OF_SERVICE, "Outages so far in the period that count."),
    # Input
    Family("slamon_records", "counter", ("topic",), "Records read, by role of the topic or name of the input."),
    Family("slamon_late_records", "counter", (), "Records that came after a younger one of their ticket or service."),
    Family("slamon_duplicate_records", "counter", (), "Records whose id was known already."),
    Family("slamon_gap_records", "counter", ("topic",), "Records that were gone from Kafka before they were read."),
    Family("slamon_forgotten_tickets", "counter", (), "Tickets and services dropped after retention, or first seen when older than that."),
    Family("slamon_partial_clocks", "counter", (), "Clocks first seen in mid-life: earlier pauses are unknown."),
    Family("slamon_uncovered_tickets", "counter", (), "Tickets that no policy covers."),
    Family("slamon_unknown_values", "counter", ("field",), "Field values that no policy knows."),
    Family("slamon_dead_letters", "counter", ("reason",), "Records that could not be understood."),
    Family("slamon_event_lag_records", "gauge", ("topic",), "Records in Kafka that are not applied yet."),
    Family("slamon_open_transaction_seconds", "gauge", ("topic",), "For how long a transaction of somebody else has stood open in what this worker reads: nothing behind its first record can be read; 0 without one."),
    Family("slamon_last_record_timestamp_seconds", "gauge", ("input",), "Kafka timestamp of the newest record of each input; 0 before the first."),
    Family("slamon_input_silent", "gauge", ("input",), "1 while an input has been silent for longer than expect_every."),
    Family("slamon_ingest_requests", "counter", ("input", "result"), "Requests to /ingest, by input and how they ended; input=other is a name nobody configured."),
    Family("slamon_page_viewers", "gauge", (), "Streams of /api/v1/events open on this worker, by the page or by others; at 16 the next one is sent away."),
    # Time
    Family("slamon_detection_lag_seconds", "histogram", ("what",), "From the instant a live fact became true (plus allowed lateness) until it left."),
    Family("slamon_partition_time_lag_seconds", "gauge", ("partition",), "How far partition time lies behind the wall clock, for each owned partition."),
    Family("slamon_last_tick_timestamp_seconds", "gauge", (), "When timers were last looked at; 0 before the first tick."),
    # Worker
    Family("slamon_partitions", "gauge", ("state",), "Partitions of this worker, by state."),
    Family("slamon_expected_partitions", "gauge", (), "Partitions that all workers together must own."),
    Family("slamon_recovery_remaining_records", "gauge", (), "Changelog records still to replay."),
    Family("slamon_recovery_start_timestamp_seconds", "gauge", (), "When the recovery under way began; 0 if none is."),
    Family("slamon_standby_lag_records", "gauge", ("partition",), "Changelog records that this worker's copy of another one's partition has still to read; there for each copy it keeps."),
    Family("slamon_state_keys", "gauge", (), "Keys of local state, copies included (estimated by RocksDB)."),
    Family("slamon_state_bytes", "gauge", (), "Bytes of local state on disk, copies included."),
    Family("slamon_policy_info", "gauge", ("version",), "1 for the policy version in force."),
    Family("slamon_policy_reload_success_timestamp_seconds", "gauge", (), "When policies were last loaded without a problem."),
    Family("slamon_policy_reload_successful", "gauge", (), "1 if the last reload of policies succeeded, 0 if the old ones stand."),
    Family("slamon_policy_reload_failures", "counter", (), "Reloads of policies that were refused."),
    Family("slamon_policy_files_differ", "gauge", (), "1 if this worker's policy files say something else than was published last."),
    Family("slamon_certificate_end_timestamp_seconds", "gauge", ("use",), "When the certificate ends that the worker shows to the brokers or on its port, as its file says now; 0 if it shows none."),
    Family("slamon_build_info", "gauge", ("version", "python", "faust"), "1; what runs here."),
)  # fmt: skip

BY_NAME: Mapping[str, Family] = {family.name: family for family in FAMILIES}

# Labels whose values are the same for every worker. Those of policies, inputs and partitions: `labels.py`.
CLOSED: Mapping[str, tuple[str, ...]] = {
    "live": ("true", "false"),
    "what": ("warning", "cleared", "breach", "met", "missed", "cancelled", "statement"),
    "within": tuple(HORIZONS_MS),
    "use": ("kafka", "http"),
    "state": ("revoked", "fencing", "recovering", "catching_up", "active", "draining"),
    "result": (
        "accepted", "bad_body", "busy", "failed", "method_not_allowed", "no_secret", "not_mapped", "not_taken", "slow_body",
        "starting", "too_large", "unauthorized", "unknown_input", "wrong_type",
    ),
    "reason": (
        "bad_instant", "bad_key", "bad_type", "bad_value", "bad_watermark", "from_the_future", "id_reused",
        "key_mismatch", "mapping_failed", "missing_data", "missing_field", "no_key", "not_json", "tombstone", "too_deep",
        "too_large", "too_late", "truncated", "unknown_key", "unknown_shape", "unknown_value", "unsupported_format",
        "not_decodable", "unknown_schema", "unsupported_schema",
        "unsupported_operation", "wrong_partition",
    ),
}  # fmt: skip
# The same of one family.
OWN: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "slamon_open_clocks": {"stage": ("active", "paused")},
    "slamon_outcomes": {"stage": ("met", "missed", "cancelled")},
    "slamon_service_state": {"state": ("up", "degraded", "down", "maintenance", "unknown", "no_data")},
}


@dataclass(frozen=True, slots=True)
class Feed:
    """A count of the engine -> a family: which of its values become labels, and which values it takes at all.

    `labels` are indexes into the count's label values, in the order of the family's labels.
    """

    count: str
    family: str
    labels: tuple[int, ...] = ()
    only: Mapping[int, frozenset[str]] = field(default_factory=dict)

    def takes(self, values: tuple[str, ...]) -> bool:
        """Whether a count with these label values is part of the family."""
        return all(values[index] in accepted for index, accepted in self.only.items())

    def named(self, values: tuple[str, ...]) -> dict[str, str]:
        """The family's labels of such a count."""
        return {label: values[index] for label, index in zip(BY_NAME[self.family].labels, self.labels, strict=True)}


SENT = frozenset({"live", "old"})


def _facts(family: str, what: str, *more: int) -> Feed:
    """Facts are counted as (what, policy, objective, priority, kind, live | old | draft)."""
    return Feed("facts", family, (1, 2, 3, 4, *more), {0: frozenset(what.split()), 5: SENT})


FEEDS: tuple[Feed, ...] = (
    _facts("slamon_warnings", "warning", 5),
    _facts("slamon_cleared", "cleared"),
    _facts("slamon_breaches", "breach", 5),
    _facts("slamon_outcomes", "met missed cancelled", 0),
    Feed("corrections", "slamon_corrections", (0,)),
    Feed("facts", "slamon_draft_facts", (1, 2, 0), {5: frozenset({"draft"})}),
    Feed("records", "slamon_records", (0,)),
    Feed("gap", "slamon_gap_records", (0,)),
    Feed("forgotten", "slamon_forgotten_tickets"),
    Feed("late", "slamon_late_records"),
    Feed("duplicate", "slamon_duplicate_records"),
    Feed("partial", "slamon_partial_clocks"),
    Feed("uncovered", "slamon_uncovered_tickets"),
    Feed("unknown_value", "slamon_unknown_values", (0,)),
    Feed("dead", "slamon_dead_letters", (0,)),
    Feed("ingest", "slamon_ingest_requests", (0, 1)),
)
# The engine's word -> the label's value.
WORDS: Mapping[str, Mapping[str, str]] = {"live": {"live": "true", "old": "false"}}
