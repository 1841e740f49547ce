"""Conditions as people write them, and what they mean in the rules."""

from typing import Any as Anything

import pytest

from slamon.policy_file.conditions import condition, findings
from slamon.policy_file.problems import path_text
from slamon.sla.conditions import All, Any, Changed, Condition, Event, Field, Not
from slamon.sla.events import Kind

CREATED, CLOSED = Event((Kind.CREATED,)), Event((Kind.CLOSED,))
ANSWER = Event((Kind.REPLIED,), "agent", True)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Waiting", Field("status", ("Waiting",))),
        (["Waiting", "On Hold"], Field("status", ("Waiting", "On Hold"))),
        ({"customer": "acme"}, Field("customer", ("acme",))),
        ({"customer": ["acme", None, 3, True]}, Field("customer", ("acme", None, 3, True))),
        ({"customer": None}, Field("customer", (None,))),
        ({"event": "created"}, CREATED),
        ({"event": ["created", "closed"]}, Event((Kind.CREATED, Kind.CLOSED))),
        ({"event": "replied", "by": "agent", "public": False}, Event((Kind.REPLIED,), "agent", False)),
        ({"event": "public_reply"}, ANSWER),
        ({"event": "customer_message"}, Event((Kind.REPLIED,), "customer")),
        ({"event": "ended"}, Event((Kind.CANCELLED, Kind.DELETED, Kind.MERGED, Kind.SPAM))),
        ({"event": ["public_reply", "closed"]}, Any((ANSWER, CLOSED))),
        ({"changed": "group"}, Changed("group")),
        ({"changed": ["group", "assignee"]}, Any((Changed("group"), Changed("assignee")))),
        ({"type": "incident", "event": "created"}, All((CREATED, Field("type", ("incident",))))),
        ({"not": {"customer": "acme"}}, Not(Field("customer", ("acme",)))),
        ({"any": [{"a": 1}, {"b": 2}]}, Any((Field("a", (1,)), Field("b", (2,))))),
        ({"all": [{"a": 1}, {"event": "closed"}]}, All((Field("a", (1,)), CLOSED))),
        ({"fields": {"event": "fire", "by": "x"}}, All((Field("by", ("x",)), Field("event", ("fire",))))),
        ([], Any(())),
    ],
)
def test_a_condition_means_what_its_mapping_says(raw: Anything, expected: Condition) -> None:
    assert condition(raw) == expected


@pytest.mark.parametrize(
    ("raw", "about", "expected"),
    [
        ({}, "when", "expected a condition like {customer: acme}, got an empty mapping"),
        (12, "start", "expected a condition like {status: [Waiting]}, got 12"),
        ([], "stop", "expected a condition like {status: [Waiting]}, got an empty list"),
        ({"all": []}, "start", "all: expected a list of conditions, got an empty list"),
        ({"any": ["x"]}, "start", "any[0]: expected a condition like {status: [Waiting]}, got 'x'"),
        ({"not": "x"}, "start", "not: expected a condition like {status: [Waiting]}, got 'x'"),
        ({"event": "created", "public": "yes"}, "start", "public: expected true or false, got 'yes'"),
        ({"changed": []}, "start", "changed: expected the name of a field, or a list of them, got an empty list"),
        ({"event": []}, "start", "event: expected an event, got an empty list"),
        ({"customer": []}, "when", "customer: expected at least one value, got none"),
        ({"fields": []}, "when", "fields: expected a mapping of field names and values, got an empty list"),
        (
            {"fields": {"a": {"b": 1}}},
            "when",
            "fields.a: expected a value: text, number, true, false or null, got a mapping",
        ),
        ({"a": ["x"] * 501}, "when", "a: expected at most 500 values, got 501"),
        ([{"a": 1}], "pause", "[0]: expected a value: text, number, true, false or null, got a mapping"),
    ],
)
def test_a_condition_that_could_not_hold_is_refused_where_it_goes_wrong(
    raw: Anything, about: str, expected: str
) -> None:
    (found,) = findings(raw, about)
    assert ": ".join(filter(None, [path_text(found.loc), f"expected {found.expected}, got {found.got}"])) == expected


def test_conditions_are_nested_at_most_eight_deep() -> None:
    raw: Anything = {"a": 1}
    for _ in range(8):
        raw = {"not": raw}
    assert findings(raw, "when") == []
    (found,) = findings({"not": raw}, "when")
    assert (found.loc, found.expected) == (("not",) * 9, "conditions nested at most 8 deep")
