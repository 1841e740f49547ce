"""The timeline of a scenario -> records of tickets and services, and when each of them arrives."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slamon.offline.wall import instant
from slamon.policy_file.problems import meant, shown
from slamon.scenario.record_forms import STATES, RecordForm, ServiceForm
from slamon.sla import canonical, canonical_service
from slamon.sla.durations import parse_duration
from slamon.sla.events import Announced, InvalidRecord, Kind, ServiceEvent, State, TicketEvent
from slamon.sla.expectation import Unexpected

TICKET, SERVICE = "T-1", "S-1"
Wrong = Callable[..., None]
Form = RecordForm | ServiceForm
Event = TicketEvent | ServiceEvent

# What people write: the verb of a kind, and the messages by who wrote them.
VERBS: Mapping[str, Kind] = {
    "create": Kind.CREATED, "open": Kind.CREATED, "update": Kind.UPDATED, "change": Kind.UPDATED, "acknowledge": Kind.ACKNOWLEDGED,
    "assign": Kind.ASSIGNED, "pause": Kind.PAUSED, "resume": Kind.RESUMED, "resolve": Kind.RESOLVED, "close": Kind.CLOSED,
    "reopen": Kind.REOPENED, "cancel": Kind.CANCELLED, "merge": Kind.MERGED, "delete": Kind.DELETED, "restore": Kind.RESTORED,
}  # fmt: skip
MESSAGES: Mapping[str, tuple[str, bool]] = {
    "reply": ("agent", True), "public_reply": ("agent", True), "customer_message": ("customer", True), "note": ("agent", False),
}  # fmt: skip
KINDS: Mapping[str, Kind] = {kind.value: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record, the instant at which it arrives, and what Kafka stamps it with."""

    event: Event
    at: int
    stamp: int


def arrivals(forms: Sequence[Form], zone: str, service: str, wrong: Wrong) -> list[Arrival]:
    """The records in the order of their arrival; tells `wrong` of what can not be read.

    `service` is the one of records that name none.
    """
    told: list[tuple[int, Event]] = []
    for number, form in enumerate(forms):
        try:
            told.append(
                (number, _of_service(form, zone, service) if isinstance(form, ServiceForm) else _event(form, zone))
            )
        except Unexpected as problem:
            wrong(
                ("timeline", number, *filter(None, [problem.where])), problem.expected, shown(problem.got), problem.hint
            )
        except InvalidRecord as error:
            where, _, rest = str(error).removesuffix(")").partition(": expected ")
            expected, _, got = rest.partition(", got ")
            got, _, hint = got.partition(" (")
            wrong(("timeline", number, where), expected, got, hint)
    if len(told) < len(forms):
        return []
    by_time = [event for _, event in sorted(told, key=lambda one: one[1].at)]
    return _arranged(forms, told, by_time, zone, wrong)


def _arranged(
    forms: Sequence[Form],
    told: list[tuple[int, Event]],
    by_time: list[Event],
    zone: str,
    wrong: Wrong,
) -> list[Arrival]:
    placed: list[tuple[int, int, int, Event]] = []
    natural = {id(event): place for place, event in enumerate(by_time, 1)}
    for number, event in told:
        arrives = forms[number].arrives
        try:
            at, place = _place(arrives, event, natural, by_time, zone)
            placed.append((at, place, number, event))
        except Unexpected as problem:
            wrong(("timeline", number, "arrives"), problem.expected, shown(problem.got), problem.hint)
    return [
        # A place alone says nothing of the wall: only an instant can make a record come from the future.
        Arrival(event, at, at if isinstance(forms[number].arrives, str) else max(at, event.at))
        for at, _, number, event in sorted(placed, key=lambda one: one[:3])
    ]


def _place(
    arrives: int | str | None, event: Event, natural: dict[int, int], by_time: list[Event], zone: str
) -> tuple[int, int]:
    """When it arrives, and after how many half-places among what arrives at the same instant."""
    if arrives is None:
        return event.at, 2 * natural[id(event)]
    if isinstance(arrives, str):
        at = instant(arrives, zone)
        before = sum(other.at <= at for other in by_time)
        return at, 2 * before + 1
    if not 0 <= arrives <= len(by_time):
        raise Unexpected(f"a place from 0 to {len(by_time)}, or an instant", arrives)
    return by_time[max(arrives, 1) - 1].at, 2 * arrives + 1


def _event(form: RecordForm, zone: str) -> TicketEvent:
    kind, by, public = _kind(form.event)
    opened = None if form.created_at is None else instant(form.created_at, zone)
    return canonical.event(
        form.ticket or TICKET, instant(form.at, zone), kind, dict(form.fields), record_id=form.id, revision=form.revision,
        by=by if form.by is None else form.by, public=public if form.public is None else form.public,
        created_at=opened, source=form.source or "canonical",
    )  # fmt: skip


def _of_service(form: ServiceForm, zone: str, service: str) -> ServiceEvent:
    told = form.maintenance
    announced: Announced | None = None
    if told is not None:
        announced = canonical_service.announcement(told.name, instant(told.start, zone), instant(told.until, zone))
    return canonical_service.event(
        form.service or service, instant(form.at, zone), form.state and State(form.state), dict(form.fields),
        record_id=form.id, ttl=_ttl(form.ttl), location=form.location or "", customer=form.customer,
        announced=announced, deleted=form.deleted is True, revision=form.revision, source=form.source or "canonical",
    )  # fmt: skip


def _ttl(text: str | None) -> int | None:
    try:
        return None if text is None else canonical_service.check_ttl(parse_duration(text), text)
    except Unexpected as problem:
        raise problem.at("ttl") from None


def _kind(word: str) -> tuple[Kind, str | None, bool | None]:
    if word in MESSAGES:
        by, public = MESSAGES[word]
        return Kind.REPLIED, by, public
    kind: Any = KINDS.get(word) or VERBS.get(word)
    if kind is None:
        known = (*KINDS, *VERBS, *MESSAGES, *STATES)
        raise Unexpected("an event or a state", word, meant(word, known) or "known: " + ", ".join(sorted(known)))
    return kind, None, None
