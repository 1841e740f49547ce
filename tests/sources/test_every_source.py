"""What holds for every source: it is pure, it tells what it shows, and nothing breaks it."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slamon.sla import canonical, canonical_service
from slamon.sla.events import InvalidRecord, Kind, ServiceEvent, State
from slamon.sources import SIGNALS, SOURCES, UPTIME_SIGNALS
from slamon.sources.source import PartlyInvalid
from tests.sources import (
    test_alertmanager,
    test_gatus,
    test_github,
    test_jira,
    test_pagerduty,
    test_prometheus,
    test_servicenow,
    test_servicenow_log,
    test_statuspage,
    test_uptime_kuma,
    test_zendesk,
)
from tests.sources.payloads import RECEIVED

GOOD: dict[str, list[Any]] = {
    "canonical": [{"ticket": "T-1", "at": RECEIVED, "event": "replied", "by": "agent", "fields": {"status": "open"}}],
    "servicenow": [test_servicenow.ROW, test_servicenow.COMMENT],
    "servicenow_sys_id": [test_servicenow.ROW, test_servicenow.COMMENT],
    "servicenow_journal": [test_servicenow.COMMENT],
    "servicenow_log": [test_servicenow_log.ROW],
    "jira": [test_jira.UPDATE, test_jira.COMMENT, test_jira.changed("Key", "DEV-9", "OPS-1")],
    "zendesk": [test_zendesk.webhook("ticket.created"), test_zendesk.comment()],
    "pagerduty": [test_pagerduty.webhook("triggered", assignees=[{"summary": "x"}])],
    "github": [test_github.webhook("labeled"), test_github.comment()],
    "canonical_uptime": [{"service": "s", "at": RECEIVED, "state": "up", "ttl": "5m", "fields": {"tier": 1}}],
    "alertmanager": [test_alertmanager.webhook(test_alertmanager.FIRES, test_alertmanager.ENDS)],
    "statuspage": [test_statuspage.update("major_outage"), test_statuspage.incident()],
    "uptime_kuma": [test_uptime_kuma.notification()],
    "gatus": [[test_gatus.ENDPOINT], test_gatus.ENDPOINT],
    "prometheus": [test_prometheus.vector("0"), test_prometheus.matrix([1_704_466_800, "1"])],
}
OF_TICKETS = sorted(name for name, source in SOURCES.items() if source.role == "tickets")
OF_SERVICES = sorted(SOURCES.keys() - OF_TICKETS)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.just("2024-01-05T15:00:00Z")
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def places(payload: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in the payload that could hold something else."""
    parts = payload.items() if isinstance(payload, dict) else enumerate(payload) if isinstance(payload, list) else ()
    return [path, *(place for key, part in parts for place in places(part, (*path, key)))]


def replaced(payload: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of the payload with the value at the place."""
    if not path:
        return value
    copied = json.loads(json.dumps(payload))
    at = copied
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return copied


def test_the_table_of_sources_goes_by_their_names() -> None:
    assert all(name == source.name for name, source in SOURCES.items())
    assert GOOD.keys() == SOURCES.keys()


def written_and_read(event: Any) -> Any:
    """The event after a journey through the topic of its role."""
    form = canonical_service if isinstance(event, ServiceEvent) else canonical
    return form.parse(json.loads(json.dumps(form.dump(event))))


@pytest.mark.parametrize("name", OF_TICKETS)
def test_a_source_shows_what_it_says_it_shows(name: str) -> None:
    """Only the signals that one record of ours proves; the rest is in the tests of each source."""
    assert SOURCES[name].shows <= SIGNALS
    kinds = {event.kind for payload in GOOD[name] for event in SOURCES[name].map(payload, {}, RECEIVED)}
    if Kind.REPLIED in kinds and name not in ("servicenow", "servicenow_sys_id"):
        assert "public_reply" in SOURCES[name].shows
    if Kind.CREATED in kinds or Kind.SNAPSHOT in kinds:
        assert {"created", "status"} <= SOURCES[name].shows


@pytest.mark.parametrize("name", OF_SERVICES)
def test_a_source_of_services_shows_the_states_it_says_it_shows(name: str) -> None:
    assert SOURCES[name].shows <= UPTIME_SIGNALS
    found = [event for payload in GOOD[name] for event in SOURCES[name].map(payload, {}, RECEIVED)]
    assert {event.state.value for event in found if event.state} <= SOURCES[name].shows
    assert ("announced" in SOURCES[name].shows) >= any(event.announced for event in found)
    assert {State.UP.value, State.DOWN.value} <= SOURCES[name].shows


@pytest.mark.parametrize("name", sorted(OF_SERVICES))
def test_every_monitor_of_another_tool_has_a_location_that_no_other_tool_has(name: str) -> None:
    """Two monitors under one location would hide each other's words."""
    found = [event for payload in GOOD[name] for event in SOURCES[name].map(payload, {}, RECEIVED)]
    own = {event.location.startswith(f"{name}/") for event in found if event.state}
    assert own == {name != "canonical_uptime"}


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_what_a_source_makes_can_be_written_to_the_topic_and_read_again(name: str) -> None:
    for payload in GOOD[name]:
        for event in SOURCES[name].map(payload, {}, RECEIVED):
            assert written_and_read(event) == event


@pytest.mark.parametrize("name", sorted(SOURCES))
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_nothing_that_json_can_say_raises_anything_but_the_producers_error(name: str, data: st.DataObject) -> None:
    payload = data.draw(st.sampled_from(GOOD[name]))
    for _ in range(data.draw(st.integers(1, 3))):
        payload = replaced(payload, data.draw(st.sampled_from(places(payload))), data.draw(JSON))
    try:
        found = SOURCES[name].map(payload, {}, RECEIVED)
    except PartlyInvalid as error:
        found = error.events
    except InvalidRecord:
        return
    else:
        assert found == SOURCES[name].map(payload, {"any": "header"}, RECEIVED + 1)
    for event in found:
        assert written_and_read(event) == event
