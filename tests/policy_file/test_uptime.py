"""What the words of policies for services and of maintenance mean in the rules, and what they may not say of each other."""

from dataclasses import replace
from pathlib import Path

import pytest

from slamon.policy_file import check_sources, from_text
from slamon.sla import instants
from slamon.sla.calendar import ALWAYS
from slamon.sla.conditions import All, Field
from slamon.sla.policy import Objective, ObjectiveKind, Policy, PolicyKind, Target, Targets, Threshold
from slamon.sla.uptime_terms import BurnRate, Maintenance, Period, UptimeTerms
from slamon.sources import SOURCES
from slamon.sources.capabilities import missing
from tests.policy_file.writing import SERVICES, changed, complaints, loaded, policy, uptime

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000


def one_policy(folder: Path, objectives: str = "{availability: {target: 99.9%}}", more: str = "") -> Policy:
    """The policy that a file with only that one holds."""
    (found,) = loaded(folder, uptime(objectives, more=more)).policies.policies
    return found


def one_objective(folder: Path, objective: str, name: str = "availability") -> Objective:
    """The only objective of the only policy."""
    (found,) = one_policy(folder, f"{{{name}: {objective}}}").objectives
    return found


def maintenance(folder: Path, more: str) -> Maintenance:
    """The only maintenance of a file; `more` are lines of its spec."""
    lines = "".join(f"  {line}\n" for line in more.splitlines())
    text = f"apiVersion: slamon/v1\nkind: Maintenance\nmetadata: {{name: m}}\nspec:\n{lines}"
    (found,) = loaded(folder, text).policies.maintenance
    return found


# -- policies ------------------------------------------------------------------------------------------------------


def test_a_policy_that_says_little_is_the_plain_one(tmp_path: Path) -> None:
    found = one_policy(tmp_path)
    assert replace(found, objectives=()) == Policy("u", (), uptime=UptimeTerms())
    (objective,) = found.objectives
    target = Targets("tier", {}, Target("99.9%", down_ppb=1_000_000))
    assert objective == Objective(
        "availability", ObjectiveKind.AVAILABILITY, target, ALWAYS, period=Period("month", "month")
    )


def test_a_policy_for_tickets_has_no_terms_of_uptime(tmp_path: Path) -> None:
    assert [p.uptime for p in loaded(tmp_path, policy()).policies.policies] == [None]


def test_everything_a_policy_says_arrives(tmp_path: Path) -> None:
    policies = loaded(tmp_path, SERVICES).policies
    (shop,) = policies.policies
    assert shop.when == All((Field("service", ("checkout", "search")), Field("tier", ("gold",))))
    assert shop.agreement == policies.agreements["acme"]
    office = policies.calendars["office"]
    assert shop.uptime == UptimeTerms(
        office, "exclude", 8 * HOUR_MS, 3 * DAY_MS, 5000, 5 * MINUTE_MS, "unknown", 3 * MINUTE_MS, "any"
    )
    assert [(o.name, o.kind.value, o.period.text) for o in shop.objectives if o.period] == [
        ("availability", "availability", "month"), ("longest_outage", "longest_outage", "month"),
        ("mtbf", "mtbf", "month"), ("mttr", "mttr", "month"), ("outages", "outages", "month"),
        ("yearly", "availability", "year"),
    ]  # fmt: skip
    assert {(o.calendar.name, o.period.zone) for o in shop.objectives if o.period} == {("office", "Europe/Berlin")}


def test_service_hours_are_around_the_clock_and_not_the_calendar_of_the_agreement(tmp_path: Path) -> None:
    text = changed("  service_hours: office\n", "", SERVICES)
    text = text.replace("spec: {zone: Europe/Berlin}", "spec: {zone: Europe/Berlin, calendar: office}")
    (shop,) = loaded(tmp_path, text).policies.policies
    assert shop.uptime is not None
    assert (shop.uptime.hours.name, shop.uptime.hours.zone) == ("always", "Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "period"),
    [("day", ("day", "day")), ("W", ("week", "week")), ("M", ("month", "month")), ("Q", ("quarter", "quarter")),
     ("Y", ("year", "year")), ("30d rolling", ("30d rolling", None, 30 * DAY_MS)),
     ("{rolling: 30d}", ("30d rolling", None, 30 * DAY_MS)), ("1h rolling", ("1h rolling", None, HOUR_MS))],
)  # fmt: skip
def test_a_period_is_a_calendar_unit_or_rolls(tmp_path: Path, written: str, period: tuple[str, ...]) -> None:
    assert one_objective(tmp_path, f"{{target: 99%, period: {written}}}").period == Period(*period)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "down_ppb"),
    [("99.9%", 1_000_000), ("99%", 10_000_000), ("100%", 0), ("99.9999999%", 1), ("'99.95 %'", 500_000),
     ("0.0000001%", 999_999_999), ("99.90000000%", 1_000_000), ("33.3%", 667_000_000)],
)  # fmt: skip
def test_the_share_a_service_may_be_down_is_exact(tmp_path: Path, text: str, down_ppb: int) -> None:
    target = one_objective(tmp_path, f"{{target: {text}}}").targets.default
    assert target is not None
    assert target.down_ppb == down_ppb


def test_other_kinds_allow_spans_and_counts(tmp_path: Path) -> None:
    spans = {kind: one_objective(tmp_path, "{target: 1h30m}", kind).targets.default for kind in ("longest_outage", "mttr", "mtbf")}  # fmt: skip
    assert set(spans.values()) == {Target("1h30m", 5_400_000)}
    assert one_objective(tmp_path, "{target: 3}", "outages").targets.default == Target("3", count=3)
    assert one_objective(tmp_path, "{kind: mttr, target: 1h}", "repair").kind is ObjectiveKind.MTTR


def test_targets_go_by_tier_unless_another_field_is_named(tmp_path: Path) -> None:
    targets = one_objective(tmp_path, "{targets: {Gold: 99.9%, default: 99%}}").targets
    gold, default = Target("99.9%", down_ppb=1_000_000), Target("99%", down_ppb=10_000_000)
    assert targets == Targets("tier", {"gold": gold}, default)
    assert one_objective(tmp_path, "{by: region, targets: {eu: 99%}}").targets == Targets("region", {"eu": default})


# -- burn rates ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "names"),
    [
        ("month", ["14.4x 1h 5m", "6x 6h 30m", "3x 1d 2h", "1x 3d 6h"]),
        ("30d rolling", ["14.4x 1h 5m", "6x 6h 30m", "3x 1d 2h", "1x 3d 6h"]),
        ("quarter", ["14.4x 3h 15m", "6x 18h 1h30m", "3x 3d 6h", "1x 9d 18h"]),
        ("year", ["14.4x 12h10m 1h50s", "6x 3d1h 6h5m", "3x 12d4h 1d20m", "1x 36d12h 3d1h"]),
        ("week", ["14.4x 14m 1m10s", "6x 1h24m 7m", "3x 5h36m 28m", "1x 16h48m 1h24m"]),
        ("day", ["14.4x 2m 10s", "6x 12m 1m", "3x 48m 4m", "1x 2h24m 12m"]),
    ],
)
def test_standard_burn_rates_scale_with_the_length_of_the_period(tmp_path: Path, period: str, names: list[str]) -> None:
    """Semantics 5.8: windows scale, factors stay."""
    thresholds = one_objective(tmp_path, f"{{target: 99.9%, period: {period}, burn_rates: standard}}").thresholds
    assert [threshold.name for threshold in thresholds] == names
    assert [threshold.severity for threshold in thresholds] == ["critical", "critical", "warning", "warning"]
    assert [t.burn.factor for t in thresholds if t.burn] == [1440, 600, 300, 100]


def test_burn_rates_of_ones_own_stand_after_the_warnings_with_the_labels_of_the_policy(tmp_path: Path) -> None:
    own = "{factor: 2.5, long: 90m, short: 10m, severity: low, labels: {a: b}, escalate_to: boss}"
    text = uptime(f"{{availability: {{target: 99%, warn: [50%], burn_rates: [{own}]}}}}")
    text = text.replace("{name: u}", "{name: u, labels: {team: noc}}")
    (objective,) = loaded(tmp_path, text).policies.policies[0].objectives
    assert objective.thresholds == (
        Threshold("50%", 5000, labels={"team": "noc"}),
        Threshold(
            "2.5x 1h30m 10m", burn=BurnRate(250, 5_400_000, 600_000), severity="low",
            labels={"a": "b", "team": "noc"}, escalate_to="boss",
        ),
    )  # fmt: skip


def test_the_standard_ones_can_be_given_a_severity_and_company(tmp_path: Path) -> None:
    written = "{target: 99%, burn_rates: [{pairs: standard, severity: high}, {factor: 2, long: 2d, short: 1h}]}"
    thresholds = one_objective(tmp_path, written).thresholds
    assert [threshold.severity for threshold in thresholds] == ["high"] * 4 + [None]


# -- maintenance ---------------------------------------------------------------------------------------------------


def test_everything_a_maintenance_says_arrives(tmp_path: Path) -> None:
    (db,) = loaded(tmp_path, SERVICES).policies.maintenance
    assert (db.name, db.when, db.policies) == ("db", Field("service", ("checkout",)), frozenset({"shop"}))
    assert (db.announced, db.reason) == (instants.parse("2024-02-19T23:00:00Z"), "New disks")
    found = db.windows.between(instants.parse("2024-03-30T00:00:00Z"), instants.parse("2024-04-02T00:00:00Z"))
    assert [instants.render(at) for window in found for at in window] == [
        "2024-03-31T01:00:00Z", "2024-03-31T03:00:00Z", "2024-04-01T00:00:00Z", "2024-04-01T02:00:00Z",
    ]  # fmt: skip


def test_a_maintenance_that_says_little_is_for_every_service_of_every_policy_in_utc(tmp_path: Path) -> None:
    found = maintenance(tmp_path, "windows: [{from: 2024-04-01, until: 2024-04-01T06:00:00+02:00}]")
    assert (found.when, found.policies, found.announced, found.reason) == (None, frozenset(), None, "")
    start, end = map(instants.parse, ("2024-04-01T00:00:00Z", "2024-04-01T04:00:00Z"))
    assert found.windows.between(start - DAY_MS, end + DAY_MS) == ((start, end),)


def test_the_content_of_a_maintenance_is_that_of_its_windows(tmp_path: Path) -> None:
    once = maintenance(tmp_path, "windows: [{from: 2024-04-01T02:00, until: 2024-04-01T03:00}]")
    again = maintenance(tmp_path, "zone: Europe/Berlin\nreason: x\nwindows: [{from: 2024-04-01T04:00, until: 2024-04-01T05:00}]")  # fmt: skip
    other = maintenance(tmp_path, "windows: [{from: 2024-04-01T02:00, until: 2024-04-01T03:01}]")
    assert once.content == again.content != other.content


@pytest.mark.parametrize(
    ("old", "new"),
    [("period: month", "period: M"), ("degraded: 0.5", "degraded: 0.50"), ("maintenance: {at", "maintenance: {mode: exclude, at"),
     ("burn_rates: standard", "burn_rates: [standard]"), ("{target: 3,", "{target: '3',"), ("rule: FREQ", "rule: rrule:freq")],
)  # fmt: skip
def test_what_means_the_same_is_the_same_version(tmp_path: Path, old: str, new: str) -> None:
    first, second = loaded(tmp_path, SERVICES), loaded(tmp_path, changed(old, new, SERVICES))
    assert first.policies.version == second.policies.version


@pytest.mark.parametrize(
    ("old", "new"),
    [("period: month", "period: week"), ("degraded: 0.5", "degraded: 0.6"), ("BYDAY=SU", "BYDAY=SA"),
     ("lasts: 2h", "lasts: 3h"), ("until: 2024-04-01T04:00", "until: 2024-04-01T05:00"), ("announced: 2024-02-20", "announced: 2024-02-21")],
)  # fmt: skip
def test_what_means_something_else_is_another_version(tmp_path: Path, old: str, new: str) -> None:
    first, second = loaded(tmp_path, SERVICES), loaded(tmp_path, changed(old, new, SERVICES))
    assert first.policies.version != second.policies.version


def test_a_text_gives_back_the_same_policies_and_windows(tmp_path: Path) -> None:
    first = loaded(tmp_path, SERVICES)
    again = from_text(first.text).policies
    assert again.maintenance == first.policies.maintenance
    assert [replace(p, objectives=(), uptime=None) for p in again.policies] == [
        replace(p, objectives=(), uptime=None) for p in first.policies.policies
    ]
    assert [[(o.targets, o.thresholds, o.period) for o in p.objectives] for p in again.policies] == [
        [(o.targets, o.thresholds, o.period) for o in p.objectives] for p in first.policies.policies
    ]


# -- between documents ---------------------------------------------------------------------------------------------


def test_policies_for_services_tie_like_those_for_tickets(tmp_path: Path) -> None:
    assert complaints(tmp_path, uptime(name="a") + uptime(name="b")) == [
        (
            "policies.yaml:12: spec.rank: expected an order among policies that can cover the same service, got level "
            "corporate and rank 0 like policy 'a' at policies.yaml:4 (give one a lower rank, or a `when` that keeps them "
            "apart: both promise availability)"
        )
    ]


def test_policies_of_two_agreements_do_not_tie_since_a_service_has_many_customers(tmp_path: Path) -> None:
    contract = "\n---\n".join(
        f"apiVersion: slamon/v1\nkind: Agreement\nmetadata: {{name: {name}}}\nspec: {{customer: {name}}}\n"
        for name in ("acme", "beta")
    )
    two = uptime(name="a", more="agreement: acme") + uptime(name="b", more="agreement: beta")
    assert complaints(tmp_path, f"{contract}\n---\n{two}") == []
    assert len(complaints(tmp_path, f"{contract}\n---\n{two.replace('beta', 'acme')}")) == 1


@pytest.mark.parametrize(
    ("one", "two"),
    [("services: [a, b]", "services: [c]"), ("services: a", "when: {not: {service: A}}"), ("rank: 1", "rank: 2"),
     ("when: {tier: gold}", "when: {tier: silver}")],
)  # fmt: skip
def test_policies_for_different_services_do_not_tie(tmp_path: Path, one: str, two: str) -> None:
    assert complaints(tmp_path, uptime(name="a", more=one) + uptime(name="b", more=two)) == []


def test_the_same_service_in_another_case_ties(tmp_path: Path) -> None:
    one, two = uptime(name="a", more="services: [Shop]"), uptime(name="b", more="services: [shop]")
    assert len(complaints(tmp_path, one + two)) == 1


def test_a_policy_for_tickets_never_ties_with_one_for_services(tmp_path: Path) -> None:
    custom = "{availability: {kind: custom, start: {event: created}, stop: {event: closed}, target: 1h}}"
    assert complaints(tmp_path, policy(custom, name="a") + uptime(name="b")) == []


def test_policies_for_tickets_and_for_services_share_their_names(tmp_path: Path) -> None:
    assert complaints(tmp_path, policy(name="a") + uptime(name="a")) == [
        "policies.yaml:10: metadata.name: expected each name once, got UptimeSLA 'a' again (the first is at policies.yaml:4)"
    ]


def test_an_ola_for_services_supports_an_sla_for_services(tmp_path: Path) -> None:
    found = loaded(tmp_path, uptime(name="a") + uptime(name="net", more="type: OLA\nsupports: a")).policies.policies
    assert [(p.name, p.kind, p.supports) for p in found] == [("a", PolicyKind.SLA, None), ("net", PolicyKind.OLA, "a")]


@pytest.mark.parametrize(("parent", "child", "kind", "called"), [(policy, uptime, "TicketSLA", " for services"), (uptime, policy, "UptimeSLA", "")])  # fmt: skip
def test_nothing_supports_a_policy_of_the_other_kind(
    tmp_path: Path, parent: object, child: object, kind: str, called: str
) -> None:
    text = parent(name="a") + child(name="net", more="type: UC\nsupports: a")  # type: ignore[operator]
    assert [line.split(": ", 2)[2] for line in complaints(tmp_path, text)] == [
        f"expected the name of a known policy{called}, got 'a' ('a' is of kind {kind})"
    ]


def test_a_maintenance_is_not_for_a_policy_for_tickets(tmp_path: Path) -> None:
    text = SERVICES.replace("policies: [shop]\n  zone", "policies: [desk]\n  zone") + policy(name="desk")
    assert complaints(tmp_path, text) == [
        "policies.yaml:40: spec.policies[0]: expected the name of a known policy for services, got 'desk' ('desk' is of kind TicketSLA)"
    ]


RELAX = "---\napiVersion: slamon/v1\nkind: Override\nmetadata: {name: o}\nspec: {from: 2024-01-01, until: 2024-02-01, effect: relax, relax: 200%%, reason: x%s}\n"


def test_an_override_can_not_relax_an_objective_of_services(tmp_path: Path) -> None:
    (problem,) = complaints(tmp_path, policy() + uptime() + RELAX % ", objectives: [availability]")
    assert "expected an objective of these policies, got 'availability' (time of services is not relaxed" in problem
    (alone,) = complaints(tmp_path, uptime() + RELAX % ", objectives: [availability]")
    assert alone.endswith(problem.rpartition("(")[2])


def test_an_override_that_relaxes_everything_relaxes_tickets_in_their_zone(tmp_path: Path) -> None:
    agreement = "apiVersion: slamon/v1\nkind: Agreement\nmetadata: {name: acme}\nspec: {zone: Europe/Berlin}\n"
    text = agreement + policy(more="agreement: acme") + uptime() + RELAX % ""
    (override,) = loaded(tmp_path, text).policies.overrides
    assert override.start == instants.parse("2023-12-31T23:00:00Z")


def test_a_broken_period_is_told_once(tmp_path: Path) -> None:
    found = complaints(tmp_path, changed("period: month", "period: monthly", SERVICES))
    assert len(found) == 1


def test_a_promise_of_a_service_needs_a_source_that_shows_outages(tmp_path: Path) -> None:
    found = loaded(tmp_path, uptime(more="sources: [jira]"))
    start, stop = check_sources(found, SOURCES, missing)
    assert (start.path, start.hint) == (
        "spec.objectives.availability",
        "'jira' can never start 'availability': it does not show that a service is down",
    )
    assert stop.hint == "'jira' can never stop 'availability': it does not show that a service is up"
    assert check_sources(loaded(tmp_path, uptime(more="sources: [alertmanager, jira]")), SOURCES, missing) == []


def test_an_unknown_source_of_a_service_is_told_as_that_of_tickets_is(tmp_path: Path) -> None:
    found = loaded(tmp_path, policy(more="sources: [nowhere]") + uptime(more="sources: [nowhere]"))
    assert [problem.got for problem in check_sources(found, [], lambda names, objective: [])] == ["'nowhere'"] * 2
