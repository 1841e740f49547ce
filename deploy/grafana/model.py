# noqa: INP001  beside the script that reads it
"""What a dashboard is, as tables: rows of panels, and the words that many of them share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

PROMISE = 'policy=~"$policy", objective=~"$objective"'
OF_SERVICE = f'{PROMISE}, service=~"$service"'
WORKER = 'instance=~"$worker"'
NAMED = "{{service}} {{policy}} {{objective}}"

# (from, colour): how a number looks
NONE_IS_GOOD = ((None, "green"), (1, "orange"))
NONE_IS_A_MUST = ((None, "green"), (1, "red"))
TIME_LEFT = ((None, "red"), (900, "orange"), (3600, "green"))
BUDGET_LEFT = ((None, "red"), (0.2, "orange"), (0.5, "green"))
KEPT = ((None, "red"), (0.95, "orange"), (0.97, "green"))


def kept(by: str = "") -> str:
    """Promises on tickets that were kept in the chosen range."""
    return f'sum {by}(increase(slamon_outcomes_total{{{PROMISE}, stage="met", priority!=""}}[$__range]))'


def broken(by: str = "") -> str:
    """Those that were broken, each at the instant of its breach."""
    return f'sum {by}(increase(slamon_breaches_total{{{PROMISE}, priority!=""}}[$__range]))'


def attainment(by: str = "") -> str:
    """Kept of all that got a verdict (semantics 6.1)."""
    return f"{kept(by)} / (({kept(by)} + {broken(by)}) > 0)"


@dataclass(frozen=True, slots=True)
class Query:
    """An expression and the name of its series, or of its column in a table, which may have a unit of its own."""

    expression: str
    legend: str = ""
    exemplars: bool = False
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """What a panel shows: `limits` are (from, colour) steps, `form` is stat, lines, bars, stack, gauge, states or table.

    `states` are what numbers mean: (number, text, colour). `empty` is said where there is nothing to show. `every` is the
    least step between two points; `height` 0 is what is usual of the form.
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
    empty: str = "nothing yet"
    every: str = ""
    height: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """A variable: what `label_values` or a fixed list offers."""

    label: str
    values: str
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard; its file is named by its uid."""

    uid: str
    title: str
    description: str
    rows: Mapping[str, Sequence[Panel]]
    choices: Mapping[str, Choice] = field(default_factory=dict)
    since: str = "now-6h"
    refresh: str = "30s"


POLICY = Choice("Policy", "label_values(slamon_open_clocks, policy)")
OBJECTIVE = Choice("Objective", 'label_values(slamon_open_clocks{policy=~"$policy"}, objective)')
SERVICE = Choice("Service", 'label_values(slamon_service_state{policy=~"$policy"}, service)')
PROMISES = {"policy": POLICY, "objective": OBJECTIVE}
PROMISES_AND_SERVICES = {**PROMISES, "service": SERVICE}
