"""Who is told of a page, and how badly: every route that fits names its receivers. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from slamon.notify.page import Page

Severity = Literal["critical", "error", "warning", "info"]  # PagerDuty's words, worst first
WORST_FIRST: Sequence[str] = get_args(Severity)


@dataclass(frozen=True, slots=True)
class Route:
    """`wanted`: what a page must say, name by name, any value of each; an empty one takes every page."""

    wanted: Mapping[str, frozenset[str]]
    receivers: tuple[str, ...]
    severity: str | None = None

    def takes(self, page: Page) -> bool:
        """Whether the page fits; upper and lower case are one."""
        said = words_of(page)
        return all(said[name] & values for name, values in self.wanted.items())


@dataclass(frozen=True, slots=True)
class Routes:
    """All routes, in no order that matters."""

    routes: tuple[Route, ...]

    def __call__(self, page: Page) -> dict[str, str]:
        """Receiver -> severity there: the worst of the routes that lead to it."""
        found: dict[str, str] = {}
        for route in self.routes:
            if route.takes(page):
                severity = route.severity or severity_of(page)
                for name in route.receivers:
                    found[name] = min(severity, found.get(name, severity), key=WORST_FIRST.index)
        return found


def severity_of(page: Page) -> str:
    """The threshold's own word where a pager knows it; else a broken SLA is critical, everything else a warning."""
    if page.severity.casefold() in WORST_FIRST:
        return page.severity.casefold()
    return "critical" if page.what == "breach" and page.kind == "SLA" else "warning"


def words_of(page: Page) -> dict[str, set[str]]:
    """What a route may ask for, by the name of its setting."""
    said = {
        "facts": [page.what],
        "thresholds": [page.threshold],
        "severities": [severity_of(page), page.severity],
        "escalate_to": [page.escalate_to],
        "labels": page.labels,
        "policies": [page.policy],
        "kinds": [page.kind],
        "objectives": [page.objective],
        "priorities": [page.priority],
        "customers": [page.customer],
        "groups": [page.group],
    }
    return {name: {value.casefold() for value in values} for name, values in said.items()}
