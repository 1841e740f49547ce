# noqa: INP001  beside the script that reads it
"""Live SLA health: what a desk looks at all day."""

from model import (
    KEPT,
    NONE_IS_A_MUST,
    NONE_IS_GOOD,
    PROMISE,
    PROMISES_AND_SERVICES,
    TIME_LEFT,
    Board,
    Panel,
    Query,
    attainment,
)
from shared import BROKEN_SERVICES, LOWEST_BUDGET, STATE_OF_SERVICES

BY_PROMISE = "by (policy, objective) "
LIVE = f'{PROMISE}, live="true"'

NOW = (
    Panel(
        "Open clocks", "Clocks that run or are paused now.", "short",
        [Query(f"sum(slamon_open_clocks{{{PROMISE}}})")], "stat", 4, empty="no promises",
    ),
    Panel(
        "Due within 15 minutes", "Clocks whose deadline lies in the next quarter of an hour.", "short",
        [Query(f'sum(slamon_due_clocks{{{PROMISE}, within="15m"}})')], "stat", 4, NONE_IS_GOOD, empty="no promises",
    ),
    Panel(
        "Time to the nearest deadline", "Until the next clock is due, if that is within 4 hours.", "s",
        [Query(f"min(slamon_nearest_deadline_timestamp_seconds{{{PROMISE}}} > 0) - time()")], "stat", 4, TIME_LEFT, 0,
        empty="none within 4 h",
    ),
    Panel(
        "Warnings", "Live warnings raised in the chosen range.", "short",
        [Query(f"sum(increase(slamon_warnings_total{{{LIVE}}}[$__range]))")], "stat", 4, NONE_IS_GOOD, 0,
    ),
    Panel(
        "Breaches", "Live breaches in the chosen range.", "short",
        [Query(f"sum(increase(slamon_breaches_total{{{LIVE}}}[$__range]))")], "stat", 4, NONE_IS_A_MUST, 0,
    ),
    Panel(
        "Attainment", "Kept of all promises on tickets that got a verdict in the chosen range; cancelled ones count nowhere.",
        "percentunit", [Query(attainment())], "stat", 4, KEPT, 2, empty="no verdict",
    ),
    Panel(
        "Promises", "Every promise: what is open, what is due, what was broken in the chosen range.", "short",
        [
            Query(f"sum by (policy, objective) (slamon_open_clocks{{{PROMISE}}})", "Open"),
            Query(f'sum by (policy, objective) (slamon_due_clocks{{{PROMISE}, within="15m"}})', "Due 15m"),
            Query(f'sum by (policy, objective) (slamon_due_clocks{{{PROMISE}, within="1h"}})', "Due 1h"),
            Query(f"sum by (policy, objective) (increase(slamon_warnings_total{{{LIVE}}}[$__range]))", "Warnings"),
            Query(f"sum by (policy, objective) (increase(slamon_breaches_total{{{LIVE}}}[$__range]))", "Breaches"),
            Query(attainment(BY_PROMISE), "Attainment", unit="percentunit"),
        ],
        "table", 24, empty="no promises",
    ),
)  # fmt: skip

COURSE = (
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
                f"sum by (policy, objective) (increase(slamon_breaches_total{{{LIVE}}}[$__rate_interval]))",
                "{{policy}} {{objective}}", exemplars=True,
            )
        ],
        "bars",
    ),
    Panel(
        "Warnings by promise", "Live warnings, and below the line those that held no longer.", "short",
        [
            Query(
                f"sum by (policy, objective) (increase(slamon_warnings_total{{{LIVE}}}[$__rate_interval]))",
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
        "Facts of drafts", "What policies with `status: draft` would have said; it went nowhere.", "short",
        [Query(f"sum by (policy, what) (increase(slamon_draft_facts_total{{{PROMISE}}}[$__rate_interval]))", "{{policy}} {{what}}")],
        "bars", empty="no drafts",
    ),
)  # fmt: skip

SERVICES = (
    STATE_OF_SERVICES,
    BROKEN_SERVICES,
    LOWEST_BUDGET,
)  # fmt: skip

BOARD = Board(
    "slamon-live",
    "slamon: live SLA health",
    "Which promises are at risk now, which were broken, and how services stand.",
    {"Now": NOW, "Course": COURSE, "Services": SERVICES},
    PROMISES_AND_SERVICES,
)
