"""One good file, one thing in it changed, and everything that is then said about it, word for word."""

from pathlib import Path

import pytest

from tests.policy_file.writing import GOOD, changed, complaints

CASES = [
    (
        "apiVersion: slamon/v1\nkind: Agreement",
        "kind: Agreement",
        [
            "policies.yaml:1: apiVersion: expected 'slamon/v1', got nothing",
        ],
    ),
    (
        "kind: Override",
        "kind: Overide",
        [
            "policies.yaml:42: kind: expected one of Agreement, Calendar, TicketSLA or Override, got 'Overide' (did you mean 'Override'?)",
        ],
    ),
    (
        "kind: Override",
        "kind: KPI",
        [
            "policies.yaml:42: kind: expected one of Agreement, Calendar, TicketSLA or Override, got 'KPI' (kind KPI is not supported by this version yet)",
        ],
    ),
    (
        "metadata: {name: gold}",
        "metadata: {}",
        [
            "policies.yaml:25: metadata.name: expected a name, got nothing",
        ],
    ),
    (
        "metadata: {name: gold}",
        "metadata: {name: go/ld}",
        [
            "policies.yaml:25: metadata.name: expected a name of letters, digits and . _ - (at most 64), got 'go/ld' (did you mean 'go-ld'?)",
            "policies.yaml:50: spec.policies[0]: expected the name of a known policy, got 'gold' (did you mean 'go/ld'?)",
        ],
    ),
    (
        "metadata: {name: gold}",
        "metadata: {name: gold, owner: me}",
        [
            "policies.yaml:25: metadata.owner: expected one of name, labels, description, valid_from or apply_to, got the key 'owner'",
        ],
    ),
    (
        "metadata: {name: office}",
        "metadata: {name: always}",
        [
            "policies.yaml:7: spec.calendar: expected the name of a known calendar, got 'office' (known: 24x7, always)",
            "policies.yaml:12: metadata.name: expected a name of its own, got 'always' ('always' is built in)",
        ],
    ),
    (
        "metadata: {name: gold}",
        "metadata: {name: gold, valid_from: tomorrow}",
        [
            "policies.yaml:25: metadata.valid_from: expected an instant like '2024-01-05T15:00:00Z', got 'tomorrow' (write it like 2024-01-05T15:00:00Z or 2024-01-05T16:00:00.250+01:00)",
        ],
    ),
    (
        "metadata: {name: gold}",
        "metadata: {name: gold, apply_to: all}",
        [
            "policies.yaml:25: metadata.apply_to: expected new or open, got 'all'",
        ],
    ),
    (
        "customer: Acme\n",
        "customer: 12\n",
        [
            "policies.yaml:5: spec.customer: expected a text, got 12 (put quotes around it: '12')",
        ],
    ),
    (
        "calendar: office",
        "calendar: ofice",
        [
            "policies.yaml:7: spec.calendar: expected the name of a known calendar, got 'ofice' (did you mean 'office'?)",
        ],
    ),
    (
        "{from: 2024-01-01, until: 2025-01-01}",
        "{from: 2025-01-01, until: 2024-01-01}",
        [
            "policies.yaml:8: spec.effective.until: expected an end after its start '2025-01-01', got '2024-01-01' (`until` does not itself belong to it)",
        ],
    ),
    (
        "{from: 2024-01-01, until: 2025-01-01}",
        "{}",
        [
            "policies.yaml:8: spec.effective: expected `from`, `until` or both, got neither",
        ],
    ),
    (
        "{from: 2024-01-01, until: 2025-01-01}",
        "{from: 01.02.2024}",
        [
            "policies.yaml:8: spec.effective.from: expected a date like '2024-12-24', got '01.02.2024'",
        ],
    ),
    (
        "mon-fri: [09:00-17:00]",
        "mon-fri: [09:00-17:00, 16:00-18:00]",
        [
            "policies.yaml:16: spec.hours.mon-fri: expected intervals that do not overlap, got '09:00-17:00 and 16:00-18:00'",
        ],
    ),
    (
        "mon-fri: [09:00-17:00]",
        "monfri: [09:00-17:00]",
        [
            "policies.yaml:16: spec.hours.monfri: expected a day or a range of days like 'mon' or 'mon-fri', got 'monfri' (did you mean 'mon-fri'?)",
        ],
    ),
    (
        "mon-fri: [09:00-17:00]",
        "mon-fri: [24:00-08:00]",
        [
            "policies.yaml:16: spec.hours.mon-fri[0]: expected 24:00 only as an end, got '24:00-08:00' (a day begins at '00:00')",
        ],
    ),
    (
        "mon-fri: [09:00-17:00]",
        "mon-fri: 9",
        [
            "policies.yaml:16: spec.hours.mon-fri: expected a list, got 9",
        ],
    ),
    (
        "2024-12-24: [09:00-12:00]",
        "2024-12-32: [09:00-12:00]",
        [
            "policies.yaml:17: spec.special.2024-12-32: expected a date that exists, got '2024-12-32'",
        ],
    ),
    (
        "2024-12-24: [09:00-12:00]",
        "2024-12-24: [09:00-12:60]",
        [
            "policies.yaml:17: spec.special.2024-12-24[0]: expected times as HH:MM or HH:MM:SS from 00:00 to 24:00, like '09:00-17:00', got '09:00-12:60'",
        ],
    ),
    (
        "country: DE",
        "country: de",
        [
            "policies.yaml:20: spec.holidays.country: expected an ISO 3166 country code like 'DE', got 'de' (did you mean 'DE'?)",
        ],
    ),
    (
        "country: DE",
        "since: 2020",
        [
            "policies.yaml:20: spec.holidays.since: expected a `country` beside it, got none",
            "policies.yaml:21: spec.holidays.subdivision: expected a `country` beside it, got none",
        ],
    ),
    (
        "subdivision: BE",
        "subdivision: Berlin",
        [
            "policies.yaml:21: spec.holidays.subdivision: expected a subdivision of DE, got 'Berlin' (known: BB, BE, BW, BY, HB, HE, HH, MV, NI, NW, RP, SH, SL, SN, ST, TH, Augsburg)",
        ],
    ),
    (
        "dates: [2024-05-01,",
        "dates: [2024-05-01, 2024-05-01,",
        [
            "policies.yaml:19: spec.holidays.dates[1]: expected each date once, got '2024-05-01' again",
        ],
    ),
    (
        "hours: [12:00-24:00]",
        "hours: [12:00-12:00]",
        [
            "policies.yaml:19: spec.holidays.dates[1].hours[0]: expected hours that start and end at different times, got '12:00-12:00' (a whole day is '00:00-24:00')",
        ],
    ),
    (
        "hours: [12:00-24:00]",
        "hours: []",
        [
            "policies.yaml:19: spec.holidays.dates[1].hours: expected hours like '12:00-24:00', got none (leave `hours` out for the whole date)",
        ],
    ),
    (
        "agreement: acme",
        "agreement: acmee",
        [
            "policies.yaml:27: spec.agreement: expected the name of a known agreement, got 'acmee' (did you mean 'acme'?)",
        ],
    ),
    (
        "level: customer",
        "level: Customer",
        [
            "policies.yaml:28: spec.level: expected corporate, service or customer, got 'Customer' (did you mean 'customer'?)",
        ],
    ),
    (
        "rank: 10",
        "rank: ten",
        [
            "policies.yaml:29: spec.rank: expected a whole number, got 'ten'",
        ],
    ),
    (
        "rank: 10",
        "rank: -1",
        [
            "policies.yaml:29: spec.rank: expected a number from 0, got -1",
        ],
    ),
    (
        "rank: 10",
        "exempt: true",
        [
            "policies.yaml:33: spec.objectives: expected none in a policy with exempt: true, got 2 (exempt means: no SLA)",
        ],
    ),
    (
        "rank: 10",
        "status: draught",
        [
            "policies.yaml:29: spec.status: expected active or draft, got 'draught' (did you mean 'draft'?)",
        ],
    ),
    (
        "rank: 10",
        "type: OLA",
        [
            "policies.yaml:26: spec.supports: expected the name of the policy that this OLA supports, got nothing",
        ],
    ),
    (
        "rank: 10",
        "supports: gold",
        [
            "policies.yaml:29: spec.supports: expected nothing in a policy of type SLA, got 'gold' (did you mean type: OLA?)",
        ],
    ),
    (
        "when: {customer: acme}",
        "when: customer",
        [
            "policies.yaml:30: spec.when: expected a condition like {customer: acme}, got 'customer'",
        ],
    ),
    (
        "when: {customer: acme}",
        "when: {evnt: created}",
        [
            "policies.yaml:30: spec.when.evnt: expected a field or one of event, by, public, changed, all, any, not or fields, got 'evnt' (did you mean 'event'? A field of that name is written {fields: {evnt: ...}})",
        ],
    ),
    (
        "when: {customer: acme}",
        "when: {event: created}",
        [
            "policies.yaml:30: spec.when.event: expected conditions on fields only, got 'event' (a single record can not decide this)",
        ],
    ),
    (
        "when: {customer: acme}",
        "when: {any: {customer: acme}}",
        [
            "policies.yaml:30: spec.when.any: expected a list of conditions, got a mapping",
        ],
    ),
    (
        "when: {customer: acme}",
        "when: {customer: {name: acme}}",
        [
            "policies.yaml:30: spec.when.customer: expected a value: text, number, true, false or null, got a mapping",
        ],
    ),
    (
        "known: [New]",
        "known: [6]",
        [
            "policies.yaml:31: spec.statuses.known[0]: expected a text, got 6 (put quotes around it: '6')",
        ],
    ),
    (
        "known: [New]",
        "resolved: [Done], closed: [done]",
        [
            "policies.yaml:31: spec.statuses: expected each status resolved or closed, not both, got 'done' (list it once)",
        ],
    ),
    (
        "pause: [Waiting]",
        "pause: {changed: status}",
        [
            "policies.yaml:32: spec.pause.changed: expected conditions on fields only, got 'changed' (a single record can not decide this)",
        ],
    ),
    (
        "first_response: {target: 30m}",
        "frist_response: {target: 30m}",
        [
            "policies.yaml:34: spec.objectives.frist_response: expected one of first_response, next_response, periodic_update, acknowledge, assign, resolution or group_ownership, or a `kind`, got 'frist_response' (did you mean 'first_response'?)",
        ],
    ),
    (
        "first_response: {target: 30m}",
        "first_response: {target: 30}",
        [
            "policies.yaml:34: spec.objectives.first_response.target: expected a duration like '4h' or '5 business days', got 30 (add a unit: '30s', m, h, d or w)",
        ],
    ),
    (
        "first_response: {target: 30m}",
        "first_response: {target: 30 minutes}",
        [
            "policies.yaml:34: spec.objectives.first_response.target: expected a duration like '4h', '30m' or '1h30m', got '30 minutes' (did you mean '30m'?)",
        ],
    ),
    (
        "first_response: {target: 30m}",
        "first_response: {target: 0m}",
        [
            "policies.yaml:34: spec.objectives.first_response.target: expected more than zero, got '0m' (a promise of no time can not be kept)",
        ],
    ),
    (
        "first_response: {target: 30m}",
        "first_response: {target: 0 business days}",
        [
            "policies.yaml:34: spec.objectives.first_response.target: expected 1 to 2000 business days, got '0 business days'",
        ],
    ),
    (
        "first_response: {target: 30m}",
        "first_response: {target: 11000d}",
        [
            "policies.yaml:34: spec.objectives.first_response.target: expected at most 10 years, got '11000d'",
        ],
    ),
    (
        "first_response: {target: 30m}",
        "first_response: {}",
        [
            "policies.yaml:34: spec.objectives.first_response.target: expected a duration like '4h' or '5 business days', got nothing (or `targets` by priority)",
        ],
    ),
    (
        "first_response: {target: 30m}",
        "first_response: {target: 30m, targets: {P1: 10m}}",
        [
            "policies.yaml:34: spec.objectives.first_response.target: expected either `target` or `targets`, got both (a target for all others is targets.default)",
        ],
    ),
    (
        "first_response: {target: 30m}",
        "first_response: {target: 30m, by: impact}",
        [
            "policies.yaml:34: spec.objectives.first_response.by: expected `targets` beside it, got none (`by` names the field whose values have targets)",
        ],
    ),
    (
        "first_response: {target: 30m}",
        "first_response: {targets: {P1: 10m, p1: 20m}}",
        [
            "policies.yaml:34: spec.objectives.first_response.targets.p1: expected each value once, got 'p1' and 'P1' (values compare without case)",
        ],
    ),
    (
        "first_response: {target: 30m}",
        "first_response: 30m",
        [
            "policies.yaml:34: spec.objectives.first_response: expected a mapping, got '30m' (write {target: 30m})",
        ],
    ),
    (
        "first_response: {target: 30m}",
        "mine: {kind: custom, target: 30m}",
        [
            "policies.yaml:34: spec.objectives.mine.start: expected a condition like {event: created}, got nothing (`kind: custom` has none built in)",
            "policies.yaml:34: spec.objectives.mine.stop: expected a condition like {event: created}, got nothing (`kind: custom` has none built in)",
        ],
    ),
    (
        "first_response: {target: 30m}",
        "mine: {kind: custom, target: 30m, start: {event: opened}, stop: {event: closed, by: robot}}",
        [
            "policies.yaml:34: spec.objectives.mine.start.event: expected an event, got 'opened' (did you mean 'reopened'?)",
            "policies.yaml:34: spec.objectives.mine.stop.by: expected agent, customer or system, got 'robot'",
        ],
    ),
    (
        "first_response: {target: 30m}",
        "mine: {kind: custom, target: 30m, start: {by: agent}, stop: []}",
        [
            "policies.yaml:34: spec.objectives.mine.start.by: expected an event beside it, got none (add `event: replied`, or write {fields: {by: ...}} for a field of that name)",
            "policies.yaml:34: spec.objectives.mine.stop: expected a condition like {status: [Waiting]}, got an empty list",
        ],
    ),
    (
        "calendar: always",
        "calendar: allways",
        [
            "policies.yaml:37: spec.objectives.resolution.calendar: expected the name of a known calendar, got 'allways' (did you mean 'always'?)",
        ],
    ),
    (
        "warn: [50%, 15m before]",
        "warn: [50%, 50.00%]",
        [
            "policies.yaml:38: spec.objectives.resolution.warn[1]: expected each threshold once, got '50%' (it is warn[0] already)",
        ],
    ),
    (
        "warn: [50%, 15m before]",
        "warn: 50%",
        [
            "policies.yaml:38: spec.objectives.resolution.warn: expected a list, got '50%' (write [50%])",
        ],
    ),
    (
        "warn: [50%, 15m before]",
        "warn: [50, 15m]",
        [
            "policies.yaml:38: spec.objectives.resolution.warn[0]: expected a threshold like '90%', '15m before' or '2h after', got 50 (did you mean '50%'?)",
            "policies.yaml:38: spec.objectives.resolution.warn[1]: expected a threshold like '90%', '15m before' or '2h after', got '15m' (did you mean '15m before'?)",
        ],
    ),
    (
        "warn: [50%, 15m before]",
        "warn: [0%, soon]",
        [
            "policies.yaml:38: spec.objectives.resolution.warn[0]: expected a percentage above 0 % and at most 10000 %, got '0%'",
            "policies.yaml:38: spec.objectives.resolution.warn[1]: expected a threshold like '90%', '15m before' or '2h after', got 'soon'",
        ],
    ),
    (
        "warn: [50%, 15m before]",
        "warn: [{at: 50%, runbook_url: wiki, colour: red}, {severity: low}]",
        [
            "policies.yaml:38: spec.objectives.resolution.warn[0].colour: expected one of at, severity, labels, runbook_url or escalate_to, got the key 'colour'",
            "policies.yaml:38: spec.objectives.resolution.warn[0].runbook_url: expected an address like 'https://wiki.example.com/runbook', got 'wiki'",
            "policies.yaml:38: spec.objectives.resolution.warn[1].at: expected a threshold like '90%', '15m before' or '2h after', got nothing",
        ],
    ),
    (
        "on_change: carry",
        "on_change: cary",
        [
            "policies.yaml:39: spec.objectives.resolution.on_change: expected carry, restart or freeze, got 'cary' (did you mean 'carry'?)",
        ],
    ),
    (
        "on_change: carry",
        "on_reopen: cycle",
        [
            "policies.yaml:39: spec.objectives.resolution.on_reopen: expected continue, new_cycle or ignore, got 'cycle' (did you mean 'new_cycle'?)",
        ],
    ),
    (
        "until: 2024-12-24\n",
        "until: 2024-12-20\n",
        [
            "policies.yaml:46: spec.until: expected an end after its start '2024-12-20', got '2024-12-20' (`until` does not itself belong to it)",
        ],
    ),
    (
        "effect: relax\n",
        "effect: relaxed\n",
        [
            "policies.yaml:47: spec.effect: expected relax, pause or exempt, got 'relaxed' (did you mean 'relax'?)",
        ],
    ),
    (
        "effect: relax\n",
        "effect: pause\n",
        [
            "policies.yaml:48: spec.relax: expected nothing beside `effect: pause`, got '200%' (did you mean `effect: relax`?)",
        ],
    ),
    (
        "  relax: 200%\n",
        "",
        [
            "policies.yaml:44: spec.relax: expected a relaxation like '200%' or '+4h', got nothing (`effect: relax` needs it)",
        ],
    ),
    (
        "relax: 200%",
        "relax: 50%",
        [
            "policies.yaml:48: spec.relax: expected more than 100 %, got '50%' (200% doubles the target)",
        ],
    ),
    (
        "relax: 200%",
        "relax: 4h",
        [
            "policies.yaml:48: spec.relax: expected a relaxation like '200%' or '+4h', got '4h' (did you mean '+4h'?)",
        ],
    ),
    (
        "  reason: A storm\n",
        "",
        [
            "policies.yaml:44: spec.reason: expected a text, got nothing",
        ],
    ),
    (
        "policies: [gold]",
        "policies: [glod]",
        [
            "policies.yaml:50: spec.policies[0]: expected the name of a known policy, got 'glod' (did you mean 'gold'?)",
        ],
    ),
    (
        "policies: [gold]",
        "objectives: [resolutions]",
        [
            "policies.yaml:50: spec.objectives[0]: expected an objective of these policies, got 'resolutions' (did you mean 'resolution'?)",
        ],
    ),
]


def test_the_good_file_has_no_problem(tmp_path: Path) -> None:
    assert complaints(tmp_path, GOOD) == []


@pytest.mark.parametrize(("old", "new", "expected"), CASES, ids=[f"{new.strip()[:60]}" for _, new, _ in CASES])
def test_one_change_is_answered_with_place_expectation_value_and_way_out(
    tmp_path: Path, old: str, new: str, expected: list[str]
) -> None:
    assert complaints(tmp_path, changed(old, new)) == expected
