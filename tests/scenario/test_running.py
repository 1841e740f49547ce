"""What a scenario sees of a run: facts, corrections, refusals, clocks; and that a wrong claim never passes."""

import pytest

from slamon.scenario import MODES, compare, run
from slamon.scenario.read import from_bytes

LATE = """\
title: A late reply withdraws a breach that was told
targets: {first_response: 1h}
warn: [75%]
timeline:
  - [2024-01-08 10:00, created, {status: open}]
  - [2024-01-08 10:30, reply, {arrives: 2024-01-08 12:00}]
ticks: [2024-01-08 11:30]
"""


def differences(text: str, mode: str = "stream") -> list[str]:
    scenario = from_bytes("x.yaml", text.encode())
    return [str(found) for outcome in run(scenario, mode) for found in compare(scenario, outcome)]


def test_what_stands_in_the_end_and_what_was_corrected_on_the_way():
    assert differences(LATE + (
        "expect:\n  - [2024-01-08 10:30, met, first_response]\n"
        "corrections:\n"
        "  - [2024-01-08 10:45, warning, first_response, late_record]\n"
        "  - [2024-01-08 11:00, breach, first_response, late_record, {reinstates: false}]\n"
    )) == []  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
def test_a_missing_fact_is_found_in_every_mode(mode: str):
    assert differences(LATE + "expect: []\n", mode)


@pytest.mark.parametrize(
    "claim",
    [
        "corrections: []",
        "corrections: [[2024-01-08 11:00, breach, first_response, reopened]]",
        "refused: [too_late]",
        "clocks: []",
        "clocks: [{objective: resolution}]",
        "clocks: [{objective: first_response, cycle: 2}]",
        "clocks: [{objective: first_response, ticket: T-2}]",
        "clocks: [{objective: first_response, stage: missed}]",
        "clocks: [{objective: first_response, elapsed: 29m}]",
        "clocks: [{objective: first_response, remaining: -30m}]",
        "clocks: [{objective: first_response, due_at: null}]",
        "clocks: [{objective: first_response, due_at: 2024-01-08 11:01}]",
        "clocks: [{objective: first_response, breached_at: 2024-01-08 11:00}]",
        "clocks: [{objective: first_response, counted: [[2024-01-08 10:00, 2024-01-08 10:31]]}]",
        "clocks: [{objective: first_response, pauses: [[2024-01-08 10:00, 2024-01-08 10:31, x]]}]",
        "clocks: [{objective: first_response, by_status: {closed: 30m}}]",
        "clocks: [{objective: first_response, not_known: [all]}]",
        "expect: [[2024-01-08 10:30, met, first_response, {policy: other}]]",
        "expect: [[2024-01-08 10:30, met, first_response, {due_at: 2024-01-08 11:01}]]",
        "expect: [[2024-01-08 10:30, met, first_response], [2024-01-08 10:30, met, first_response]]",
    ],
)
def test_a_wrong_claim_is_found(claim: str):
    assert len(differences(LATE + claim + "\n")) >= 1


def test_right_claims_of_a_clock_hold():
    assert differences(LATE + (
        "clocks:\n  - {objective: first_response, stage: met, elapsed: 30m, remaining: 30m, target: 1h, due_at: 2024-01-08 11:00,"
        " breached_at: null, ended_at: 2024-01-08 10:30, ended_by: stop, policy: policy, cycle: 1, by_status: {open: 30m},"
        " counted: [[2024-01-08 10:00, 2024-01-08 10:30]], pauses: [], not_known: [], excluded: {closed: 0s, holiday: 0s}}\n"
    )) == []  # fmt: skip


def test_records_that_are_refused_are_told_by_reason():
    text = LATE + "limits: {max_future: 1m}\n"
    early = text.replace("arrives: 2024-01-08 12:00", "arrives: 2024-01-08 10:10")
    assert differences(early + "refused: [from_the_future]\n") == []
    assert differences(early)[0].startswith("  ~ refused: expected none, got from_the_future\n")


def test_only_what_is_looked_at_is_compared():
    assert differences(LATE + "expect_only: [breach]\nexpect: []\n") == []
    assert differences(LATE + "expect_only: [resolution]\nexpect: []\n") == []


def test_until_is_the_last_instant_that_counts():
    text = "title: x\ntargets: {resolution: 1h}\ntimeline: [[2024-01-08 10:00, created]]\n"
    breach = "expect: [[2024-01-08 11:00, breach, resolution]]\n"
    for mode in MODES:
        assert differences(text + breach + "until: 2024-01-08 11:00\n", mode) == []
        assert differences(text + "expect: []\nuntil: 2024-01-08 10:59:59.999\n", mode) == []
        assert differences(text + breach, mode) == []


SERVICE = """\
title: An hour of downtime in a month that allows 43 m 12 s
uptime: {period: month, targets: {availability: 99.9%}, warn: [50%]}
timeline:
  - [2024-04-01 00:00, up]
  - [2024-04-10 10:00, down]
  - [2024-04-10 11:00, up]
  - [2024-04-10 12:00, unknown]
  - [2024-04-10 13:00, up]
  - [2024-04-10 14:00, maintenance]
  - [2024-04-10 15:00, up]
until: 2024-04-30 23:00
"""


def test_right_claims_of_a_service_hold_in_every_mode():
    # an hour is excluded: 2,588,400 s, a thousandth is 43 m 8.4 s; at the breach nothing was: 43 m 12 s
    text = SERVICE + (
        "expect:\n"
        "  - [2024-04-10 10:21:36, warning, availability, 50%, {budget_share: 50%, downtime: 21m36s, state: down}]\n"
        "  - [2024-04-10 10:43:12, breach, availability, {budget: 43m12s, budget_left: 0s, outages: 1, target: 99.9%}]\n"
        "clocks:\n"
        "  - {objective: availability, service: S-1, stage: active, breached_at: 2024-04-10 10:43:12, excluded: 1h, unknown: 1h,"
        " downtime: 1h, service_time: 719h, availability: 99.861%, budget: 43m8s400ms, budget_left: -16m51s600ms,"
        " outages: [[2024-04-10 10:00, 2024-04-10 11:00, down]], period: month, period_end: 2024-05-01 00:00}\n"
        "  - {objective: availability, excluded: [[2024-04-10 14:00, 2024-04-10 15:00, maintenance]],"
        " unknown: [[2024-04-10 12:00, 2024-04-10 13:00]]}\n"
    )
    for mode in MODES:
        assert differences(text, mode) == []


@pytest.mark.parametrize(
    "claim",
    [
        "clocks: [{objective: availability, downtime: 59m}]",
        "clocks: [{objective: availability, excluded: 59m}]",
        "clocks: [{objective: availability, unknown: 59m}]",
        "clocks: [{objective: availability, availability: 99.87%}]",
        "clocks: [{objective: availability, outages: 2}]",
        "clocks: [{objective: availability, outages: [[2024-04-10 10:00, 2024-04-10 11:01]]}]",
        "clocks: [{objective: availability, excluded: [[2024-04-10 14:00, 2024-04-10 15:00, holiday]]}]",
        "clocks: [{objective: availability, unknown: []}]",
        "clocks: [{objective: availability, target: 99.8%}]",
        "clocks: [{objective: availability, ticket: T-1}]",
        "clocks: []",
        "expect: []",
    ],
)
def test_a_wrong_claim_of_a_service_is_found(claim: str):
    assert len(differences(SERVICE + claim + "\n")) >= 1


def test_a_statement_is_claimed_without_an_objective():
    text = SERVICE.replace("2024-04-30 23:00", "2024-05-01 00:00") + "expect_only: [statement]\nexpect:\n"
    right = "  - [2024-05-01 00:00, statement, {availability: 99.861%, objectives: {availability: missed}, policy: uptime}]\n"
    for mode in MODES:
        assert differences(text + right, mode) == []
    for wrong in (
        right.replace("99.861", "99.862"),
        right.replace(": missed", ": met"),
        right.replace("05-01", "05-02"),
    ):
        assert differences(text + wrong)
    assert differences(text.replace("expect:\n", "expect: []\n")) == ["  + 2024-05-01 00:00  statement  S-1"]


LATE_OUTAGE = """\
title: An hour in April that is heard of in May, when the statement has been told
uptime: {period: month, targets: {availability: 99.9%}}
timeline:
  - [2024-04-01 00:00, up]
  - [2024-04-20 10:00, down, {arrives: 2024-05-01 00:15}]
  - [2024-04-20 11:00, up, {arrives: 2024-05-01 00:14}]
ticks: [2024-05-01 00:10]
limits: {max_lateness: 30d}
until: 2024-05-01 03:00
"""


def test_a_late_outage_turns_the_verdict_of_a_month_that_was_told():
    corrected = "corrections:\n  - [2024-05-01 00:00, met, availability, late_record]\n"
    missed = "expect_only: [met, missed]\nexpect: [[2024-05-01 00:00, missed, availability, {downtime: 1h}]]\n"
    assert [one for one in differences(LATE_OUTAGE + corrected + missed) if "statement" not in one] == []


def test_a_late_outage_corrects_the_statement_that_was_told():
    right = "expect_only: [statement]\nexpect: [[2024-05-01 00:00, statement, {downtime: 1h, objectives: {availability: missed}}]]\n"
    assert differences(LATE_OUTAGE + right) == []
