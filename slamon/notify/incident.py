"""One clock as its pagers see it: what stands against it, what each receiver was told, and what to tell next. Pure."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from slamon.notify.page import Page, as_json, from_json
from slamon.notify.routes import WORST_FIRST
from slamon.notify.signals import Cleared, Ended, Raised, Signal, Withdrawn

Severities = Mapping[str, str]  # receiver -> severity there
Route = Callable[[Page], Severities]
KEPT_TOLD = 20  # facts told in one open page; thresholds of an objective are fewer


@dataclass(slots=True)
class Reason:
    """A warning or breach that was paged for; off while `cleared_by` names the fact that cleared it."""

    fact_id: str
    at: int
    page: Page
    severities: Severities
    cleared_by: str = ""


@dataclass(slots=True)
class Sent:
    """What one receiver may know: `tried` from before the first attempt on, `told` the facts it has confirmed.

    `closed` counts the pages of this clock that were resolved there: a page that opens again is another one.
    """

    tried: bool = False
    told: tuple[str, ...] = ()
    closed: int = 0

    @property
    def open(self) -> bool:
        """Whether there may be a page to resolve: an answer that never came may stand for one that arrived."""
        return self.tried or bool(self.told)


@dataclass(frozen=True, slots=True)
class Trigger:
    """Open the page, or (`update`) say within it that it got worse."""

    fact_id: str
    page: Page
    severity: str
    update: bool
    number: int = 0  # of the page among those of its clock


@dataclass(frozen=True, slots=True)
class Resolve:
    """Close the page; `fact_id` is the last fact it told."""

    fact_id: str
    page: Page
    note: str
    number: int = 0


Action = Trigger | Resolve


@dataclass(slots=True)
class Incident:
    """All that is kept of a clock from its first page until it is over and everybody knows."""

    clock_id: str
    about: Page
    reasons: dict[str, Reason] = field(default_factory=dict)  # threshold or `breach` -> the newest of it
    ended_by: str = ""
    ended_at: int = 0
    note: str = ""
    sent: dict[str, Sent] = field(default_factory=dict)

    # -- what is heard

    def hear(self, signal: Signal, route: Route) -> None:
        """Takes in a signal of this clock; in any order across topics, and any number of times."""
        if isinstance(signal, Raised):
            self._raise(signal, route)
        elif isinstance(signal, Cleared):
            self._clear(signal)
        elif isinstance(signal, Ended):
            self.end(signal)
        else:
            self._withdraw(signal)

    def _raise(self, signal: Raised, route: Route) -> None:
        if self.ended_by and signal.at <= self.ended_at:
            return
        known = self.reasons.get(signal.key)
        if known is not None and (known.fact_id == signal.fact_id or known.at > signal.at):
            return
        severities = route(signal.page) if signal.live else {}
        if severities:
            # After its end a clock is judged only if that end was taken back, which another topic is about to say.
            self.ended_by = ""
            self.reasons[signal.key] = Reason(signal.fact_id, signal.at, signal.page, severities)
            self.about = signal.page

    def _clear(self, signal: Cleared) -> None:
        known = self.reasons.get(signal.key)
        if known is not None and known.at <= signal.at:
            known.cleared_by, self.note = signal.fact_id, signal.note

    def end(self, signal: Ended) -> None:
        """The clock is over; what was raised until then stands no more."""
        if not any(reason.at > signal.at for reason in self.reasons.values()):
            self.ended_by, self.ended_at, self.note = signal.fact_id, signal.at, signal.note

    def _withdraw(self, signal: Withdrawn) -> None:
        if self.ended_by == signal.fact_id:
            self.ended_by = ""
        for key, reason in list(self.reasons.items()):
            if reason.fact_id == signal.fact_id:
                del self.reasons[key]
                self.note = signal.note
            elif reason.cleared_by == signal.fact_id:
                reason.cleared_by = ""

    # -- what follows

    @property
    def receivers(self) -> set[str]:
        """Everybody who was or should be told."""
        return {name for reason in self.reasons.values() for name in reason.severities} | self.sent.keys()

    def action(self, receiver: str) -> Action | None:
        """What this receiver is to be told now, the net of everything heard; None if it knows."""
        sent = self.sent.get(receiver, Sent())
        reason = self._newest(receiver)
        if reason is not None:
            if reason.fact_id in sent.told:
                return None
            page, severity = self._with_threshold(reason, receiver)
            return Trigger(reason.fact_id, page, severity, bool(sent.told), sent.closed)
        last = sent.told[-1] if sent.told else ""
        return Resolve(last, self.about, self.note, sent.closed) if sent.open else None

    def _standing(self, receiver: str) -> list[Reason]:
        if self.ended_by:
            return []
        return [r for r in self.reasons.values() if not r.cleared_by and receiver in r.severities]

    def _newest(self, receiver: str) -> Reason | None:
        """The newest reason that stands; at one instant a breach goes before a warning, as it says more."""
        standing = self._standing(receiver)
        return max(standing, key=lambda reason: (reason.at, reason.page.what == "breach"), default=None)

    def _with_threshold(self, reason: Reason, receiver: str) -> tuple[Page, str]:
        """Page and severity; a breach says what the threshold at its very instant (100 %) says beside it."""
        beside = [r for r in self._standing(receiver) if r.at == reason.at and r is not reason]
        if not beside:
            return reason.page, reason.severities[receiver]
        other = beside[-1].page
        page = replace(
            reason.page, threshold=other.threshold, severity=other.severity, escalate_to=other.escalate_to,
            labels=other.labels, runbook=other.runbook or reason.page.runbook,
        )  # fmt: skip
        return page, min((r.severities[receiver] for r in (reason, *beside)), key=WORST_FIRST.index)

    def over(self, receivers: Container[str]) -> bool:
        """Whether none of these has to hear of it any more, unless its end is taken back."""
        done = self.ended_by or not self.reasons
        return bool(done) and not any(sent.open for name, sent in self.sent.items() if name in receivers)

    # -- what was told

    def trying(self, receiver: str) -> bool:
        """Notes, before the attempt, that the receiver may come to know; whether that is new and has to be kept."""
        sent = self.sent.setdefault(receiver, Sent())
        new, sent.tried = not sent.open, True
        return new

    def confirm(self, receiver: str, action: Action) -> None:
        """The receiver has taken the action, or refused it for good."""
        sent = self.sent.setdefault(receiver, Sent())
        if isinstance(action, Resolve):
            self.sent[receiver] = Sent(closed=sent.closed + 1)
        else:
            older = [r.fact_id for r in self.reasons.values() if receiver in r.severities and r.at <= action.page.at]
            told = dict.fromkeys((*sent.told, *sorted(set(older) - {action.fact_id}), action.fact_id))
            sent.tried, sent.told = True, tuple(told)[-KEPT_TOLD:]


def to_json(incident: Incident) -> dict[str, Any]:
    """What `incident_of` reads back."""
    reasons = {
        key: {
            "id": reason.fact_id,
            "at": reason.at,
            "page": as_json(reason.page),
            "severities": dict(reason.severities),
            "cleared_by": reason.cleared_by,
        }
        for key, reason in incident.reasons.items()
    }
    sent = {name: [each.tried, list(each.told), each.closed] for name, each in incident.sent.items()}
    return {
        "v": 1,
        "clock_id": incident.clock_id,
        "about": as_json(incident.about),
        "reasons": reasons,
        "ended": [incident.ended_by, incident.ended_at],
        "note": incident.note,
        "sent": sent,
    }


def incident_of(told: Mapping[str, Any]) -> Incident:
    """The incident that was kept; raises KeyError, TypeError or ValueError if it is none."""
    reasons = {
        key: Reason(kept["id"], kept["at"], from_json(kept["page"]), dict(kept["severities"]), kept["cleared_by"])
        for key, kept in told["reasons"].items()
    }
    sent = {name: Sent(tried, tuple(ids), closed) for name, (tried, ids, closed) in told["sent"].items()}
    ended_by, ended_at = told["ended"]
    return Incident(told["clock_id"], from_json(told["about"]), reasons, ended_by, ended_at, told["note"], sent)
