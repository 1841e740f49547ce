# noqa: INP001  beside the script that reads it
"""An agreement's month: what the talk with the customer is about. Choose another month by the range."""

from model import (
    KEPT,
    NONE_IS_A_MUST,
    OF_SERVICE,
    PROMISE,
    PROMISES_AND_SERVICES,
    Board,
    Choice,
    Panel,
    Query,
    attainment,
)
from model import broken as lost
from model import kept as held
from shared import BROKEN_SERVICES, LOWEST_BUDGET

BY_PRIORITY = "by (policy, objective, priority) "
BY_PROMISE = "by (policy, objective) "
TARGET = Choice("Attainment promised", "0.9,0.95,0.97,0.98,0.99", fixed=True)
# With a target of 95 %, 19 kept promises pay for one broken one.
STILL_ALLOWED = f"{held(BY_PROMISE)} * (1 - $target) / $target - {lost(BY_PROMISE)}"

VERDICTS = (
    Panel("Kept", "Promises on tickets that were kept.", "short", [Query(held())], "stat", 4, decimals=0),
    Panel("Broken", "Promises on tickets that were broken, each at the instant of its breach.", "short", [Query(lost())], "stat", 4, NONE_IS_A_MUST, 0),
    Panel(
        "Attainment", "Kept of all that got a verdict; open clocks and cancelled ones count nowhere.", "percentunit",
        [Query(attainment())], "stat", 4, KEPT, 2, empty="no verdict",
    ),
    Panel(
        "Cancelled", "Clocks that ended without a verdict.", "short",
        [Query(f'sum(increase(slamon_outcomes_total{{{PROMISE}, stage="cancelled"}}[$__range]))')], "stat", 4, decimals=0,
    ),
    Panel(
        "Corrected", "Breaches of all policies that late records withdrew or reinstated: by so many the figures here may be off.", "short",
        [Query('sum(increase(slamon_corrections_total{what="breach"}[$__range]))')], "stat", 4, ((None, "green"), (1, "orange")), 0,
    ),
    Panel(
        "Still open", "Clocks without a verdict yet.", "short", [Query(f"sum(slamon_open_clocks{{{PROMISE}}})")], "stat", 4,
        empty="no promises",
    ),
    Panel(
        "By priority", "Each promise by priority in the chosen range.", "short",
        [
            Query(held(BY_PRIORITY), "Kept"), Query(lost(BY_PRIORITY), "Broken"),
            Query(attainment(BY_PRIORITY), "Attainment", unit="percentunit"),
        ],
        "table", 14, empty="no promises",
    ),
    Panel(
        "Breaches still allowed", "How many more the chosen attainment leaves each promise; negative when it is missed.", "short",
        [Query(f"sort({STILL_ALLOWED})", "{{policy}} {{objective}}")], "gauge", 10, ((None, "red"), (1, "orange"), (5, "green")), 0,
        empty="no promises",
    ),
    Panel(
        "Verdicts by day", "Kept and, below the line, broken.", "short",
        [
            Query(f'sum(increase(slamon_outcomes_total{{{PROMISE}, stage="met", priority!=""}}[1d]))', "kept"),
            Query(f'-sum(increase(slamon_breaches_total{{{PROMISE}, priority!=""}}[1d]))', "broken"),
        ],
        "bars", 24, every="1d",
    ),
)  # fmt: skip

SERVICES = (
    BROKEN_SERVICES,
    LOWEST_BUDGET,
    Panel(
        "Periods of services", "How each service stands in its own period, whatever range is chosen.", "short",
        [
            Query(f"min by (policy, objective, service) (slamon_availability_ratio{{{OF_SERVICE}}})", "Availability", unit="percentunit"),
            Query(f"min by (policy, objective, service) (slamon_budget_remaining_ratio{{{OF_SERVICE}}})", "Budget left", unit="percentunit"),
            Query(f"max by (policy, objective, service) (slamon_downtime_seconds{{{OF_SERVICE}}})", "Downtime", unit="s"),
            Query(f"max by (policy, objective, service) (slamon_excluded_seconds{{{OF_SERVICE}}})", "Excluded", unit="s"),
            Query(f"max by (policy, objective, service) (slamon_unknown_seconds{{{OF_SERVICE}}})", "Unknown", unit="s"),
        ],
        "table", 24, empty="no services",
    ),
)  # fmt: skip

BOARD = Board(
    "slamon-agreement",
    "slamon: agreement month",
    "What was kept and broken in a month. For orientation: counters know nothing of corrections, the facts do.",
    {"Tickets": VERDICTS, "Services": SERVICES},
    {**PROMISES_AND_SERVICES, "target": TARGET},
    since="now/M",
    refresh="5m",
)
