# noqa: INP001  beside the script that reads it
"""What the dashboard shows, as tables: panels of one row each, and the columns of the overview."""

from collections.abc import Sequence
from dataclasses import dataclass

PROMISE = 'policy=~"$policy", objective=~"$objective"'
OF_SERVICE = f'{PROMISE}, service=~"$service"'


@dataclass(frozen=True, slots=True)
class Query:
    """An expression and the name of its series."""

    expression: str
    legend: str = ""
    exemplars: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """What a panel shows: `limits` are (from, colour) steps, `form` is stat, lines, bars, stack, gauge or states.

    `states` are what the numbers of a `states` panel mean: (number, text, colour).
    """

    title: str
    description: str
    unit: str
    queries: Sequence[Query]
    form: str = "lines"
    width: int = 12
    limits: Sequence[tuple[float | None, str]] = ()
    decimals: int | None = None
    states: Sequence[tuple[int, str, str]] = ()


OK_WARN_BAD = ((None, "green"), (1, "orange"))
PROMISES = (
    Panel(
        "Open clocks", "Clocks that run or are paused now.", "short",
        [Query(f"sum(slamon_open_clocks{{{PROMISE}}})")], "stat", 4,
    ),
    Panel(
        "Due within 15 minutes", "Clocks whose deadline lies in the next quarter of an hour.", "short",
        [Query(f'sum(slamon_due_clocks{{{PROMISE}, within="15m"}})')], "stat", 4, OK_WARN_BAD,
    ),
    Panel(
        "Time to the nearest deadline", "Until the next clock is due; empty if none is within 4 hours.", "s",
        [Query(f"min(slamon_nearest_deadline_timestamp_seconds{{{PROMISE}}} > 0) - time()")], "stat", 4,
        ((None, "red"), (900, "orange"), (3600, "green")), 0,
    ),
    Panel(
        "Warnings", "Live warnings raised in the chosen range.", "short",
        [Query(f'sum(increase(slamon_warnings_total{{{PROMISE}, live="true"}}[$__range]))')], "stat", 4, OK_WARN_BAD, 0,
    ),
    Panel(
        "Breaches", "Live breaches in the chosen range.", "short",
        [Query(f'sum(increase(slamon_breaches_total{{{PROMISE}, live="true"}}[$__range]))')], "stat", 4,
        ((None, "green"), (1, "red")), 0,
    ),
    Panel(
        "Attainment", "Met of all clocks that got a verdict in the chosen range; cancelled ones count nowhere.", "percentunit",
        [
            Query(
                f'sum(increase(slamon_outcomes_total{{{PROMISE}, stage="met"}}[$__range]))'
                f' / (sum(increase(slamon_outcomes_total{{{PROMISE}, stage=~"met|missed"}}[$__range])) > 0)'
            )
        ],
        "stat", 4, ((None, "red"), (0.9, "orange"), (0.95, "green")), 2,
    ),
    Panel(
        "Deadlines ahead", "Clocks due within 15 minutes, 1 hour and 4 hours; each includes the shorter ones.", "short",
        [Query(f"sum by (within) (slamon_due_clocks{{{PROMISE}}})", "within {{within}}")],
    ),
    Panel(
        "Open clocks by stage", "Active clocks run; paused ones wait for somebody outside.", "short",
        [Query(f"sum by (stage) (slamon_open_clocks{{{PROMISE}}})", "{{stage}}")], "stack",
    ),
    Panel(
        "Breaches by promise", "Live breaches; a point carries its ticket as exemplar.", "short",
        [
            Query(
                f'sum by (policy, objective) (increase(slamon_breaches_total{{{PROMISE}, live="true"}}[$__rate_interval]))',
                "{{policy}} {{objective}}", exemplars=True,
            )
        ],
        "bars",
    ),
    Panel(
        "Warnings by promise", "Live warnings, and those that held no longer.", "short",
        [
            Query(
                f'sum by (policy, objective) (increase(slamon_warnings_total{{{PROMISE}, live="true"}}[$__rate_interval]))',
                "{{policy}} {{objective}}",
            ),
            Query(f"-sum(increase(slamon_cleared_total{{{PROMISE}}}[$__rate_interval]))", "cleared"),
        ],
        "bars",
    ),
    Panel(
        "Ended clocks", "How clocks ended.", "short",
        [Query(f"sum by (stage) (increase(slamon_outcomes_total{{{PROMISE}}}[$__rate_interval]))", "{{stage}}")], "bars",
    ),
    Panel(
        "Open clocks by priority", "Where the open promises are.", "short",
        [Query(f"sum by (priority) (slamon_open_clocks{{{PROMISE}}})", "{{priority}}")], "gauge",
    ),
)  # fmt: skip

STATES = (
    (1, "up", "green"), (2, "degraded", "yellow"), (3, "down", "red"), (4, "maintenance", "blue"), (5, "unknown", "text"),
    (6, "no data", "purple"),
)  # fmt: skip
SERVICE_STATE = " or ".join(
    f'slamon_service_state{{policy=~"$policy", service=~"$service", state="{name.replace(" ", "_")}"}} * {number}'
    for number, name, _ in STATES
)
NAMED = "{{service}} {{policy}} {{objective}}"
SERVICES = (
    Panel(
        "State of services", "What the monitors of each service say together, as the policy hears them.", "none",
        [Query(f"sum by (policy, service) ({SERVICE_STATE})", "{{service}} {{policy}}")], "states", 24, states=STATES,
    ),
    Panel(
        "Time to breach", "Until a promise breaks if the service stays as it is; only those that will.", "s",
        [Query(f"sort(min by (policy, objective, service) (slamon_time_to_breach_seconds{{{OF_SERVICE}}} > 0) < Inf)", NAMED)],
        "gauge", 12, ((None, "red"), (900, "orange"), (3600, "green")),
    ),
    Panel(
        "Budget remaining", "Share of the budget that is left in the period; negative when the promise is broken.", "percentunit",
        [Query(f"min by (policy, objective, service) (slamon_budget_remaining_ratio{{{OF_SERVICE}}})", NAMED)],
        "gauge", 12, ((None, "red"), (0.2, "orange"), (0.5, "green")), 1,
    ),
    Panel(
        "Availability", "Share of the service time so far in the period, or in the rolling window, that was not downtime.",
        "percentunit",
        [Query(f"min by (policy, objective, service) (slamon_availability_ratio{{{OF_SERVICE}}})", NAMED)], decimals=3,
    ),
    Panel(
        "Budget left over time", "Downtime that is still allowed in the period.", "s",
        [Query(f"min by (policy, objective, service) (slamon_budget_remaining_seconds{{{OF_SERVICE}}})", NAMED)],
    ),
    Panel(
        "Burn rate", "How many times as fast as it lasts a budget is used; at 1 it is gone with the end of the period.", "short",
        [
            Query(
                f"max by (policy, objective, service, window) (slamon_burn_rate{{{OF_SERVICE}}})",
                f"{NAMED} {{{{window}}}}",
            )
        ],
        decimals=1,
    ),
    Panel(
        "Downtime and what is not counted", "So far in the longest period of each policy, over all services that are shown.", "s",
        [
            Query(f"sum(max by (policy, service) (slamon_downtime_seconds{{{OF_SERVICE}}}))", "downtime"),
            Query(f"sum(max by (policy, service) (slamon_excluded_seconds{{{OF_SERVICE}}}))", "excluded"),
            Query(f"sum(max by (policy, service) (slamon_unknown_seconds{{{OF_SERVICE}}}))", "unknown"),
        ],
    ),
    Panel(
        "Outages", "So far in the longest period of each policy, those that count.", "short",
        [Query(f"max by (policy, service) (slamon_outages{{{OF_SERVICE}}})", "{{service}} {{policy}}")], width=12,
    ),
    Panel(
        "Broken promises of services", "Broken in the running period.", "short",
        [Query(f"count(max by (policy, objective, service) (slamon_breach_timestamp_seconds{{{OF_SERVICE}}}) > 0) or vector(0)")],
        "stat", 12, ((None, "green"), (1, "red")), 0,
    ),
)  # fmt: skip

INPUT = (
    Panel(
        "Records", "Records read, by topic.", "cps",
        [Query("sum by (topic) (rate(slamon_records_total[$__rate_interval]))", "{{topic}}")], width=8,
    ),
    Panel(
        "Records that wait", "In Kafka and not applied yet.", "short",
        [Query("sum by (topic) (slamon_event_lag_records)", "{{topic}}")], width=8,
    ),
    Panel(
        "Age of the newest record", "Since each input last brought anything.", "s",
        [Query("time() - (max by (input) (slamon_last_record_timestamp_seconds) > 0)", "{{input}}")], width=8,
    ),
    Panel(
        "Dead letters", "Records that could not be understood, by reason.", "short",
        [Query("sum by (reason) (increase(slamon_dead_letters_total[$__rate_interval])) > 0", "{{reason}}")], "bars", 8,
    ),
    Panel(
        "Late and repeated records", "They change nothing that should not change; many of them say something of the source.", "short",
        [
            Query("sum(increase(slamon_late_records_total[$__rate_interval]))", "late"),
            Query("sum(increase(slamon_duplicate_records_total[$__rate_interval]))", "repeated"),
            Query("sum(increase(slamon_corrections_total[$__rate_interval]))", "facts corrected"),
        ],
        "bars", 8,
    ),
    Panel(
        "Blind spots", "Tickets no policy covers, values no policy knows, clocks first seen in mid-life.", "short",
        [
            Query("sum(increase(slamon_uncovered_tickets_total[$__rate_interval]))", "uncovered tickets"),
            Query("sum(increase(slamon_unknown_values_total[$__rate_interval]))", "unknown values"),
            Query("sum(increase(slamon_partial_clocks_total[$__rate_interval]))", "partial clocks"),
        ],
        "bars", 8,
    ),
)  # fmt: skip

ITSELF = (
    Panel(
        "Detection lag", "From the instant a live fact became true until it left.", "s",
        [
            Query(
                f"histogram_quantile({quantile}, sum by (le) (rate(slamon_detection_lag_seconds_bucket[$__rate_interval])))",
                f"p{quantile * 100:g}",
            )
            for quantile in (0.5, 0.99)
        ],
        width=8,
    ),
    Panel(
        "Partition time lag", "How far time in the slowest partition lies behind; facts wait for it.", "s",
        [Query("max(slamon_partition_time_lag_seconds)", "slowest"), Query("avg(slamon_partition_time_lag_seconds)", "mean")],
        width=8,
    ),
    Panel(
        "Partitions", "By state; all of them should be active.", "short",
        [
            Query("sum by (state) (slamon_partitions) > 0", "{{state}}"),
            Query("max(slamon_expected_partitions)", "expected"),
        ],
        width=8,
    ),
    Panel(
        "Recovery", "Changelog records still to replay.", "short",
        [Query("slamon_recovery_remaining_records", "{{instance}}")], width=8,
    ),
    Panel("State on disk", "Local state; it can be rebuilt from Kafka.", "bytes", [Query("slamon_state_bytes", "{{instance}}")], width=8),
    Panel(
        "Memory", "Resident memory; it should not grow with open clocks.", "bytes",
        [Query('process_resident_memory_bytes{job=~".*slamon.*"}', "{{instance}}")], width=8,
    ),
    Panel(
        "CPU", "Cores used; a worker uses one at most.", "short",
        [Query('rate(process_cpu_seconds_total{job=~".*slamon.*"}[$__rate_interval])', "{{instance}}")], width=8,
    ),
    Panel(
        "Policies in force", "Workers by policy version; more than one version for long is wrong.", "short",
        [Query("count by (version) (slamon_policy_info)", "{{version}}")], width=8,
    ),
    Panel(
        "Policy reloads refused", "The old policies stand.", "short",
        [Query("sum(increase(slamon_policy_reload_failures_total[$__rate_interval]))", "refused")], "bars", 8,
    ),
)  # fmt: skip

# One row a promise: column -> expression.
OVERVIEW = {
    "Open": f"sum by (policy, objective) (slamon_open_clocks{{{PROMISE}}})",
    "Due 15m": f'sum by (policy, objective) (slamon_due_clocks{{{PROMISE}, within="15m"}})',
    "Due 1h": f'sum by (policy, objective) (slamon_due_clocks{{{PROMISE}, within="1h"}})',
    "Warnings": f'sum by (policy, objective) (increase(slamon_warnings_total{{{PROMISE}, live="true"}}[$__range]))',
    "Breaches": f'sum by (policy, objective) (increase(slamon_breaches_total{{{PROMISE}, live="true"}}[$__range]))',
    "Attainment": (
        f'sum by (policy, objective) (increase(slamon_outcomes_total{{{PROMISE}, stage="met"}}[$__range]))'
        f' / (sum by (policy, objective) (increase(slamon_outcomes_total{{{PROMISE}, stage=~"met|missed"}}[$__range])) > 0)'
    ),
}
