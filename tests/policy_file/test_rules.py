"""What documents may not say of each other (semantics 2.8, 3.9 to 3.12)."""

from pathlib import Path

import pytest

from slamon.policy_file.overlap import tied
from slamon.sla.conditions import Field
from slamon.sla.policy import Policy
from tests.policy_file.writing import GOOD, changed, complaints, policy

AGREEMENTS = """\
apiVersion: slamon/v1
kind: Agreement
metadata: {name: old}
spec: {effective: {from: 2023-01-01, until: 2024-01-01}}
---
apiVersion: slamon/v1
kind: Agreement
metadata: {name: new}
spec: {effective: {from: 2024-01-01}}
"""


def ties(folder: Path, one: str, two: str, before: str = "") -> list[str]:
    """The problems of two policies `a` and `b` with these further lines of their specs."""
    return complaints(folder, before + policy(name="a", more=one) + policy(name="b", more=two))


def test_a_tie_names_both_policies_and_what_they_both_promise(tmp_path: Path) -> None:
    assert ties(tmp_path, "level: service\nrank: 7", "level: service\nrank: 7") == [
        (
            "policies.yaml:16: spec.rank: expected an order among policies that can cover the same ticket, got level service "
            "and rank 7 like policy 'a' at policies.yaml:4 (give one a lower rank, or a `when` that keeps them apart: "
            "both promise resolution)"
        )
    ]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("rank: 1", "rank: 2"),
        ("level: service", "level: customer"),
        ("when: {customer: acme}", "when: {customer: [globex, initech]}"),
        ("when: {customer: acme}", "when: {not: {customer: ACME}}"),
        ("when: {customer: acme, priority: P1}", "when: {customer: acme, priority: P2}"),
        ("when: {any: [{customer: a}, {customer: b}]}", "when: {all: [{customer: [c, d]}, {type: x}]}"),
        ("when: {not: {any: [{customer: a}, {type: x}]}}", "when: {customer: a}"),
        ("when: {customer: null}", "when: {customer: acme}"),
        ("when: {tags: vip}", "when: {not: {tags: [vip, gold]}}"),
        ("agreement: old", "agreement: new"),
        ("status: draft", "rank: 0"),
    ],
)  # fmt: skip
def test_there_is_no_tie_where_one_ticket_can_not_be_covered_by_both(tmp_path: Path, one: str, two: str) -> None:
    assert ties(tmp_path, one, two, AGREEMENTS) == []


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("when: {customer: acme}", "when: {customer: [globex, Acme]}"),
        ("when: {customer: acme}", "when: {priority: P1}"),
        ("when: {customer: acme}", "rank: 0"),
        ("when: {tags: vip}", "when: {tags: gold}"),
        ("when: {not: {customer: a}}", "when: {not: {customer: b}}"),
        ("agreement: new", "rank: 0"),
    ],
)  # fmt: skip
def test_there_is_a_tie_where_one_ticket_could_be_covered_by_both(tmp_path: Path, one: str, two: str) -> None:
    assert len(ties(tmp_path, one, two, AGREEMENTS)) == 1


def test_policies_that_promise_different_things_do_not_tie(tmp_path: Path) -> None:
    one = policy("{first_response: {target: 1h}}", name="a")
    assert complaints(tmp_path, one + policy("{resolution: {target: 1h}}", name="b")) == []


def test_targets_for_different_priorities_do_not_tie(tmp_path: Path) -> None:
    one = policy("{resolution: {targets: {P1: 1h}}}", name="a")
    assert complaints(tmp_path, one + policy("{resolution: {targets: {P2: 1h}}}", name="b")) == []
    assert len(complaints(tmp_path, one + policy("{resolution: {targets: {p1: 1h}}}", name="b"))) == 1


def test_an_exemption_of_the_same_rank_ties_with_any_promise(tmp_path: Path) -> None:
    (problem,) = complaints(tmp_path, policy(name="a") + policy("", name="b", more="exempt: true"))
    assert problem.endswith("what one exempts the other promises)")


def test_an_ola_stands_beside_and_never_ties(tmp_path: Path) -> None:
    assert ties(tmp_path, "rank: 0", "type: OLA\nsupports: a") == []


def test_a_condition_with_too_many_alternatives_proves_nothing(tmp_path: Path) -> None:
    many = ", ".join(f"{{any: [{{f{n}: 1}}, {{g{n}: 1}}]}}" for n in range(12))
    wanted = f"when: {{all: [{many}, {{customer: a}}]}}"
    assert len(ties(tmp_path, wanted, "when: {customer: b}")) == 1


@pytest.mark.parametrize(
    ("more", "got"),
    [("type: OLA\nsupports: a", "a policy of type OLA"), ("exempt: true\nrank: 1", "one with exempt: true")],
)
def test_an_ola_supports_an_sla_and_nothing_else(tmp_path: Path, more: str, got: str) -> None:
    parent = policy("" if "exempt" in more else "{resolution: {target: 1h}}", name="b", more=more)
    found = complaints(tmp_path, policy(name="a") + parent + policy(name="c", more="type: UC\nsupports: b"))
    assert [line.split(": ", 1)[1] for line in found] == [
        f"spec.supports: expected a policy of type SLA, got 'b', {got}"
    ]


def test_an_ola_that_supports_an_unknown_policy_is_refused(tmp_path: Path) -> None:
    assert complaints(tmp_path, policy(name="gold") + policy(name="net", more="type: OLA\nsupports: glod")) == [
        "policies.yaml:14: spec.supports: expected the name of a known policy, got 'glod' (did you mean 'gold'?)"
    ]


def test_an_ola_may_not_be_called_like_the_slot_of_the_sla(tmp_path: Path) -> None:
    assert complaints(tmp_path, policy(name="a") + policy(name="sla", more="type: OLA\nsupports: a")) == [
        "policies.yaml:10: metadata.name: expected another name, got 'sla' (facts of the SLA itself are told apart by it)"
    ]


@pytest.mark.parametrize("more", ["status: draft", "type: OLA\nsupports: p"])
def test_an_exemption_that_exempts_nothing_is_refused(tmp_path: Path, more: str) -> None:
    assert any(
        "spec.exempt: expected false in a" in line
        for line in complaints(tmp_path, policy("", more=f"exempt: true\n{more}"))
    )


def test_a_policy_without_objectives_is_refused(tmp_path: Path) -> None:
    assert complaints(tmp_path, policy("{}")) == [
        "policies.yaml:6: spec.objectives: expected at least one objective, got none (or exempt: true)"
    ]


def test_a_name_is_given_once_for_each_kind(tmp_path: Path) -> None:
    assert complaints(tmp_path, policy(name="a", more="rank: 1") + policy(name="a", more="rank: 2")) == [
        "policies.yaml:11: metadata.name: expected each name once, got TicketSLA 'a' again (the first is at policies.yaml:4)"
    ]


def test_a_calendar_that_never_opens_again_is_refused(tmp_path: Path) -> None:
    text = changed("  special: {2024-12-24: [09:00-12:00]}\n", "").replace("[09:00-17:00]", "[]")
    assert complaints(tmp_path, text) == [
        "policies.yaml:13: spec: expected some open time in the next two years, got none (see its hours and holidays)"
    ]


def test_a_calendar_whose_country_closes_every_open_day_is_refused(tmp_path: Path) -> None:
    text = changed("mon-fri: [09:00-17:00]", "sun: []").replace("2024-12-24", "2024-12-25")
    assert complaints(tmp_path, text) == [
        "policies.yaml:13: spec: expected some open time in the next two years, got none (see its hours and holidays)"
    ]


def test_all_values_of_valid_from_must_agree(tmp_path: Path) -> None:
    text = GOOD.replace("{name: acme}", "{name: acme, valid_from: 2024-01-01T00:00:00Z, apply_to: open}")
    text = text.replace("{name: gold}", "{name: gold, valid_from: 2024-02-01T00:00:00Z, apply_to: new}")
    assert complaints(tmp_path, text) == [
        (
            "policies.yaml:25: metadata.apply_to: expected 'open' as at policies.yaml:3, got 'new' "
            "(all documents of a set become active together)"
        ),
        (
            "policies.yaml:25: metadata.valid_from: expected '2024-01-01T00:00:00Z' as at policies.yaml:3, "
            "got '2024-02-01T00:00:00Z' (all documents of a set become active together)"
        ),
    ]


def test_an_override_across_zones_needs_instants(tmp_path: Path) -> None:
    text = GOOD.replace("  policies: [gold]\n", "") + policy(name="utc", more="rank: 3\nlevel: service")
    assert [line.split(": ", 1)[1] for line in complaints(tmp_path, text)] == [
        (
            "spec.from: expected an instant like '2024-01-05T15:00:00Z', got a date "
            "(its policies have their dates in Europe/Berlin or UTC)"
        ),
        (
            "spec.until: expected an instant like '2024-01-05T15:00:00Z', got a date "
            "(its policies have their dates in Europe/Berlin or UTC)"
        ),
    ]


def test_a_problem_elsewhere_does_not_hide_a_tie(tmp_path: Path) -> None:
    broken = policy("{resolution: {target: 0h}}", name="c")
    assert len(ties(tmp_path, "rank: 0", "rank: 0", broken)) == 2


def test_references_to_a_broken_document_are_not_reported_as_well(tmp_path: Path) -> None:
    assert complaints(tmp_path, changed("country: DE", "country: XX")) == [
        "policies.yaml:20: spec.holidays.country: expected an ISO 3166 country code like 'DE', got 'XX'"
    ]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("when: {severity: 1}", "when: {severity: 1.0}"),
        ("when: {severity: '1'}", "when: {severity: 1}"),
        ("when: {severity: 1}", "when: {severity: true}"),
    ],
)  # fmt: skip
def test_numbers_that_compare_as_equal_tie(tmp_path: Path, one: str, two: str) -> None:
    assert len(ties(tmp_path, one, two)) == 1


def test_a_long_list_of_alternatives_is_not_cut_short(tmp_path: Path) -> None:
    many = ", ".join(f"{{customer: c{n}}}" for n in range(300))
    assert len(ties(tmp_path, f"when: {{all: [{{any: [{many}]}}]}}", "when: {customer: c299}")) == 1


def test_two_thousand_policies_are_told_apart_by_what_they_go_by(tmp_path: Path) -> None:
    each = {str(n): Policy(str(n), (), when=Field("customer", (f"c{n}", f"d{n}"))) for n in range(2000)}
    assert list(tied(each)) == []


def test_policies_that_all_tie_do_not_bury_the_reader(tmp_path: Path) -> None:
    each = {f"{n:03}": Policy(f"{n:03}", (), exempt=True) for n in range(500)}
    assert [one for one, two, _ in tied(each) if two == "499"] == ["000", "001", "002", "003", "004"]
