"""A source of services that its operator describes in YAML."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from slamon.sla.events import InvalidRecord, State
from slamon.sla.instants import parse
from slamon.sources.custom import load
from slamon.sources.custom_parts import MappingError
from slamon.sources.source import PartlyInvalid
from tests.sources.payloads import told, words
from tests.sources.test_custom import JSON

PINGS = yaml.safe_load(
    """
    name: pings
    each: checks[]
    when: kind != 'internal'
    service: {value: name, map: {Shop EU: checkout}}
    at: {value: tested, unit: s}
    state: {value: status, map: {up: up, down: down, unconfirmed: ignore}, default: unknown}
    ttl: 3m
    location: probe
    customer: owner
    fields: {tier: tags.tier}
    """
)
CHECK = {
    "name": "Shop EU",
    "tested": 1_704_466_800,
    "status": "DOWN",
    "probe": "fra",
    "owner": "acme",
    "tags": {"tier": "1"},
}
LEAST = {"service": "s", "at": "t", "state": {"value": "w", "map": {"good": "up"}}}


def pings(*checks: Any) -> list[Any]:
    return told(load(PINGS), {"checks": list(checks)})


def test_a_mapping_that_says_where_the_service_stands_is_one_of_services() -> None:
    source = load(PINGS)
    assert (source.name, source.role, source.shows) == ("pings", "uptime", {"up", "down", "unknown"})
    assert load(LEAST | {"state": {"value": "w"}}).shows == {state.value for state in State}


def test_every_part_of_the_mapping_says_its_part_of_the_record() -> None:
    (down,) = pings(CHECK)
    assert words([down]) == [("2024-01-05T15:00:00Z", "checkout", "down")]
    assert (down.ttl, down.location, down.customer, down.fields, down.source) == (
        180_000, "pings/fra", "acme", {"tier": "1"}, "pings",
    )  # fmt: skip


def test_what_is_of_no_interest_says_nothing_and_an_unknown_word_what_the_mapping_wants() -> None:
    assert pings(CHECK | {"kind": "internal"}, CHECK | {"status": "unconfirmed"}) == []
    assert [one.state for one in pings(CHECK | {"status": "paused"})] == [State.UNKNOWN]


def test_without_a_location_the_source_is_one_monitor_of_its_own() -> None:
    (found,) = told(load(LEAST | {"name": "pings"}), {"s": "mail", "t": "2024-01-05T15:00:00Z", "w": "good"})
    assert (found.service, found.state, found.location) == ("mail", State.UP, "pings")


def test_a_calendar_of_changes_may_be_read_as_announcements() -> None:
    plans = {
        "service": "s",
        "at": "told",
        "maintenance": {"name": "nr", "from": "a", "until": {"value": "b", "unit": "s"}},
    }
    source = load(plans)
    payload = {"s": "mail", "told": "2024-01-02T09:00:00Z", "nr": 7, "a": "2024-01-06T00:00:00Z", "b": 1_704_506_400}
    (found,) = told(source, payload)
    assert (found.announced.name, found.announced.end, found.state) == ("7", parse("2024-01-06T02:00:00Z"), None)
    assert source.shows == {"announced"}


def test_a_part_that_can_not_be_read_does_not_take_the_others_with_it() -> None:
    with pytest.raises(PartlyInvalid) as error:
        load(PINGS).map({"checks": [{"status": "up", "tested": 1}, CHECK]}, {}, 0)
    assert len(error.value.events) == 1
    assert str(error.value).startswith("each[0].at: expected an instant from 1971 to 2199")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stat": "x"}, "mapping: expected only known keys, got 'stat' (did you mean 'state'?)"),
        ({"state": None}, "state: expected a state, or `value` with a `map` to states, got nothing"),
        ({"state": "donw"}, "state: expected a state, or `value` with a `map` to states, got 'donw' (did you mean 'down'?)"),
        (
            {"state": {"value": "w", "map": {"x": "ok"}}},
            "state.map.x: expected one of up, degraded, down, maintenance, unknown, ignore, got 'ok'",
        ),
        ({"ttl": "soon"}, "ttl: expected a duration like '4h', '30m' or '1h30m', got 'soon' (whole numbers, units w d h m s ms, largest first)"),
        ({"fields": {"service": "x"}}, "fields: expected other names, got 'service' (conditions see the id of the service under this name)"),
        ({"maintenance": "x"}, "maintenance: expected a mapping with name, from and until, got 'x'"),
        ({"name": "x" * 65}, f"name: expected a text of 1 to 64 characters, got '{'x' * 65}' (it begins every location)"),
    ],
)  # fmt: skip
def test_a_mapping_that_can_not_work_is_refused_when_it_is_loaded(change: dict[str, Any], message: str) -> None:
    with pytest.raises(MappingError) as error:
        load(LEAST | change)
    assert str(error.value) == message


@given(st.dictionaries(st.sampled_from(sorted(CHECK)), JSON) | JSON)
def test_nothing_that_json_can_say_raises_anything_but_the_producers_error(broken: Any) -> None:
    payload = {"checks": [CHECK | broken]} if isinstance(broken, dict) else broken
    try:
        load(PINGS).map(payload, {}, 0)
    except InvalidRecord:
        return


KEYS = ["name", "each", "when", "service", "at", "state", "ttl", "location", "maintenance", "fields", "x"]


@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_nothing_that_yaml_can_say_raises_anything_but_the_operators_error(broken: dict[str, Any]) -> None:
    try:
        load(LEAST | broken)
    except MappingError:
        return
