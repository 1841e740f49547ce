"""slamon promises that severity and route of a page follow from its threshold and from what the settings ask for."""

import pytest

from slamon.notify.page import page_of
from slamon.notify.routes import Route, Routes, severity_of
from tests.notify.facts import NOON, data_of


def page(what="warning", **more):
    more = {"threshold": "90%", "labels": {"team": "noc"}, "escalate_to": "duty", **more} if what == "warning" else more
    return page_of(data_of(what, 0, **more), False, NOON)


@pytest.mark.parametrize(
    ("given", "severity"),
    [
        ({"severity": "critical"}, "critical"),
        ({"severity": "Error"}, "error"),
        ({"severity": "sev1"}, "warning"),
        ({}, "warning"),
        ({"what": "breach"}, "critical"),
        ({"what": "breach", "policy_kind": "OLA"}, "warning"),
    ],
)
def test_the_severity_is_the_thresholds_own_or_follows_from_what_was_broken(given, severity):
    assert severity_of(page(**given)) == severity


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("facts", "warning", "breach"), ("thresholds", "90%", "50%"), ("severities", "sev1", "critical"),
        ("escalate_to", "Duty", "boss"), ("labels", "team=noc", "team=web"), ("policies", "GOLD", "silver"),
        ("kinds", "SLA", "UC"), ("objectives", "resolution", "first_response"), ("priorities", "p1", "p2"),
        ("customers", "acme", "globex"), ("groups", "mail", "web"),
    ],
)  # fmt: skip
def test_a_route_takes_what_it_names_in_any_case_and_nothing_else(name, good, bad):
    def takes(word):
        return Route({name: frozenset({word.casefold()})}, ("duty",)).takes(page(severity="sev1"))

    assert (takes(good), takes(bad)) == (True, False)


def test_a_severity_that_pagers_do_not_know_is_found_as_what_it_is_taken_for_too():
    assert Route({"severities": frozenset({"warning"})}, ("duty",)).takes(page(severity="sev1"))


def test_a_route_wants_everything_it_names():
    both = {"groups": frozenset({"mail"}), "priorities": frozenset({"p2"})}
    assert not Route(both, ("duty",)).takes(page())


def test_all_routes_that_fit_count_and_the_worst_severity_is_told():
    routes = Routes((
        Route({}, ("chat", "duty"), "info"),
        Route({}, ("duty",), "error"),
        Route({"groups": frozenset({"web"})}, ("web",)),
    ))  # fmt: skip
    assert routes(page()) == {"chat": "info", "duty": "error"}
