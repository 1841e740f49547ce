"""What a source can start and stop (semantics 3.14)."""

import pytest

from slamon.sla.calendar import ALWAYS
from slamon.sla.conditions import All, Any, Changed, Condition, Event, Field, Not
from slamon.sla.events import Kind
from slamon.sla.policy import Objective, ObjectiveKind, Target, Targets
from slamon.sources import SIGNALS, SOURCES, UPTIME_SIGNALS
from slamon.sources.capabilities import NEEDS, missing

HOUR = Targets(default=Target("1h", 3_600_000))


def objective(kind: ObjectiveKind, start: Condition | None = None, stop: Condition | None = None) -> Objective:
    return Objective("promise", kind, HOUR, ALWAYS, start=start, stop=stop)


def test_every_built_in_objective_has_its_needs_and_they_are_signals() -> None:
    assert NEEDS.keys() == set(ObjectiveKind) - {ObjectiveKind.CUSTOM}
    assert all(needs.start | needs.stop <= (SIGNALS | UPTIME_SIGNALS) for needs in NEEDS.values())


@pytest.mark.parametrize("kind", NEEDS)
def test_a_canonical_producer_can_show_everything_of_its_kind(kind: ObjectiveKind) -> None:
    able = [name for name in ("canonical", "canonical_uptime") if not missing(name, objective(kind))]
    assert able == ["canonical_uptime" if NEEDS[kind].stop <= UPTIME_SIGNALS else "canonical"]


@pytest.mark.parametrize("source", ["alertmanager", "statuspage", "uptime_kuma", "gatus", "prometheus"])
def test_every_source_of_services_can_time_outages(source: str) -> None:
    assert missing(source, objective(ObjectiveKind.AVAILABILITY)) == []
    assert missing(source, objective(ObjectiveKind.MTTR)) == []


def test_a_source_of_tickets_never_knows_whether_a_service_is_down() -> None:
    assert missing("jira", objective(ObjectiveKind.OUTAGES)) == [
        "'jira' can never start 'promise': it does not show that a service is down",
        "'jira' can never stop 'promise': it does not show that a service is up",
    ]


def test_a_servicenow_row_never_stops_a_response() -> None:
    found = missing("servicenow", objective(ObjectiveKind.FIRST_RESPONSE))
    assert found == ["'servicenow' can never stop 'promise': it does not show public replies by agents"]


def test_rows_and_their_journal_together_start_and_stop_a_response() -> None:
    first = objective(ObjectiveKind.FIRST_RESPONSE)
    assert missing(["servicenow", "servicenow_journal"], first) == []
    assert missing("servicenow_journal", first) == [
        "'servicenow_journal' can never start 'promise': it does not show the creation of a ticket"
    ]


@pytest.mark.parametrize("source", ["servicenow", "servicenow_log", "jira", "zendesk", "pagerduty", "github"])
def test_every_ticket_source_can_resolve_and_assign(source: str) -> None:
    assert missing(source, objective(ObjectiveKind.RESOLUTION)) == []
    assert missing(source, objective(ObjectiveKind.ASSIGN)) == []


def test_only_a_source_with_acknowledgements_can_promise_one() -> None:
    acknowledge = objective(ObjectiveKind.ACKNOWLEDGE)
    able = {name for name, source in SOURCES.items() if not missing(source, acknowledge)}
    assert able == {"canonical", "pagerduty"}


REPLY = Event((Kind.REPLIED,), by="agent", public=True)


@pytest.mark.parametrize(
    ("stop", "lacks"),
    [
        (Field("status", ("Closed",)), []),
        (Field("u_anything", ("x",)), []),
        (Changed("group"), []),
        (Any((REPLY, Field("status", ("Closed",)))), []),
        (Not(REPLY), []),
        (REPLY, ["'servicenow' can never stop 'promise': it does not show public replies by agents"]),
        (
            All((REPLY, Field("status", ("Closed",)))),
            ["'servicenow' can never stop 'promise': it does not show public replies by agents"],
        ),
        (
            Event((Kind.PAUSED,)),
            ["'servicenow' can never stop 'promise': it does not show the event 'paused'"],
        ),
    ],
)
def test_a_condition_of_ones_own_is_judged_by_what_it_looks_at(stop: Condition, lacks: list[str]) -> None:
    assert missing("servicenow", objective(ObjectiveKind.CUSTOM, Event((Kind.CREATED,)), stop)) == lacks


def test_an_own_condition_replaces_the_built_in_one() -> None:
    by_status = Field("status", ("In Progress",))
    assert missing("servicenow", objective(ObjectiveKind.FIRST_RESPONSE, stop=by_status)) == []


def test_a_source_that_nobody_knows_is_not_judged() -> None:
    assert missing("homegrown", objective(ObjectiveKind.FIRST_RESPONSE)) == []
