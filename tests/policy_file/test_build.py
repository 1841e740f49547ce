"""What the words of a policy file mean in the rules."""

from dataclasses import replace
from pathlib import Path

import pytest

from slamon.sla import instants
from slamon.sla.calendar import ALWAYS
from slamon.sla.conditions import Any, Field
from slamon.sla.policy import Level, Objective, ObjectiveKind, Policy, PolicyKind, Statuses, Target, Threshold
from tests.policy_file.writing import GOOD, NOW, changed, loaded, policy


def one_policy(folder: Path, objectives: str = "{resolution: {target: 4h}}", more: str = "") -> Policy:
    """The policy that a file with only that one holds."""
    (found,) = loaded(folder, policy(objectives, more=more)).policies.policies
    return found


def one_objective(folder: Path, objective: str, name: str = "resolution", more: str = "") -> Objective:
    """The only objective of the only policy."""
    (found,) = one_policy(folder, f"{{{name}: {objective}}}", more).objectives
    return found


def test_a_policy_that_says_little_is_the_plain_one(tmp_path: Path) -> None:
    found = one_policy(tmp_path)
    assert replace(found, objectives=()) == Policy("p", ())
    (objective,) = found.objectives
    assert objective.calendar is ALWAYS
    assert (objective.thresholds, objective.start, objective.stop, objective.pause) == ((), None, None, None)
    assert (objective.on_change, objective.on_reopen, objective.on_resolve) == ("carry", "continue", "cancel")


def test_everything_a_policy_says_arrives(tmp_path: Path) -> None:
    found = one_policy(
        tmp_path,
        more="level: service\nrank: 3\nstatus: draft\nsources: [jira, zendesk]\nwhen: {customer: acme}\n"
        "links: {wiki: https://wiki.example.com}\nstatuses: {resolved: [Done, FIXED], known: New}",
    )
    assert (found.level, found.rank, found.draft, found.sources) == (Level.SERVICE, 3, True, ("jira", "zendesk"))
    assert found.when == Field("customer", ("acme",))
    assert found.links == {"wiki": "https://wiki.example.com"}
    assert found.statuses == Statuses(frozenset({"done", "fixed"}), frozenset({"closed"}), frozenset({"new"}))


def test_an_ola_names_what_it_supports(tmp_path: Path) -> None:
    text = policy(name="gold") + policy(name="net", more="type: OLA\nsupports: gold")
    found = loaded(tmp_path, text).policies.policies[1]
    assert (found.kind, found.supports) == (PolicyKind.OLA, "gold")


def test_an_exemption_has_no_objectives(tmp_path: Path) -> None:
    assert one_policy(tmp_path, "", "exempt: true") == Policy("p", (), exempt=True)


@pytest.mark.parametrize(
    ("text", "span_ms", "days"),
    [("30m", 1_800_000, None), ("1h30m", 5_400_000, None), ("2d", 172_800_000, None), ("1 business day", None, 1),
     ("5 business days", None, 5), ("5 business_days", None, 5)],
)  # fmt: skip
def test_a_target_is_a_span_or_working_dates(tmp_path: Path, text: str, span_ms: int | None, days: int | None) -> None:
    """Semantics 2.9: `1d` is 24 hours of running time, business days are a unit of their own."""
    targets = one_objective(tmp_path, f"{{target: {text}}}").targets
    assert (targets.default, targets.by_value) == (Target(text, span_ms, days), {})


def test_targets_go_by_priority_unless_another_field_is_named(tmp_path: Path) -> None:
    targets = one_objective(tmp_path, "{targets: {P1: 1h, 2: 2h, default: 8h}}").targets
    assert targets.field == "priority"
    assert targets.by_value == {"p1": Target("1h", 3_600_000), "2": Target("2h", 7_200_000)}
    assert targets.default == Target("8h", 28_800_000)
    by_impact = one_objective(tmp_path, "{by: impact, targets: {HIGH: 1h}}").targets
    assert (by_impact.field, by_impact.by_value, by_impact.default) == (
        "impact",
        {"high": Target("1h", 3_600_000)},
        None,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90%", Threshold("90%", 9_000)),
        ("'99.5 %'", Threshold("99.5%", 9_950)),
        ("150.00%", Threshold("150%", 15_000)),
        ("90m before", Threshold("1h30m before", offset_ms=-5_400_000)),
        ("2h after", Threshold("2h after", offset_ms=7_200_000)),
    ],
)
def test_a_threshold_has_one_name_however_it_is_written(tmp_path: Path, text: str, expected: Threshold) -> None:
    """Semantics 3.8, and the name is part of the fact's id (4.5)."""
    assert one_objective(tmp_path, f"{{target: 4h, warn: [{text}]}}").thresholds == (expected,)


def test_labels_of_a_policy_stand_below_those_of_a_threshold(tmp_path: Path) -> None:
    warn = "{at: 50%, severity: low, labels: {team: noc}, runbook_url: https://x.example, escalate_to: boss}"
    text = policy(f"{{resolution: {{target: 4h, warn: [90%, {warn}]}}}}").replace(
        "{name: p}", "{name: p, labels: {team: desk, tier: gold}}"
    )
    (objective,) = loaded(tmp_path, text).policies.policies[0].objectives
    assert objective.thresholds == (
        Threshold("90%", 9_000, labels={"team": "desk", "tier": "gold"}),
        Threshold(
            "50%", 5_000, severity="low", labels={"team": "noc", "tier": "gold"},
            runbook_url="https://x.example", escalate_to="boss",
        ),
    )  # fmt: skip


def test_pauses_of_the_policy_hold_for_objectives_that_pause_and_say_nothing(tmp_path: Path) -> None:
    kinds = (
        "{first_response: {target: 1h}, next_response: {target: 1h}, acknowledge: {target: 1h}, assign: {target: 1h}, "
    )
    kinds += "periodic_update: {target: 1h}, resolution: {target: 1h}, group_ownership: {target: 1h}, "
    kinds += "mine: {kind: custom, target: 1h, start: {event: created}, stop: {event: closed}}, "
    kinds += "other: {kind: resolution, target: 1h, pause: []}, third: {kind: assign, target: 1h, pause: On Hold}}"
    pauses = {o.name: o.pause for o in one_policy(tmp_path, kinds, "pause: {status: [Waiting, On Hold]}").objectives}
    waiting = Field("status", ("Waiting", "On Hold"))
    assert pauses == {
        "first_response": None, "next_response": None, "acknowledge": None, "assign": None,
        "periodic_update": waiting, "resolution": waiting, "group_ownership": waiting, "mine": waiting,
        "other": Any(()), "third": Field("status", ("On Hold",)),
    }  # fmt: skip


def test_statuses_that_conditions_name_are_known_without_being_listed(tmp_path: Path) -> None:
    found = one_policy(
        tmp_path, "{resolution: {target: 1h, stop: [Fixed]}}", "pause: [Waiting]\nstatuses: {known: [New]}"
    )
    assert found.statuses.known == {"new", "waiting", "fixed"}


def test_an_objective_of_another_name_says_its_kind(tmp_path: Path) -> None:
    assert one_objective(tmp_path, "{kind: resolution, target: 1h}", "workaround").kind is ObjectiveKind.RESOLUTION


def test_a_calendar_comes_from_the_objective_else_the_policy_else_the_agreement(tmp_path: Path) -> None:
    text = changed("  agreement: acme\n", "  agreement: acme\n  calendar: 24x7\n").replace(
        "{target: 30m}", "{target: 30m, calendar: office}"
    )
    own, shared = loaded(tmp_path, text).policies.policies[0].objectives
    assert (own.calendar.name, shared.calendar.name) == ("office", "always")
    (first, second) = loaded(tmp_path, changed("      calendar: always\n", "")).policies.policies[0].objectives
    assert (first.calendar.name, second.calendar.name) == ("office", "office")


def test_around_the_clock_has_the_dates_of_the_agreement(tmp_path: Path) -> None:
    _, resolution = loaded(tmp_path, GOOD).policies.policies[0].objectives
    assert (resolution.calendar.name, resolution.calendar.zone) == ("always", "Europe/Berlin")


def test_dates_of_an_agreement_begin_at_midnight_of_its_zone(tmp_path: Path) -> None:
    agreement = loaded(tmp_path, GOOD).policies.agreements["acme"]
    assert agreement.effective_from == instants.parse("2023-12-31T23:00:00Z")
    assert agreement.effective_until == instants.parse("2024-12-31T23:00:00Z")


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),  # no midnight: 00:00 became 01:00
        ("America/Havana", "2024-11-03", "2024-11-03T04:00:00Z"),  # two midnights: the first
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),  # no such day: where the 31st begins
    ],
)
def test_a_midnight_that_is_not_there_moves_forward_and_one_of_two_is_the_first(
    tmp_path: Path, zone: str, day: str, begins: str
) -> None:
    """Semantics 2.6."""
    text = f"apiVersion: slamon/v1\nkind: Agreement\nmetadata: {{name: a}}\nspec: {{zone: {zone}, effective: {{from: {day}}}}}\n"
    assert loaded(tmp_path, text).policies.agreements["a"].effective_from == instants.parse(begins)


def test_an_override_has_the_dates_of_the_agreement_it_touches(tmp_path: Path) -> None:
    (override,) = loaded(tmp_path, GOOD).policies.overrides
    assert (override.start, override.end) == tuple(
        map(instants.parse, ("2024-12-19T23:00:00Z", "2024-12-23T23:00:00Z"))
    )
    assert (override.effect, override.relax_percent, override.relax_ms, override.reason) == (
        "relax",
        20_000,
        None,
        "A storm",
    )
    assert (override.policies, override.objectives, override.when) == (frozenset({"gold"}), frozenset(), None)


def test_an_override_can_add_time_to_some_objectives_of_some_tickets(tmp_path: Path) -> None:
    text = changed("relax: 200%", "relax: +4h\n  objectives: resolution\n  when: {priority: P1}")
    (override,) = loaded(tmp_path, text).policies.overrides
    assert (override.relax_percent, override.relax_ms) == (None, 14_400_000)
    assert (override.objectives, override.when) == (frozenset({"resolution"}), Field("priority", ("P1",)))


def test_holidays_are_dates_of_the_country_from_last_year_to_six_years_ahead(tmp_path: Path) -> None:
    off = loaded(tmp_path, GOOD).policies.calendars["office"].holidays
    assert (min(off).isoformat(), max(off).isoformat()) == ("2023-01-01", "2030-12-26")
    assert {day.isoformat() for day in off if day.year == 2024} == {
        "2024-01-01", "2024-03-08", "2024-03-29", "2024-04-01", "2024-05-01", "2024-05-09", "2024-05-20", "2024-10-03",
        "2024-12-25", "2024-12-26", "2024-12-31",
    }  # fmt: skip


def test_holidays_can_begin_earlier_for_a_replay_of_old_tickets(tmp_path: Path) -> None:
    off = (
        loaded(tmp_path, changed("    country: DE\n", "    country: DE\n    since: 2016\n"))
        .policies.calendars["office"]
        .holidays
    )
    assert min(off).isoformat() == "2016-01-01"


def test_valid_from_and_apply_to_are_said_of_the_whole_set(tmp_path: Path) -> None:
    found = loaded(
        tmp_path, changed("{name: gold}", "{name: gold, valid_from: 2024-06-01T00:00:00+02:00, apply_to: open}")
    )
    assert (found.valid_from, found.to_open) == (instants.parse("2024-05-31T22:00:00Z"), True)
    plain = loaded(tmp_path, GOOD, NOW)
    assert (plain.valid_from, plain.to_open) == (None, False)
