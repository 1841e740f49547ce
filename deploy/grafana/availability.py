# noqa: INP001  beside the script that reads it
"""Availability and budgets: how services stand in their periods."""

from model import BUDGET_LEFT, NAMED, OF_SERVICE, PROMISES_AND_SERVICES, Board, Panel, Query
from shared import BROKEN_SERVICES, STATE_OF_SERVICES

BY = "by (policy, objective, service)"


def worst(name: str, least: str = "min") -> str:
    """Of each promise and service, whoever the worker is."""
    return f"{least} {BY} (slamon_{name}{{{OF_SERVICE}}})"


NOW = (
    BROKEN_SERVICES,
    Panel(
        "Services down", "Services that a policy hears as down.", "short",
        [Query('count(max by (service) (slamon_service_state{policy=~"$policy", service=~"$service", state="down"}) > 0) or vector(0)')],
        "stat", 12, ((None, "green"), (1, "red")), 0,
    ),
    STATE_OF_SERVICES,
    Panel(
        "Periods", "Each promise so far in its period, or in its rolling window.", "short",
        [
            Query(worst("availability_ratio"), "Availability", unit="percentunit"),
            Query(worst("budget_seconds"), "Budget", unit="s"),
            Query(worst("budget_remaining_seconds"), "Left", unit="s"),
            Query(worst("downtime_seconds", "max"), "Downtime", unit="s"),
            Query(worst("excluded_seconds", "max"), "Excluded", unit="s"),
            Query(worst("unknown_seconds", "max"), "Unknown", unit="s"),
            Query(worst("outages", "max"), "Outages"),
        ],
        "table", 24, empty="no services",
    ),
)  # fmt: skip

BUDGETS = (
    Panel(
        "Availability", "Share of the service time so far in the period, or in the rolling window, that was not downtime.",
        "percentunit", [Query(worst("availability_ratio"), NAMED)], decimals=3, empty="no services",
    ),
    Panel(
        "Budget remaining", "Share of the budget that is left in the period; negative when the promise is broken.", "percentunit",
        [Query(worst("budget_remaining_ratio"), NAMED)], "gauge", 12, BUDGET_LEFT, 1, empty="no services",
    ),
    Panel(
        "Budget left over time", "Downtime that is still allowed in the period.", "s",
        [Query(worst("budget_remaining_seconds"), NAMED)], empty="no services",
    ),
    Panel(
        "Burn rate", "How many times as fast as it lasts a budget is used; at 1 it is gone with the end of the period.", "short",
        [Query(f"max by (policy, objective, service, window) (slamon_burn_rate{{{OF_SERVICE}}})", f"{NAMED} {{{{window}}}}")],
        decimals=1, empty="no objective has burn_rates",
    ),
)  # fmt: skip

OUTAGES = (
    Panel(
        "Downtime and what is not counted", "So far in the longest period of each policy, over all services that are shown.", "s",
        [
            Query(f"sum(max by (policy, service) (slamon_downtime_seconds{{{OF_SERVICE}}}))", "downtime"),
            Query(f"sum(max by (policy, service) (slamon_excluded_seconds{{{OF_SERVICE}}}))", "excluded"),
            Query(f"sum(max by (policy, service) (slamon_unknown_seconds{{{OF_SERVICE}}}))", "unknown"),
        ],
        empty="no services",
    ),
    Panel(
        "Outages", "So far in the longest period of each policy, those that count.", "short",
        [Query(f"max by (policy, service) (slamon_outages{{{OF_SERVICE}}})", "{{service}} {{policy}}")], empty="no services",
    ),
)  # fmt: skip

BOARD = Board(
    "slamon-availability",
    "slamon: availability and budgets",
    "How services stand: their state, their budgets of downtime and how fast they go, their outages.",
    {"Now": NOW, "Budgets": BUDGETS, "What was lost": OUTAGES},
    PROMISES_AND_SERVICES,
    since="now-24h",
)
