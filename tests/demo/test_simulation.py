"""The simulated desk: the same seed gives the same tickets, and every record of them is one that slamon takes."""

import json
from collections import defaultdict
from itertools import islice, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slamon.engine.codec import decode_ticket
from slamon.engine.limits import Limits
from slamon.engine.memory import MemoryStore
from slamon.engine.partition import Partition
from slamon.policy_file import load
from slamon.simulation.desk import PRIORITIES
from slamon.simulation.sender import Tally
from slamon.simulation.stream import Plan, Sending, stream
from slamon.sla.events import InvalidRecord, Kind
from slamon.sla.policy import Activation, PolicyBook
from tests.demo.offline import Kept

ROOT = Path(__file__).parents[2]
START = 1_704_455_100_000  # 2024-01-05T11:45:00Z

plans = st.builds(
    Plan,
    st.just(START),
    st.integers(0, 2**32),
    st.floats(0.01, 1000),
    st.floats(0.001, 100),
    st.integers(1, 30),
    st.booleans(),
)
few = settings(max_examples=40, deadline=None)


def event(sending: Sending):
    return decode_ticket(sending.value, [], sending.key, sending.at)


def readable(plan: Plan) -> list[Sending]:
    return [sending for sending in stream(plan) if sending.what != "broken"]


@few
@given(plans)
def test_the_same_seed_gives_the_same_records_and_another_seed_others(plan):
    assert list(stream(plan)) == list(stream(plan))
    other = Plan(START, plan.seed + 1, plan.rate, plan.speed, plan.tickets, plan.bad)
    assert [one.value for one in stream(other)] != [one.value for one in stream(plan)]


@few
@given(plans)
def test_every_record_is_canonical_keyed_by_its_ticket_and_never_sent_before_it_happened(plan):
    for sending in readable(plan):
        told = event(sending)
        assert told.ticket == sending.key.decode()
        assert told.source == "simulation"
        assert START <= told.at <= sending.at
        assert (told.at < sending.at) or sending.what != "late"


@few
@given(plans)
def test_an_id_is_given_to_one_record_alone_which_may_come_twice(plan):
    contents = defaultdict(set)
    for sending in readable(plan):
        contents[event(sending).id].add(sending.value)
    assert {len(values) for values in contents.values()} == {1}


@few
@given(plans)
def test_records_leave_in_the_order_of_their_instants(plan):
    assert all(first.at <= second.at for first, second in pairwise(stream(plan)))


@few
@given(plans)
def test_a_life_begins_with_the_creation_and_goes_on_in_time(plan):
    lives = defaultdict(list)
    for sending in readable(plan):
        lives[sending.key].append(event(sending))
    assert len(lives) == plan.tickets
    for events in lives.values():
        life = sorted({told.id: told for told in events}.values(), key=lambda told: told.revision)
        assert [told.revision for told in life] == list(range(len(life)))
        assert [told.kind for told in life].index(Kind.CREATED) == 0
        assert sum(told.kind is Kind.CREATED for told in life) == 1
        assert life[0].fields["priority"] in PRIORITIES
        assert all(first.at <= second.at for first, second in pairwise(life))


@few
@given(plans)
def test_bad_records_are_refused_each_and_change_nothing_else(plan):
    def with_bad(bad: bool) -> list[Sending]:
        return list(stream(Plan(START, plan.seed, plan.rate, plan.speed, plan.tickets, bad)))

    for sending in with_bad(True):
        if sending.what == "broken":
            with pytest.raises(InvalidRecord):
                event(sending)
    assert [sending for sending in with_bad(True) if sending.what != "broken"] == with_bad(False)


def test_the_desk_pauses_hands_over_reopens_reprioritises_is_late_and_repeats_itself():
    sendings = list(stream(Plan(START, tickets=400, bad=True)))
    assert {sending.what for sending in sendings} == {"good", "late", "repeated", "broken"}
    told = [event(sending) for sending in sendings if sending.what == "good"]
    assert {"waiting for customer", "in progress", "resolved", "closed"} <= {one.fields.get("status") for one in told}
    kinds = {one.kind for one in told}
    assert {Kind.REOPENED, Kind.MERGED, Kind.SPAM, Kind.CANCELLED, Kind.RESOLVED, Kind.CLOSED} <= kinds
    changed = {name for one in told if one.kind is Kind.UPDATED for name in one.fields}
    assert {"priority", "group", "status"} <= changed
    assert {("agent", True), ("agent", False), ("customer", True)} <= {
        (one.by, one.public) for one in told if one.kind is Kind.REPLIED
    }


def test_speed_divides_the_length_of_lives_and_rate_the_gaps_between_tickets():
    def span(**more) -> float:
        sendings = list(stream(Plan(START, tickets=200, **more)))
        return sendings[-1].at - START

    assert span(speed=0.1, rate=1000) == pytest.approx(10 * span(rate=1000), rel=0.2)
    births = [s.at for s in stream(Plan(START, rate=5, tickets=1000)) if b'"created"' in s.value and s.what == "good"]
    assert (births[-1] - START) / 1000 == pytest.approx(200, rel=0.15)


def test_a_stream_without_end_holds_the_open_tickets_alone():
    assert len(list(islice(stream(Plan(START, rate=100)), 20_000))) == 20_000


def test_a_tally_says_what_was_sent_and_what_was_refused():
    tally = Tally()
    for sending in stream(Plan(START, seed=3, tickets=40, bad=True)):
        tally.count(sending, sending.at + 4)
    assert (tally.tickets, tally.behind_ms) == (40, 4)
    kinds = {
        what: sum(s.what == what for s in stream(Plan(START, seed=3, tickets=40, bad=True))) for what in tally.sent
    }
    assert dict(tally.sent) == kinds
    tally.refused["MessageSizeTooLargeError"] += 2
    assert str(tally) == (
        f"sent {sum(kinds.values())} records of 40 tickets ({kinds['broken']} broken, {kinds['late']} late, "
        f"{kinds['repeated']} repeated); 2 refused: MessageSizeTooLargeError"
    )


def test_instants_are_written_as_rfc_3339():
    first = next(stream(Plan(START)))
    assert json.loads(first.value)["at"] == "2024-01-05T11:45:00Z"


@pytest.mark.parametrize("folder", [("slamon", "demo", "policies.yaml"), ("deploy", "policies")])
def test_the_shipped_promises_know_every_status_of_the_desk(folder):
    book = PolicyBook((Activation(0, load([ROOT.joinpath(*folder)], START).policies),))
    partition = Partition(0, 1, MemoryStore(), book, Limits())
    sent = [one for one in stream(Plan(START, tickets=200)) if one.what == "good"]
    rows = [Kept(number, one.at, one.key, one.value) for number, one in enumerate(sent)]
    unit = partition.on_batch("slamon.tickets", rows, sent[-1].at, None, caught_up=True)
    assert dict(unit.counts) == {("records", ("slamon.tickets",)): len(rows)}  # no dead letter, no unknown value
