"""What a customer's manager is told of the promises, against the policies they come from."""

from pathlib import Path

import pytest

from slamon.in_words import known_customers, policy_in_words, promises_in_words
from slamon.in_words.conditions import clause, judged
from slamon.in_words.language import span
from slamon.policy_file import load
from slamon.policy_file.conditions import condition
from slamon.sla.policy import PolicySet
from tests.kit import at

ROOT = Path(__file__).parents[2]
NOW = at("2024-03-01 12:00")


def example(name: str) -> PolicySet:
    return load([ROOT / "examples" / name / "policies.yaml"], NOW).policies


def written(folder: Path, text: str) -> PolicySet:
    file = folder / "policies.yaml"
    file.write_text(text)
    return load([file], NOW).policies


def told(policies: PolicySet, customer: str, service: str | None = None) -> str:
    found = promises_in_words(policies, customer, service, NOW)
    assert found is not None
    return found


def test_the_promises_of_the_quickstart_to_its_customer():
    assert (
        told(example("quickstart"), "ACME")
        == """\
What Acme Ltd is promised
=========================
  By the agreement acme with Our support, from 1 January 2024; its dates are those of Europe/Berlin.

First answer (first_response): policy gold, level customer
----------------------------------------------------------
  Measured from the opening of a ticket to the first answer by an agent.
  always: within 30 minutes
  Time counts around the clock.
  Warning when 50 % of what is allowed is used.
  Warning 5 minutes before the promise breaks (severity critical, goes to duty manager).
  If what the target depends on changes, time used so far counts on against the new target.

Solution (resolution): policy gold, level customer
--------------------------------------------------
  Measured from the opening of a ticket to its solution.
  priority P1: within 2 hours
  priority P2: within 4 hours
  every other priority: within 2 working days
  Time counts Monday to Thursday 09:00-12:30 and 13:00-18:00 and Friday 09:00-16:00 (Europe/Berlin).
  Closed on holidays: 8 March 2024, 29 March 2024, 1 April 2024, 1 May 2024, 9 May 2024, 20 May 2024, 3 October 2024, 25 December 2024, 26 December 2024 and 1 January 2025.
  Time is paused while the status is waiting for customer, or while the ticket is put on hold.
  Warning when 50 % of what is allowed is used.
  Warning when 90 % of what is allowed is used.
  Warning when 150 % of what is allowed is used, an escalation (severity critical, goes to head of support).
  If what the target depends on changes, time used so far counts on against the new target.
  If a ticket is opened again, its time goes on where it stood.

No promise
----------
  Where the type is test (policy no-tests).

Exceptions
----------
  From 4 March 2024 until 9 March 2024 (Europe/Berlin) targets are 200 % of what they are otherwise for resolution: The data centre moves; agreed with Acme on 2024-02-12.
"""
    )


def test_whom_no_policy_names_is_promised_what_everybody_is():
    """Semantics 3.9: the corporate level covers everybody."""
    page = told(example("quickstart"), "initech")
    assert "policy everybody, level corporate" in page
    assert "gold" not in page.split("Exceptions")[0]


@pytest.mark.parametrize("name", ["acme", "Acme Ltd", "ACME LTD"])
def test_a_customer_goes_by_the_agreement_by_its_party_or_by_the_tickets_field(name):
    assert "policy gold" in told(example("quickstart"), name)
    assert known_customers(example("quickstart")) == ["Acme Ltd"]


def test_services_are_told_with_what_they_may_be_down_and_how_time_counts():
    page = told(example("availability"), "Globex", "checkout")
    for line in (
        "up at least 99.9% of each calendar month (Europe/Berlin), which allows 43 minutes and 12 seconds of downtime in one of 30 days",
        "always: at most 30 minutes, over each calendar month (Europe/Berlin)",
        "always: at most 5 outages in each calendar month (Europe/Berlin)",
        "Announced maintenance is left out of the account, at most 8 hours in a period, if announced 3 days ahead.",
        "Outages shorter than 1 minute do not count.",
        "Holds where the tier is internal.",
        "database, between internal teams, supports checkout-gold.",
        "3 March 2024, 02:00 for 1 hour",
    ):
        assert line in page, line
    assert "policy checkout-gold" not in told(example("availability"), "Globex", "search")


def test_the_services_of_another_customers_agreement_are_not_promised():
    assert promises_in_words(example("availability"), "acme", None, NOW) is None


CONDITIONAL = """
apiVersion: slamon/v1
kind: TicketSLA
metadata: {name: vip}
spec:
  level: customer
  rank: 5
  when: {all: [{customer: acme}, {any: [{type: incident}, {not: {channel: [mail, fax]}}]}]}
  statuses: {resolved: [done], known: [new]}
  objectives: {resolution: {targets: {P1: 1h}, pause: [], on_change: freeze, on_reopen: ignore}}
---
apiVersion: slamon/v1
kind: TicketSLA
metadata: {name: base}
spec:
  statuses: {resolved: [done], known: [new]}
  objectives:
    resolution: {target: 26h}
    review: {kind: custom, start: {event: assigned}, stop: {event: [closed], by: agent}, target: 90m}
---
apiVersion: slamon/v1
kind: TicketSLA
metadata: {name: lowest}
spec:
  rank: 9
  statuses: {resolved: [done], known: [new]}
  objectives: {resolution: {target: 9h}}
---
apiVersion: slamon/v1
kind: TicketSLA
metadata: {name: trial}
spec:
  status: draft
  statuses: {resolved: [done], known: [new]}
  objectives: {resolution: {target: 1m}}
"""


def test_promises_with_conditions_stand_in_the_order_in_which_they_count(tmp_path):
    page = told(written(tmp_path, CONDITIONAL), "acme")
    assert "Holds where the type is incident or it is not so that the channel is mail or fax." in page
    assert "Of these the first that fits counts: vip and base." in page
    assert "lowest" not in page, "base covers everything before it"
    assert "trial" not in page, "a draft is no promise"
    assert "Time is never paused." in page
    assert "The target stays as it was at the start, whatever changes." in page
    assert "within 26 hours" in page
    assert "within 1 hour and 30 minutes" in page
    assert "Measured from when it is assigned, until it is closed by an agent." in page


def test_one_policy_is_told_by_itself(tmp_path):
    policies = {policy.name: policy for policy in written(tmp_path, CONDITIONAL).policies}
    assert "A draft: it is measured, and promised to nobody." in policy_in_words(policies["trial"], NOW)
    words = {policy.name: policy_in_words(policy, NOW) for policy in example("availability").policies}
    assert words["database"].startswith("database, promised between internal teams\n")
    assert "Stands behind checkout-gold." in words["database"]
    assert "up at least 99.95% of the last 7 days at any time" in words["database"]
    assert (
        "the budget is used 10 times as fast as it may be, over 2 hours and over the last 10 minutes"
        in words["database"]
    )


def test_every_policy_of_the_examples_can_be_told():
    for name in ("quickstart", "availability", "servicenow", "outage"):
        for policy in example(name).policies:
            said = policy_in_words(policy, NOW)
            assert policy.name in said
            assert "None" not in said
            assert "_ms" not in said


@pytest.mark.parametrize(
    ("raw", "holds"),
    [
        ({"customer": "ACME"}, True),
        ({"customer": ["x", "acme"]}, True),
        ({"customer": "x"}, False),
        ({"type": "x"}, None),
        ({"customer": "x", "type": "y"}, False),
        ({"customer": "acme", "type": "y"}, None),
        ({"any": [{"customer": "acme"}, {"type": "y"}]}, True),
        ({"any": [{"customer": "x"}, {"type": "y"}]}, None),
        ({"not": {"customer": "x"}}, True),
        ({"not": {"type": "x"}}, None),
    ],
)
def test_a_condition_is_decided_by_the_customer_alone_or_left_open(raw, holds):
    assert judged(condition(raw), {"customer": ("acme",)}) is holds


def test_clauses_read_as_sentences():
    assert clause(condition({"event": "public_reply"})) == "it is answered in public by an agent"
    assert clause(condition({"changed": "assignment_group"})) == "the assignment group changes"
    assert clause(condition({"owner": None})) == "the owner is not set"
    assert (
        clause(condition({"a": 1, "any": [{"b": True}, {"c": "x"}]})) == "the a is 1 and (the b is true or the c is x)"
    )


@pytest.mark.parametrize(
    ("ms", "said"),
    [(0, "no time"), (90 * 60_000, "1 hour and 30 minutes"), (26 * 3_600_000, "26 hours"), (86_400_000, "1 day"),
     (30 * 86_400_000, "30 days"), (43 * 60_000 + 12_000, "43 minutes and 12 seconds")],
)  # fmt: skip
def test_spans_are_said_in_whole_units(ms, said):
    assert span(ms) == said
