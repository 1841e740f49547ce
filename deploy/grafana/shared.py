# noqa: INP001  beside the script that reads it
"""Panels that stand on more than one dashboard."""

from model import BUDGET_LEFT, NONE_IS_A_MUST, OF_SERVICE, Panel, Query

STATES = (
    (1, "up", "green"), (2, "degraded", "yellow"), (3, "down", "red"), (4, "maintenance", "blue"), (5, "unknown", "text"),
    (6, "no data", "purple"),
)  # fmt: skip
SERVICE_STATE = " or ".join(
    f'slamon_service_state{{policy=~"$policy", service=~"$service", state="{name.replace(" ", "_")}"}} * {number}'
    for number, name, _ in STATES
)
STATE_OF_SERVICES = Panel(
    "State of services", "What the monitors of each service say together, as the policy hears them.", "none",
    [Query(f"sum by (policy, service) ({SERVICE_STATE})", "{{service}} {{policy}}")], "states", 24, states=STATES,
    empty="no services",
)  # fmt: skip
BROKEN_SERVICES = Panel(
    "Broken promises of services", "Broken in the running period.", "short",
    [Query(f"count(max by (policy, objective, service) (slamon_breach_timestamp_seconds{{{OF_SERVICE}}}) > 0) or vector(0)")],
    "stat", 12, NONE_IS_A_MUST, 0,
)  # fmt: skip
LOWEST_BUDGET = Panel(
    "Lowest budget", "The least that any service has left in its period, as a share of its budget.", "percentunit",
    [Query(f"min(slamon_budget_remaining_ratio{{{OF_SERVICE}}})")], "stat", 12, BUDGET_LEFT, 1, empty="no services",
)  # fmt: skip
