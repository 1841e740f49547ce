# noqa: INP001  beside the script that reads it
"""At risk: what can still be kept if somebody does something now."""

from model import (
    BUDGET_LEFT,
    NAMED,
    NONE_IS_GOOD,
    OF_SERVICE,
    PROMISE,
    PROMISES_AND_SERVICES,
    TIME_LEFT,
    Board,
    Panel,
    Query,
)

NEAREST = f"min by (policy, objective) (slamon_nearest_deadline_timestamp_seconds{{{PROMISE}}} > 0) - time()"
HOUR_KEPT = f'sum by (policy, objective) (increase(slamon_outcomes_total{{{PROMISE}, stage="met", priority!=""}}[1h]))'
HOUR_BROKEN = (
    f'sum by (policy, objective) (increase(slamon_breaches_total{{{PROMISE}, live="true", priority!=""}}[1h]))'
)


def due(within: str) -> str:
    """Clocks due within that."""
    return f'sum by (policy, objective) (slamon_due_clocks{{{PROMISE}, within="{within}"}})'


TICKETS = (
    *(
        Panel(
            f"Due within {told}", f"Clocks whose deadline lies within {told} from now.", "short",
            [Query(f'sum(slamon_due_clocks{{{PROMISE}, within="{within}"}})')], "stat", 6, limits, empty="no promises",
        )
        for within, told, limits in (
            ("15m", "15 minutes", NONE_IS_GOOD), ("1h", "1 hour", ()), ("4h", "4 hours", ()),
        )
    ),
    Panel(
        "Time to the nearest deadline", "Until the next clock is due, if that is within 4 hours.", "s",
        [Query(f"min(slamon_nearest_deadline_timestamp_seconds{{{PROMISE}}} > 0) - time()")], "stat", 6, TIME_LEFT, 0,
        empty="none within 4 h",
    ),
    Panel(
        "Where to look first", "Promises by what is due; `curl WORKER:8080/api/v1/at-risk` names the tickets.", "short",
        [
            Query(due("15m"), "Due 15m"), Query(due("1h"), "Due 1h"), Query(due("4h"), "Due 4h"),
            Query(NEAREST, "Nearest", unit="s"),
        ],
        "table", 12, empty="no promises",
    ),
    Panel(
        "Due within 15 minutes by promise", "What was due soon at each time: a hump that comes every day is a shift that lacks people.",
        "short", [Query(due("15m"), "{{policy}} {{objective}}")], "stack",
    ),
    Panel(
        "Warnings by priority", "Live warnings, in a sliding hour.", "short",
        [Query(f'sum by (priority) (increase(slamon_warnings_total{{{PROMISE}, live="true"}}[1h]))', "{{priority}}")], width=8,
    ),
    Panel(
        "Breaches among verdicts", "Share of breaches among the verdicts on tickets, in a sliding hour; from one in ten on an alert tells it.",
        "percentunit",
        [Query(f"{HOUR_BROKEN} / (({HOUR_KEPT} + {HOUR_BROKEN}) > 0)", "{{policy}} {{objective}}")], width=8, empty="no verdict",
    ),
    Panel(
        "Open clocks by priority", "Where the open promises are.", "short",
        [Query(f"sum by (priority) (slamon_open_clocks{{{PROMISE}}})", "{{priority}}")], "gauge", 8, empty="no promises",
    ),
)  # fmt: skip

SERVICES = (
    Panel(
        "Time to breach", "Until a promise breaks if the service stays as it is; only those that will.", "s",
        [Query(f"sort(min by (policy, objective, service) (slamon_time_to_breach_seconds{{{OF_SERVICE}}} > 0) < Inf)", NAMED)],
        "gauge", 12, TIME_LEFT, empty="no service is losing time",
    ),
    Panel(
        "Budget remaining", "Share of the budget that is left in the period, the lowest first; negative when the promise is broken.",
        "percentunit",
        [Query(f"sort(min by (policy, objective, service) (slamon_budget_remaining_ratio{{{OF_SERVICE}}}))", NAMED)],
        "gauge", 12, BUDGET_LEFT, 1, empty="no services",
    ),
    Panel(
        "Fastest burn rates", "Of each pair of windows the slower one: at its factor both say so, and an alert tells it.", "short",
        [
            Query(
                "topk(10, min by (policy, objective, service, factor) (slamon_burn_rate"
                f"{{{OF_SERVICE}}}))", f"{NAMED} of {{{{factor}}}}",
            )
        ],
        width=24, decimals=1, empty="no objective has burn_rates",
    ),
)  # fmt: skip

BOARD = Board(
    "slamon-at-risk",
    "slamon: at risk",
    "What is about to break, the nearest first: tickets by promise, services by name.",
    {"Tickets": TICKETS, "Services": SERVICES},
    PROMISES_AND_SERVICES,
    since="now-3h",
    refresh="10s",
)
