"""What a person is told of a clock: taken from one fact, bounded, kept with the incident until it is over."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from slamon.notify.explained import explained
from slamon.sla.instants import parse

MAX_TEXT = 200  # characters of anything a ticket or a policy brings along
MAX_LINK = 1_000
MAX_LABELS = 20
MOST_SECONDS = 2**43  # in ms still a number of JSON
FIRST, LAST = parse("0001-01-02T00:00:00Z"), parse("9999-12-30T00:00:00Z")  # a day less than there are, for the zones


@dataclass(frozen=True, slots=True)
class Page:
    """One warning or breach in the words of its fact; instants in epoch ms, an absent text is empty."""

    what: str  # warning | breach
    subject: str
    service: bool
    at: int
    policy: str
    kind: str  # SLA | OLA | UC
    objective: str
    objective_kind: str
    target: str
    due_at: int | None
    breached_at: int | None
    remaining_ms: int | None  # of running time, or of a budget, at `at`
    threshold: str = ""
    severity: str = ""
    escalate_to: str = ""
    runbook: str = ""
    labels: tuple[str, ...] = ()  # `name=value`
    priority: str = ""
    status: str = ""
    title: str = ""
    link: str = ""
    customer: str = ""
    group: str = ""
    assignee: str = ""
    supports: str = ""
    zone: str = "UTC"
    explained: str = ""


def page_of(data: Mapping[str, Any], service: bool, at: int) -> Page:
    """The page of a fact's data; raises KeyError, TypeError or ValueError where it is none."""
    context, links = data.get("context") or {}, data.get("links") or {}
    explanation = data.get("explanation") or {}
    labels = (f"{name}={value}" for name, value in (data.get("labels") or {}).items())
    return Page(
        what=data["what"],
        subject=_text(data["subject"]),
        service=service,
        at=at,
        policy=_text(data["policy"]),
        kind=_text(data["policy_kind"]),
        objective=_text(data["objective"]),
        objective_kind=_text(data["objective_kind"]),
        target=_text((data.get("target") or {}).get("text")),
        due_at=_instant(data.get("due_at")),
        breached_at=_instant(data.get("breached_at")),
        remaining_ms=_remaining(data),
        threshold=_text(data.get("threshold")),
        severity=_text(data.get("severity")),
        escalate_to=_text(data.get("escalate_to")),
        runbook=web_link(data.get("runbook_url")) or web_link(links.get("runbook")),
        labels=tuple(sorted(_text(label) for label in labels))[:MAX_LABELS],
        priority=_text(data.get("priority")),
        status=_text(data.get("state" if service else "status")),
        title=_text(context.get("title")),
        link=web_link(context.get("url")),
        customer=_text(context.get("customer")),
        group=_text(context.get("group")),
        assignee=_text(context.get("assignee")),
        supports=_text(data.get("supports")),
        zone=_text(explanation.get("zone")) or "UTC",
        explained=explained(data),
    )


def as_json(page: Page) -> dict[str, Any]:
    """What `from_json` reads back."""
    return {field.name: getattr(page, field.name) for field in fields(page)}


def from_json(told: Mapping[str, Any]) -> Page:
    """The page that was kept; keys that a later version wrote are left out."""
    known = {field.name for field in fields(Page)}
    kept = {name: value for name, value in told.items() if name in known}
    return Page(**{**kept, "labels": tuple(kept.get("labels", ()))})


def web_link(given: object) -> str:
    """The address if a browser may be sent there, else nothing: a ticket's fields are somebody else's words."""
    link = given if isinstance(given, str) else ""
    fine = link.startswith(("https://", "http://")) and len(link) <= MAX_LINK and link.isprintable() and " " not in link
    return link if fine else ""


def _text(given: object) -> str:
    """On one line and not too long."""
    return "" if given is None else " ".join(str(given).split())[:MAX_TEXT]


def instant_of(given: str) -> int:
    """The instant, where it can be told in every zone; raises ValueError."""
    found = parse(given)
    if FIRST <= found <= LAST:
        return found
    raise ValueError("no instant that can be told")


def _instant(given: str | None) -> int | None:
    return None if given is None else instant_of(given)


def _remaining(data: Mapping[str, Any]) -> int | None:
    left = data.get("budget", data).get("remaining_seconds")
    if left is not None and abs(left) > MOST_SECONDS:
        raise ValueError("no span that can be told")
    return None if left is None else round(left * 1000)
