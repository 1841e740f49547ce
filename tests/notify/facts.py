"""Facts as a worker writes them, made by hand for one clock; and boards that hear them."""

import json
from collections import Counter
from typing import Any

from slamon.notify.board import Board
from slamon.notify.incident import Action, Resolve
from slamon.notify.routes import Route, Routes
from slamon.notify.signals import TOPIC_OF, signal_of
from slamon.sla.instants import parse, render

NOON = parse("2024-01-08T12:00:00Z")
MINUTE = 60_000
CLOCK = "a2b7e26e1ab57a517a4dc2d4851a61d4"

EXPLANATION = {
    "calendar": "office", "zone": "Europe/Berlin", "start": "2024-01-08T10:00:00Z", "counted": [], "pauses": [],
    "excluded": {}, "by_status": {}, "by_group": {"mail": 3600}, "thresholds": {}, "not_known": [],
}  # fmt: skip
CONTEXT = {
    "title": "No mail since noon", "url": "https://desk.example.com/T-1", "customer": "acme", "group": "mail",
    "assignee": "ada",
}  # fmt: skip


def data_of(what: str, minute: int, **more: Any) -> dict[str, Any]:
    """The data of a fact `minute` minutes after noon of a clock that is due at 13:00."""
    return {
        "what": what, "source": "canonical", "subject": "T-1", "clock_id": CLOCK, "slot": "sla", "policy": "gold",
        "policy_kind": "SLA", "version": "v", "agreement": "acme", "objective": "resolution",
        "objective_kind": "resolution", "cycle": 1, "cycle_start": "2024-01-08T10:00:00Z", "stage": "active",
        "target": {"text": "2h", "seconds": 7200, "from": "default", "since": "2024-01-08T10:00:00Z"},
        "elapsed_seconds": 3600 + 60 * minute, "remaining_seconds": 3600 - 60 * minute,
        "due_at": "2024-01-08T13:00:00Z", "breached_at": None, "ended_at": None, "ended_by": None, "priority": "P1",
        "status": "open", "context": CONTEXT, "links": {"runbook": "https://wiki.example.com/gold"},
        "explanation": EXPLANATION, **more,
    }  # fmt: skip


def warning(minute: int, threshold: str = "50%", **more: Any) -> dict[str, Any]:
    return event(data_of("warning", minute, threshold=threshold, **{"labels": {}, **more}), minute)


def cleared(minute: int, threshold: str = "50%", reason: str = "paused") -> dict[str, Any]:
    return event(data_of("cleared", minute, threshold=threshold, labels={}, reason=reason), minute)


def breach(minute: int = 60, **more: Any) -> dict[str, Any]:
    return event(data_of("breach", minute, breached_at=render(NOON + minute * MINUTE), **more), minute)


def ended(what: str, minute: int, **more: Any) -> dict[str, Any]:
    return event(data_of(what, minute, stage=what, ended_by="resolve", **more), minute)


def event(data: dict[str, Any], minute: int) -> dict[str, Any]:
    """The CloudEvent; its id names what it says, as a worker's does."""
    said = f"{data['clock_id'][:6]}-{data['what']}-{data.get('threshold', '')}-{minute}"
    instant = render(NOON + minute * MINUTE)
    return {
        "specversion": "1.0", "id": said, "source": "/slamon/slamon", "type": f"io.slamon.ticket.{data['what']}.v1",
        "subject": data["subject"], "time": instant, "datacontenttype": "application/json", "data": data,
    }  # fmt: skip


def correction(of: dict[str, Any], reason: str = "late_record", again: bool = False, n: int = 1) -> dict[str, Any]:
    """Takes a fact back, or says that it holds again."""
    data = {
        "what": "correction", "corrects": of["id"], "n": n, "corrected_what": of["data"]["what"],
        "corrected_time": of["time"], "reinstates": again, "reason": reason, "subject": of["subject"],
        "clock_id": of["data"]["clock_id"], "threshold": of["data"].get("threshold"),
    }  # fmt: skip
    data |= {"fact": of["data"]} if again else {}
    return {**of, "id": f"{of['id']}-c{n}", "type": "io.slamon.ticket.correction.v1", "data": data}


def topic_of(fact: dict[str, Any]) -> str:
    """The topic its order counts in."""
    data = fact["data"]
    return TOPIC_OF[data.get("corrected_what", data["what"])]


class Desk:
    """A board with one pager and one chat, and what they were told; `tell` does what lanes do, all going well."""

    def __init__(self, *routes: Route) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        usual = (Route({}, ("pager",)),)
        self.board = Board(("pager", "chat"), Routes(routes or usual), lambda *what: self.counts.update([what]))
        self.board.held = False
        self.now = NOON

    def hear(self, *facts: dict[str, Any], live: bool = True, topic: str | None = None) -> "Desk":
        for fact in facts:
            headers = [("live", b"true" if live else b"false")]
            signal = signal_of(topic or topic_of(fact), json.dumps(fact).encode(), headers)
            if signal is not None:
                self.board.hear(0, signal, self.now)
        return self

    def tell(self, receiver: str = "pager") -> list[Action]:
        """Everything the receiver is to be told now, told."""
        said: list[Action] = []
        while (found := self.board.next(receiver)) is not None:
            incident, action = found
            incident.trying(receiver)
            incident.confirm(receiver, action)
            self.board.settle(incident, self.now)
            said.append(action)
        return said

    def verbs(self, receiver: str = "pager") -> list[str]:
        """The same in words."""
        return [in_words(action) for action in self.tell(receiver)]


def in_words(action: Action) -> str:
    if isinstance(action, Resolve):
        return f"resolve: {action.note}"
    what = action.page.threshold or action.page.what
    return f"{'update' if action.update else 'trigger'} {what} {action.severity}"
