"""The page in words: what is wrong, how long is left, what to do next. Pure: the caller says what time it is."""

from collections.abc import Mapping

from slamon.notify.incident import Action, Resolve
from slamon.notify.page import Page
from slamon.notify.spans import local, span

MAX_SUMMARY = 400

# What ends the danger, by the kind of the objective.
NEXT: Mapping[str, str] = {
    "first_response": "send the customer a first public reply",
    "next_response": "answer the customer publicly",
    "periodic_update": "post a public update",
    "acknowledge": "acknowledge the ticket",
    "assign": "assign the ticket",
    "resolution": "resolve the ticket, or pause it if it waits for somebody else",
    "group_ownership": "resolve the ticket, or hand it over",
}


def summary(action: Action, now: int) -> str:
    """One line: who breaks what in how long, and what it is about."""
    page = action.page
    if isinstance(action, Resolve):
        said = f"{page.subject} '{page.objective}': {action.note or 'over'}"
    else:
        said = _danger(page, now)
    customer = f" [{page.customer}]" if page.customer else ""
    title = f": {page.title}" if page.title else ""
    return f"{said}{customer}{title}"[:MAX_SUMMARY]


def _danger(page: Page, now: int) -> str:
    promise = f"'{page.objective}' ({page.target})"
    if page.breached_at is not None:
        return f"{page.subject} broke {promise} {span(now - page.breached_at)} ago"
    if page.due_at is None:
        return f"{page.subject}: {page.threshold} of {promise} is used up"
    if page.due_at > now:
        return f"{page.subject} breaks {promise} in {span(page.due_at - now)}"
    return f"{page.subject}: {promise} was due {span(now - page.due_at)} ago"


def time_left(page: Page, now: int) -> str:
    """On the wall clock, with the instant where the customer is; running time too where it differs."""
    if page.breached_at is not None:
        return f"none: broken {span(now - page.breached_at)} ago, at {local(page.breached_at, page.zone)}"
    if page.due_at is None:
        return f"{_running(page)} of the budget" if page.remaining_ms is not None else "not known"
    if page.due_at <= now:
        return f"none: was due {local(page.due_at, page.zone)}"
    left = page.due_at - now
    # Nights and weekends lie between: the clock runs for less than the wall does.
    shorter = not page.service and page.remaining_ms is not None and page.due_at - page.at > page.remaining_ms + 60_000
    working = f", {_running(page)} of it working time when this was raised" if shorter else ""
    return f"{span(left)}{working}, due {local(page.due_at, page.zone)}"


def _running(page: Page) -> str:
    return span(page.remaining_ms or 0)


def next_step(page: Page) -> str:
    """What to do, where it is written down, whom to call after that."""
    usual = "restore the service" if page.service else f"do what '{page.objective}' asks for"
    steps = [NEXT.get(page.objective_kind, usual)]
    if page.breached_at is not None:
        steps[0] += ", and tell the customer: the promise is broken"
    if page.assignee or page.group:
        steps.append("ask " + " of ".join(filter(None, (page.assignee, page.group))))
    if page.runbook:
        steps.append(f"follow {page.runbook}")
    if page.escalate_to:
        steps.append(f"then call {page.escalate_to}")
    text = "; ".join(steps)
    return text[0].upper() + text[1:]


def promise(page: Page) -> str:
    """Which promise it is."""
    supports = f", supports {page.supports}" if page.supports else ""
    return f"{page.kind} {page.policy}, {page.objective} within {page.target}{supports}"


def details(page: Page, now: int) -> dict[str, str]:
    """Everything the person needs, name by name in the order it is read; nothing that is not known."""
    told = {
        "title": page.title,
        "link": page.link,
        "customer": page.customer,
        "group": page.group,
        "assignee": page.assignee,
        "time_left": time_left(page, now),
        "next_step": next_step(page),
        "promise": promise(page),
        "threshold": page.threshold,
        "priority": page.priority,
        "state" if page.service else "status": page.status,
        "explanation": page.explained,
        "runbook": page.runbook,
        "escalate_to": page.escalate_to,
        "labels": ", ".join(page.labels),
    }
    return {name: text for name, text in told.items() if text}
