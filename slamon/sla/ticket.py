"""What is known of one ticket, independent of any policy: its fields, its life so far, its clocks."""

from dataclasses import dataclass, field
from typing import Final

from slamon.sla.clock import KEPT_NAME, Clock
from slamon.sla.conditions import Fields
from slamon.sla.events import ENDINGS, Kind, Order, TicketEvent, Value
from slamon.sla.frame import name_of
from slamon.sla.policy import Policy

KEPT_HISTORY: Final = 200
KEPT_FIELDS: Final = 128
KEPT_SIZE: Final = 128 * 1024  # characters of all fields together: what is kept must fit into a record of the changelog
KNOWN: Final = frozenset(
    {"status", "status_category", "priority", "group", "assignee", "customer", "title", "url", "type"}
)


# From an instant on the ticket had this status and group and was explicitly held or not. No named tuple, which Python makes
# and the encoder does not know.
Moment = tuple[int, Value, Value, bool]


@dataclass(slots=True, init=False)
class Ticket:
    """The fold of a ticket's records so far. Instants are milliseconds; None has not happened."""

    subject: str
    fields: dict[str, Value]
    created_at: int | None
    partial: bool  # first seen in mid-life (semantics 4.8)
    replied_at: int | None  # first public reply of an agent
    updated_at: int | None  # newest public reply of an agent
    acknowledged_at: int | None
    assigned_at: int | None
    waiting_since: int | None  # oldest unanswered customer message after the first reply
    group_since: int | None
    held: bool
    mark: tuple[str, str] | None  # an explicit resolved, closed or reopened, and the status it came with
    gone: str | None  # cancelled, merged, deleted, spam
    last: Order | None  # place of the newest record
    fired: int  # timers or edges of the rules have changed clocks at this instant
    ticked: int  # a tick has let time pass up to here
    considered: int  # edges of the rules up to here are done
    source: str  # of the newest record
    heard: int  # when a record last arrived: what is true since before it can not have been told earlier
    history: list[Moment]
    clocks: list[Clock]  # the newest of each slot and objective
    cycles: dict[tuple[str, str], int]
    past: list[Clock]  # earlier cycles, where they are at hand
    under: str | None  # the rules that the newest record was judged by, if they are plain (repeats.py)
    # No clock changes before it by the rules of `under`, as its head says: at hand, not state.
    quiet: int = field(init=False, compare=False, repr=False)

    def __init__(
        self, subject: str, fields: dict[str, Value] | None = None, created_at: int | None = None,
        partial: bool = False, replied_at: int | None = None, updated_at: int | None = None,
        acknowledged_at: int | None = None, assigned_at: int | None = None, waiting_since: int | None = None,
        group_since: int | None = None, held: bool = False, mark: tuple[str, str] | None = None,
        gone: str | None = None, last: Order | None = None, fired: int = -1, ticked: int = -1,
        considered: int = -1, source: str = "", heard: int = 0, history: list[Moment] | None = None,
        clocks: list[Clock] | None = None, cycles: dict[tuple[str, str], int] | None = None,
        past: list[Clock] | None = None, under: str | None = None,
    ) -> None:  # fmt: skip
        self.subject, self.created_at, self.partial, self.replied_at = subject, created_at, partial, replied_at
        self.updated_at, self.acknowledged_at, self.assigned_at = updated_at, acknowledged_at, assigned_at
        self.waiting_since, self.group_since, self.held, self.mark = waiting_since, group_since, held, mark
        self.gone, self.last, self.fired, self.ticked, self.considered = gone, last, fired, ticked, considered
        self.source, self.heard, self.under = source, heard, under
        self.fields = {} if fields is None else fields
        self.history = [] if history is None else history
        self.clocks = [] if clocks is None else clocks
        self.cycles = {} if cycles is None else cycles
        self.past = [] if past is None else past
        self.quiet = -1


@dataclass(slots=True, init=False)
class View:
    """One record as it changes the ticket: the fields before and after, and whether it told of the creation."""

    record: TicketEvent
    at: int  # of the record
    before: Fields
    after: Fields
    first: bool
    learned: bool
    assigned: bool
    acknowledged: bool

    def __init__(self, record: TicketEvent, before: Fields, after: Fields, first: bool) -> None:
        self.record, self.at, self.before, self.after, self.first = record, record.at, before, after, first
        self.learned = self.assigned = self.acknowledged = False

    @property
    def agent_replied(self) -> bool:
        """A public reply by an agent."""
        record = self.record
        return record.kind is Kind.REPLIED and record.by == "agent" and record.public is not False

    @property
    def customer_wrote(self) -> bool:
        record = self.record
        return record.kind is Kind.REPLIED and record.by == "customer" and record.public is not False

    @property
    def regrouped(self) -> bool:
        return self.before.get("group") != self.after.get("group")


def note(ticket: Ticket, record: TicketEvent) -> View:
    """Take the record into the ticket's life; the view says what it changed."""
    before = ticket.fields
    after = _merged(before, record.fields) if record.fields else before
    view = View(record, before, after, first=ticket.last is None)
    ticket.fields = after
    _note_creation(ticket, view)
    _note_messages(ticket, view)
    _note_hands(ticket, view)
    _note_lifecycle(ticket, record)
    _note_history(ticket, view)
    ticket.last, ticket.source = record.order, record.source
    return view


def _merged(before: dict[str, Value], told: dict[str, Value]) -> dict[str, Value]:
    """The fields after a record; a cleared one is an absent one, and what would be too much is not kept."""
    after = {**before, **told}
    size, clears = 0, False
    for value in after.values():
        if isinstance(value, str):
            size += len(value)
        elif value is None:
            clears = True
        elif isinstance(value, tuple):
            size += sum(map(len, value))
    if clears:
        after = {name: value for name, value in after.items() if value is not None}
    if len(after) <= KEPT_FIELDS and size <= KEPT_SIZE:
        return after
    return {name: value for name, value in after.items() if name in KNOWN or (name in before and name not in told)}


def is_ended(ticket: Ticket) -> bool:
    """Whether an explicit resolve or close decides: then the ticket is resolved under every policy."""
    mark = ticket.mark
    if mark is None or mark[0] == Kind.REOPENED:
        return False
    return mark[1] == name_of(ticket.fields, "status").casefold()


def is_resolved(ticket: Ticket, policy: Policy) -> bool:
    """Whether the ticket counts as resolved or closed under the policy's statuses.

    An explicit resolve, close or reopen decides until the status changes; then the status does.
    """
    status = name_of(ticket.fields, "status").casefold()
    if ticket.mark is not None and ticket.mark[1] == status:
        return ticket.mark[0] != Kind.REOPENED
    if status in policy.statuses.resolved or status in policy.statuses.closed:
        return True
    if "status_category" not in ticket.fields:
        return False
    category = name_of(ticket.fields, "status_category").casefold()
    return category in ("done", "resolved", "closed") and status not in policy.statuses.known


def _note_creation(ticket: Ticket, view: View) -> None:
    record = view.record
    if ticket.created_at is not None:
        return
    if record.kind is Kind.CREATED:
        ticket.created_at = record.at if record.created_at is None else min(record.created_at, record.at)
        view.learned = True
    elif record.kind is Kind.SNAPSHOT and record.created_at is not None:
        ticket.created_at = min(record.created_at, record.at)
        ticket.partial = ticket.created_at != record.at
        view.learned = True


def _note_messages(ticket: Ticket, view: View) -> None:
    if view.agent_replied:
        ticket.replied_at = view.at if ticket.replied_at is None else ticket.replied_at
        ticket.updated_at, ticket.waiting_since = view.at, None
    elif view.customer_wrote and ticket.replied_at is not None and ticket.waiting_since is None:
        ticket.waiting_since = view.at


def _note_hands(ticket: Ticket, view: View) -> None:
    kind, before, after = view.record.kind, view.before, view.after
    view.assigned = kind is Kind.ASSIGNED or (after.get("assignee") is not None and before.get("assignee") is None)
    if view.assigned and ticket.assigned_at is None:
        ticket.assigned_at = view.at
    view.acknowledged = kind is Kind.ACKNOWLEDGED or name_of(after, "status").casefold() == "acknowledged"
    if view.acknowledged and ticket.acknowledged_at is None:
        ticket.acknowledged_at = view.at
    if view.regrouped:
        ticket.group_since = None if after.get("group") is None else view.at


def _note_lifecycle(ticket: Ticket, record: TicketEvent) -> None:
    kind = record.kind
    if kind in (Kind.RESOLVED, Kind.CLOSED, Kind.REOPENED):
        ticket.mark = (kind.value, name_of(ticket.fields, "status").casefold())
    elif kind is Kind.PAUSED:
        ticket.held = True
    elif kind is Kind.RESUMED:
        ticket.held = False
    elif kind is Kind.RESTORED:
        ticket.gone = None
    elif kind in ENDINGS:
        ticket.gone = kind.value


def _short(value: Value) -> Value:
    return value[:KEPT_NAME] if isinstance(value, str) else value


def _note_history(ticket: Ticket, view: View) -> None:
    status, group, history = _short(view.after.get("status")), _short(view.after.get("group")), ticket.history
    if history:
        _, last_status, last_group, last_held = history[-1]
        if last_status == status and last_group == group and last_held == ticket.held:
            return
    history.append((view.at, status, group, ticket.held))
    del history[:-KEPT_HISTORY]
