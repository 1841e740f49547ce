"""Which series, labels and label values an expression names, held against the catalogue."""

import re
from collections.abc import Collection

import pytest

from slamon.service.metrics.catalogue import BY_NAME, CLOSED, FAMILIES, OWN, Family
from slamon.service.metrics.labels import KINDS
from slamon.service.metrics.notify_catalogue import NOTIFY_CLOSED, NOTIFY_FAMILIES

promql = pytest.importorskip("promql_parser", reason="promql-parser is not installed (extra `test`)")


def selectors(expression: str) -> list:
    found = []

    def visit(node) -> None:
        if isinstance(node, promql.VectorSelector):
            found.append(node)
        for name in ("expr", "lhs", "rhs", "vector_selector", "vs", "param"):
            below = getattr(node, name, None)
            if below is not None and not isinstance(below, str):
                visit(below)
        for argument in getattr(node, "args", ()) or ():
            visit(argument)

    visit(promql.parse(expression))
    return found


def unknown(expression: str, recorded: Collection[str] = ()) -> list[str]:
    """Series, labels and label values of the expression that slamon never exports."""
    found = []
    for selector in selectors(expression):
        if selector.name in (*recorded, "up"):
            continue
        family = family_of(selector.name)
        if family is None:
            found.append(selector.name)
            continue
        for matcher in selector.matchers.matchers:
            if matcher.name not in (*family.labels, "le", "job", "instance"):
                found.append(f"{selector.name}{{{matcher.name}}}")
            elif matcher.name in closed(family):
                values = re.split(r"\|", matcher.value)
                found += [
                    f"{matcher.name}={v}" for v in values if "$" not in v and v not in closed(family)[matcher.name]
                ]
    return found


def closed(family: Family) -> dict[str, tuple[str, ...]]:
    if family in NOTIFY_FAMILIES:
        return dict(NOTIFY_CLOSED)
    return {**CLOSED, "kind": KINDS, **OWN.get(family.name, {})}


def family_of(series: str) -> Family | None:
    plain = {family.series: family for family in (*FAMILIES, *NOTIFY_FAMILIES)}
    histogram = re.sub(r"_(bucket|sum|count)$", "", series)
    found = BY_NAME.get(histogram)
    return plain.get(series) or (found if found is not None and found.type == "histogram" else None)
