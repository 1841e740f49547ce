"""Which windows take time out of an account: planned and announced maintenance, and overrides (semantics 5.4, 3.11)."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from slamon.sla.conditions import holds
from slamon.sla.coverage import Rules
from slamon.sla.open_time import without
from slamon.sla.policy import Policy
from slamon.sla.service import Service
from slamon.sla.uptime_terms import Maintenance, UptimeTerms


class Window(NamedTuple):
    """A span that is taken out, and why; an override's is taken out whatever the contract says of maintenance."""

    start: int
    end: int
    reason: str
    override: bool = False


def plan(rules: Rules, service: Service, policy: Policy, start: int, end: int) -> list[Window]:
    """The accepted windows that overlap [start, end), disjoint and in order, as they are known at `start`."""
    overrides = _disjoint(_overrides(rules, service, policy, start, end))
    maintenance = _disjoint(_maintenance(rules, service, policy, start, end))
    taken = [(window.start, window.end) for window in overrides]
    left = [
        window._replace(start=first, end=last)
        for window in maintenance
        for first, last in without([(window.start, window.end)], taken)
    ]
    return sorted((*overrides, *left))


def _maintenance(rules: Rules, service: Service, policy: Policy, start: int, end: int) -> Iterator[Window]:
    terms = policy.uptime
    assert terms is not None
    fields = service.promised_fields()
    for planned in rules.book.at(start).maintenance:
        if (planned.policies and policy.name not in planned.policies) or (
            planned.when is not None and not holds(planned.when, fields)
        ):
            continue
        announced = _announced(rules, planned)
        for first, last in planned.windows.between(start, end):
            if _in_time(terms, first, announced):
                yield Window(first, last, _reason(planned.name, planned.reason))
    customer = policy.agreement.customer if policy.agreement is not None else None
    for notice in service.notices:
        overlaps = notice.start < end and start < notice.end
        if overlaps and notice.customer in (None, customer) and _in_time(terms, notice.start, notice.since):
            yield Window(max(notice.start, notice.since), notice.end, notice.name)


def _overrides(rules: Rules, service: Service, policy: Policy, start: int, end: int) -> Iterator[Window]:
    if not rules.overriding:
        return
    names = {objective.name for objective in policy.objectives}
    fields = service.promised_fields()
    for override in rules.book.at(start).overrides:
        speaks = (
            override.effect != "relax"
            and (not override.policies or policy.name in override.policies)
            and (not override.objectives or names & override.objectives)
            and (override.when is None or holds(override.when, fields))
        )
        if speaks and override.start < end and start < override.end:
            yield Window(override.start, override.end, _reason(f"override {override.name}", override.reason), True)


def _announced(rules: Rules, planned: Maintenance) -> int | None:
    """When the windows were announced: as they say, or with the first version that held them; None is ever since."""
    if planned.announced is not None:
        return planned.announced
    known = (planned.name, planned.content)
    for number, activation in enumerate(rules.book.activations):
        if any((one.name, one.content) == known for one in activation.policies.maintenance):
            return activation.at if number else None  # the first version says what was agreed before slamon came
    return None


def _in_time(terms: UptimeTerms, start: int, announced: int | None) -> bool:
    return terms.notice_ms is None or announced is None or start - announced >= terms.notice_ms


def _reason(name: str, reason: str) -> str:
    return f"{name}: {reason}" if reason else name


def _disjoint(windows: Iterable[Window]) -> list[Window]:
    """The same time without overlaps: what began first keeps it."""
    found: list[Window] = []
    for window in sorted(windows):
        start = max(window.start, found[-1].end) if found else window.start
        if start < window.end:
            found.append(window._replace(start=start))
    return found
