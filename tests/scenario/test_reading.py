"""Scenario files are read strictly: everything wrong with one is told at once, with its line and the way out."""

from pathlib import Path

import pytest

from slamon.policy_file import PolicyFileError
from slamon.scenario.read import Scenario, from_bytes, read
from slamon.scenario.run import run
from slamon.sla.instants import parse

GOOD = """\
title: Four hours
zone: Europe/Berlin
targets: {resolution: 4h}
timeline:
  - [2024-01-08 10:00, created]
"""


def scenario(text: str) -> Scenario:
    return from_bytes("x.yaml", text.encode())


def problems(text: str) -> list[str]:
    with pytest.raises(PolicyFileError) as caught:
        scenario(text)
    return [str(problem).removeprefix("x.yaml:") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("title: Four hours\n", ""), ["1: title: expected a text, got nothing"]),
        (("Berlin", "Berln"), ["2: zone: expected a time zone like 'Europe/Berlin', got 'Europe/Berln' (did you mean 'Europe/Berlin'?)"]),
        (("created", "creatd"), ["5: timeline[0]: expected an event or a state, got 'creatd' (did you mean 'created'?)"]),
        (("2024-01-08 10:00", "2024-13-08 10:00"), ["5: timeline[0]: expected an instant like '2024-01-05 15:00' or '2024-01-05T15:00:00Z', got '2024-13-08 10:00'"]),
        (("created]", "created, {revision: -1}]"), ["5: timeline[0].revision: expected a number from 0, got -1"]),
        (("created]", "created, {priority: {a: b}}]"), ["5: timeline[0].fields.priority: expected a text, number, true, false, null or a list of texts, got an object with 1 keys (name each part as a field of its own, like customer_tier)"]),
        (("created]", "created, 5, 6]"), ["5: timeline[0]: expected a list like [at, event, {...}], got 4 members"]),
        (("created]", "created, {arrives: 7}]"), ["5: timeline[0].arrives: expected a place from 0 to 1, or an instant, got 7"]),
        (("resolution: 4h", "resolution: 4 hours"), ["3: spec.objectives.resolution.target: expected a duration like '4h', '30m' or '1h30m', got '4 hours' (did you mean '4h'?)"]),
        (("targets: {resolution: 4h}\n", ""), ["1: expected targets, objectives, uptime, documents or policies, got none (like targets: {resolution: 4h})"]),
        (("targets: {resolution: 4h}", "targets: {resolution: 4h}\npolicies: p.yaml"), ["4: policies: expected one way of saying what is promised, got policies and targets"]),
        (("targets: {resolution: 4h}", "policies: none.yaml"), ["x"]),
    ],
)  # fmt: skip
def test_each_mistake_has_its_line_and_its_way_out(change: tuple[str, str], told: list[str]):
    found = problems(GOOD.replace(*change))
    assert found == told or (told == ["x"] and "none.yaml: expected a policy file" in found[0])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("expect: [[2024-01-08 14:00, breech, resolution]]", "6: expect[0].what: expected warning, cleared, breach, met, missed, cancelled or statement, got 'breech' (did you mean 'breach'?)"),
        ("expect: [[2024-01-08 14:00, breach, resolution, {elapsd: 4h}]]", "6: expect[0].elapsd: expected something that slamon tells, got 'elapsd' (did you mean 'elapsed'?)"),
        ("expect: [[2024-01-08 14:00, breach, resolution, {elapsed: 4 hours}]]", "6: expect[0].elapsed: expected a duration like '4h', '30m' or '1h30m', got '4 hours' (did you mean '4h'?)"),
        ("expect: [[2024-01-08 14:00, breach]]", "6: expect[0].objective: expected a text, got nothing"),
        ("clocks: [{stage: met}]", "6: clocks[0].objective: expected the name of an objective, got nothing"),
        ("clocks: [{objective: resolution, pauses: [2024-01-08 10:00]}]", "6: clocks[0].pauses: expected a list of [from, to, reason], got a list"),
        ("ticks: [noon]", "6: ticks[0]: expected an instant like '2024-01-05 15:00' or '2024-01-05T15:00:00Z', got 'noon'"),
        ("limits: {retention: long}", "6: limits.retention: expected a duration like '4h', '30m' or '1h30m', got 'long' (whole numbers, units w d h m s ms, largest first)"),
        ("changes: [{at: 2024-01-09 10:00}]", "6: changes[0]: expected targets, objectives, uptime, documents or policies, got none (like targets: {resolution: 4h})"),
    ],
)  # fmt: skip
def test_what_is_expected_is_read_as_strictly(line: str, told: str):
    assert problems(GOOD + line + "\n") == [told]


def test_all_problems_are_told_at_once():
    assert len(problems(GOOD.replace("created", "creatd").replace("4h", "4x") + "ticks: [noon]\nuntil: night\n")) == 4


@pytest.mark.parametrize("content", [b"", b"\xff", b"- 1\n", b"a: 1\n---\nb: 2\n", b"[" * 5000, b"title: [\n"])
def test_what_is_no_scenario_at_all_is_refused(content: bytes):
    with pytest.raises(PolicyFileError):
        from_bytes("x.yaml", content)


def test_an_instant_is_on_the_wall_clock_of_the_zone_unless_it_says_otherwise():
    made = scenario(GOOD + "ticks: [2024-01-08T10:00:00Z, '2024-01-08T10:00:00-05:00', 2024-01-08 10:00:30.250]\n")
    assert made.ticks == tuple(map(parse, ("2024-01-08T09:00:30.250Z", "2024-01-08T10:00:00Z", "2024-01-08T15:00:00Z")))


def test_times_that_the_zone_skips_or_has_twice_follow_the_calendar():
    made = scenario(GOOD + "ticks: [2024-03-31 02:30, 2024-10-27 02:30]\n")
    assert made.ticks == (parse("2024-03-31T01:30:00Z"), parse("2024-10-27T00:30:00Z"))


def test_records_arrive_by_time_unless_they_say_when():
    rows = [
        "[2024-01-08 12:00, note, {id: c}]",
        "[2024-01-08 11:00, note, {id: b, arrives: 3}]",
        "[2024-01-08 13:00, note, {id: d, arrives: 0}]",
    ]
    made = scenario(GOOD.replace("created]", "created, {id: a}]") + "".join(f"  - {row}\n" for row in rows))
    assert [arrival.event.id for arrival in made.arrivals] == ["d", "a", "c", "b"]


def test_a_later_version_holds_from_its_own_instant():
    made = scenario(GOOD + "changes: [{at: 2024-01-08 09:00, apply_to: open, targets: {resolution: 1h}}]\n")
    assert [(a.at, a.to_open) for a in made.book.activations] == [(0, False), (parse("2024-01-08T08:00:00Z"), True)]
    ((fact,),) = [outcome.facts for outcome in run(made)]
    assert (fact.at, fact.what) == (parse("2024-01-08T10:00:00Z"), "breach")


def test_policies_of_files_are_found_beside_the_scenario(tmp_path: Path):
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "p.yaml").write_text(
        "apiVersion: slamon/v1\nkind: TicketSLA\nmetadata: {name: p}\nspec: {objectives: {resolution: {target: 2h}}}\n"
    )
    path = tmp_path / "scenario.yaml"
    path.write_text(GOOD.replace("targets: {resolution: 4h}", "policies: policies"))
    ((fact,),) = [outcome.facts for outcome in run(read(path))]
    assert fact.at == parse("2024-01-08T11:00:00Z")


def test_a_file_that_is_no_scenario_at_all_is_told_what_one_is():
    assert problems("- 1") == ["1: expected a scenario: title, timeline and what is expected, got a list"]


def test_a_place_is_told_in_the_words_of_the_file():
    told = problems(GOOD.replace("targets: {resolution: 4h}", "policies: {files: x}"))
    assert told == ["3: policies: expected a text, got a mapping"]


SERVICE = """\
title: Checkout
uptime: {period: month, targets: {availability: 99.9%}}
timeline:
  - [2024-04-01 00:00, up]
until: 2024-05-01 00:00
"""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("up]", "dwn]"), "4: timeline[0]: expected an event or a state, got 'dwn' (did you mean 'down'?)"),
        (("up]", "up, {ttl: 5 minutes}]"), "4: timeline[0].ttl: expected a duration like '4h', '30m' or '1h30m', got '5 minutes' (did you mean '5m'?)"),
        (("up]", "up, {ttl: 2y}]"), "4: timeline[0].ttl: expected a duration like '4h', '30m' or '1h30m', got '2y' (whole numbers, units w d h m s ms, largest first)"),
        (("up]", "up, {locaton: eu}]"), "4: timeline[0].locaton: expected one of at, state, service, location, ttl, customer, maintenance, deleted, id, revision, source, arrives or fields, got the key 'locaton' (did you mean 'location'?)"),
        (("up]", "{maintenance: {name: x, from: 2024-04-02 00:00}}]"), "4: timeline[0].maintenance.until: expected 'until', got nothing"),
        (("up]", "{maintenance: {name: x, from: 2024-04-02 00:00, until: 2024-04-01 00:00}}]"), "4: timeline[0].maintenance.until: expected an instant not before `from`, got '2024-04-01T00:00:00Z' (from is 2024-04-02T00:00:00Z)"),
        (("up]", "up, {deleted: true}]"), "4: timeline[0].deleted: expected nothing but the end of the service, got true (send state and maintenance alone)"),
        (("up]", "{service: shop}]"), "4: timeline[0].state: expected a state, maintenance, fields or deleted, got nothing (known: up, degraded, down, maintenance, unknown)"),
        (("up]", "{fields: {tier: gold}}]"), "4: timeline[0]: expected an event or a state after the instant, got none (a record of a service without a state names the `service`, its `maintenance`, or that it is `deleted`)"),
        (("[2024-04-01 00:00, up]", "{at: 2024-04-01 00:00, state: upp}"), "4: timeline[0].state: expected up, degraded, down, maintenance or unknown, got 'upp' (did you mean 'up'?)"),
        (("[2024-04-01 00:00, up]", "{state: up}"), "4: timeline[0].at: expected a text, got nothing"),
        (("period: month", "perod: month"), "2: uptime.perod: expected one of period, targets, objectives, warn, burn_rates, hours, special, holidays, maintenance, degraded, min_outage, no_data, stale_after, quorum, when, customer, effective or planned, got the key 'perod' (did you mean 'period'?)"),
        (("99.9%", "99.9"), "2: spec.objectives.availability.target: expected a target like '99.9%', '1h' or 3, got 99.9 (did you mean '99.9%'?)"),
        (("uptime:", "hours: always\nuptime:"), "2: hours: expected targets or objectives of tickets beside it, got none (what holds for services stands in `uptime`)"),
        (("until: 2024-05-01 00:00\n", ""), "1: expected `until`, the last instant that counts, got none (one period of a service follows the other)"),
    ],
)  # fmt: skip
def test_a_mistake_about_a_service_has_its_line_and_its_way_out(change: tuple[str, str], told: str):
    assert problems(SERVICE.replace(*change)) == [told]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("expect: [[2024-05-01 00:00, statement, availability]]", "6: expect[0].objective: expected none, got 'availability' (a statement is about all objectives: claim `objectives: {availability: met}`)"),
        ("expect: [[2024-05-01 00:00, statement, {availability: high}]]", "6: expect[0].availability: expected a share like '99.9%', got 'high'"),
        ("expect: [[2024-05-01 00:00, statement, {outages: [[2024-04-02 00:00]]}]]", "6: expect[0].outages: expected a list of [from, to, reason], got a list"),
        ("expect: [[2024-05-01 00:00, met, null]]", "6: expect[0].objective: expected a text, got nothing"),
        ("clocks: [{objective: availability, service: S-1, ticket: T-1}]", "6: clocks[0].ticket: expected a ticket or a service, got 'both'"),
    ],
)  # fmt: skip
def test_what_is_expected_of_services_is_read_as_strictly(line: str, told: str):
    assert problems(SERVICE + line + "\n") == [told]


def test_a_record_of_a_service_may_be_a_list_or_a_mapping():
    rows = [
        "[2024-04-02 00:00, down, {location: eu, ttl: 90s, id: a, service: shop}]",
        "{at: 2024-04-02 00:00, state: down, location: eu, ttl: 90s, id: a, service: shop}",
    ]
    one, other = (scenario(SERVICE.replace("[2024-04-01 00:00, up]", row)) for row in rows)
    assert one.arrivals == other.arrivals
    assert one.arrivals[0].event.ttl == 90_000


def test_records_of_tickets_and_services_stand_in_one_timeline():
    both = (
        SERVICE.replace("up]\n", "up]\n  - [2024-04-01 09:00, created]\n")
        + "service: shop\ntargets: {resolution: 4h}\n"
    )
    assert [arrival.event.subject for arrival in scenario(both).arrivals] == ["shop", "T-1"]


def test_the_small_form_plans_and_limits_on_the_wall_clock_of_the_scenario():
    made = scenario(
        SERVICE.replace("period: month", "period: month, effective: {from: 2024-04-16 00:00}, customer: Globex,"
        " planned: {windows: [[2024-04-10 10:00, 2024-04-10 12:00]], announced: 2024-04-01 00:00, reason: disks}")
        + "zone: Europe/Berlin\n"
    )  # fmt: skip
    (policy,), (planned,) = made.book.activations[0].policies.policies, made.book.activations[0].policies.maintenance
    assert policy.agreement is not None
    assert (policy.agreement.customer, policy.agreement.zone) == ("Globex", "Europe/Berlin")
    assert policy.agreement.effective_from == parse("2024-04-15T22:00:00Z")
    assert list(planned.windows.between(0, 2**45)) == [(parse("2024-04-10T08:00:00Z"), parse("2024-04-10T10:00:00Z"))]
