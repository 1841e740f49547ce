"""slamon's verdict beside the source tool's own."""

import pytest

from slamon.engine.subjects import SERVICES, TICKETS
from slamon.offline.agreement import Agreement, Columns, Where, verdict
from slamon.offline.files import Row
from slamon.offline.intake import Canonical
from slamon.sla.clock import Clock, Stage
from slamon.sla.events import Kind, ServiceEvent, State, TicketEvent
from slamon.sla.service import Service
from slamon.sla.ticket import Ticket

DAY = 1_704_672_000_000


def clock(stage: Stage, breached_at: int | None = None) -> Clock:
    return Clock("id", "sla", "resolution", "p", "v", 0, 1, 0, "4h", "default", 0, stage, breached_at=breached_at)


@pytest.mark.parametrize(
    ("clocks", "said"),
    [
        ([], None),
        ([clock(Stage.ACTIVE)], None),
        ([clock(Stage.CANCELLED)], None),
        ([clock(Stage.MET)], True),
        ([clock(Stage.MISSED, 5)], False),
        ([clock(Stage.ACTIVE, 5)], False),
        ([clock(Stage.CANCELLED, 5)], False),
        ([clock(Stage.MET), clock(Stage.MISSED, 5)], False),
        ([clock(Stage.MET), clock(Stage.ACTIVE)], True),
    ],
)
def test_a_promise_is_kept_if_it_was_decided_and_no_cycle_breached(clocks: list[Clock], said: bool | None):
    assert verdict(clocks) is said


@pytest.mark.parametrize(
    ("agreed", "compared", "text"),
    [
        (0, 0, "agreement - (0 of 0)"),
        (9912, 10000, "agreement 99.12 % (9912 of 10000)"),
        (99_999, 100_000, "agreement 99.99 % (99999 of 100000)"),
        (7, 7, "agreement 100.00 % (7 of 7)"),
        (2, 3, "agreement 66.66 % (2 of 3)"),
        (1, 1000, "agreement 0.10 % (1 of 1000)"),
    ],
)
def test_the_last_line_never_says_more_than_is_so(agreed: int, compared: int, text: str):
    assert str(Agreement(agreed, compared, [], 0, 0)) == text


def look(columns: Columns, at: int, cells: dict[str, str], ticket: str = "T") -> None:
    event = TicketEvent(ticket, f"{at}", DAY + at, Kind.UPDATED)
    columns.look(Row("x:1", cells=cells), [Canonical(TICKETS, ticket, event.at, None, event)])


def test_the_last_value_counts_in_the_order_of_events_and_not_of_the_file():
    columns = Columns(["made"])
    for at, made in ((2_000, "false"), (1_000, "true")):
        look(columns, at, {"made": made})
    assert columns.of(Ticket("T"), "made") == "false"
    assert columns.of(Ticket("U"), "made") is None


def test_a_column_may_be_a_path_into_a_json_record():
    columns = Columns(["fields.made", "n"])
    event = TicketEvent("T", "1", DAY, Kind.UPDATED)
    columns.look(Row("x:1", b'{"fields":{"made":true},"n":1}'), [Canonical(TICKETS, "T", event.at, None, event)])
    assert (columns.of(Ticket("T"), "fields.made"), columns.of(Ticket("T"), "n")) == ("true", "1")


def test_where_looks_at_the_ticket_first_and_then_at_the_records():
    columns = Columns(["team", "priority"])
    look(columns, 1_000, {"team": "Blue", "priority": "raw"})
    ticket = Ticket("T", {"priority": "P1"})
    assert Where("priority", "p1").holds(ticket, columns)
    assert not Where("priority", "raw").holds(ticket, columns)
    assert Where("team", "blue").holds(ticket, columns)
    assert not Where("nothing", "").holds(ticket, columns)


def test_a_ticket_and_a_service_of_one_name_have_columns_of_their_own():
    columns = Columns(["made"])
    look(columns, 1_000, {"made": "true"})
    event = ServiceEvent("T", "1", DAY, State.UP)
    columns.look(Row("x:1", cells={"made": "false"}), [Canonical(SERVICES, "T", event.at, None, event)])
    assert (columns.of(Ticket("T"), "made"), columns.of(Service("T"), "made")) == ("true", "false")


def test_where_knows_a_service_by_its_fields_and_by_its_id():
    service = Service("checkout", {"tier": "gold"})
    assert Where("tier", "GOLD").holds(service, Columns([]))
    assert Where("service", "checkout").holds(service, Columns([]))
    assert not Where("service", "search").holds(service, Columns([]))
