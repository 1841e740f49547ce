"""The simulated services: the same seed gives the same words, and what befalls a service is what its monitors say."""

from collections import Counter, defaultdict
from itertools import pairwise, takewhile
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slamon.demo.plot import ACTS, plot
from slamon.simulation.sender import Tally
from slamon.simulation.stream import Plan, Sending, stream
from slamon.simulation.trouble import KINDS, MONITORS, Trouble, troubles
from slamon.simulation.watch import Watch, beside, names, words
from slamon.sla.events import InvalidRecord, State
from tests.demo.offline import event

START = 1_704_455_100_000  # 2024-01-05T11:45:00Z
few = settings(max_examples=30, deadline=None)
watches = st.builds(
    Watch, st.just(START), st.integers(0, 2**32), st.integers(1, 12), st.floats(0.5, 60), st.floats(0.1, 20), st.floats(0.1, 10)
)  # fmt: skip


def minutes(watch: Watch, count: float = 5) -> list[Sending]:
    return list(takewhile(lambda sending: sending.at < START + count * 60_000, words(watch)))


@few
@given(watches)
def test_the_same_seed_gives_the_same_words_and_another_seed_others(watch):
    other = Watch(START, watch.seed + 1, watch.services, watch.beat, watch.outages, watch.speed)
    assert [one.value for one in minutes(watch)] == [one.value for one in minutes(watch)]
    assert [one.value for one in minutes(other)] != [one.value for one in minutes(watch)]


@few
@given(watches)
def test_every_word_is_a_canonical_record_keyed_by_its_service_and_never_sent_before_it_was_spoken(watch):
    sent = minutes(watch)
    assert all(first.at <= second.at for first, second in pairwise(sent))
    for sending in sent:
        told = event(sending)
        assert (told.service, told.source) == (sending.key.decode(), "simulation")
        assert told.location in MONITORS
        assert START <= told.at <= sending.at
        assert told.ttl >= 5 * watch.beat * 1000


def test_what_befalls_a_service_is_what_its_monitors_say_at_their_next_beat():
    acts = (Trouble(10, 20), Trouble(40, 10, "degraded"), Trouble(60, 10, monitors=("us",)))
    said = defaultdict(list)
    for sending in minutes(Watch(START, services=1, beat=1, outages=1e-9, plot={"checkout": acts}), 1.5):
        told = event(sending)
        said[told.location].append(((told.at - START) / 1000, told.state))
    assert set(said) == set(MONITORS)
    for monitor, words_of in said.items():
        for at, state in words_of:
            act = next((one for one in acts if one.after <= at < one.end and monitor in one.monitors), None)
            assert state is (State.UP if act is None else State(act.state)), (monitor, at)


def test_outages_flapping_slowness_and_mistakes_of_one_monitor_come_one_after_the_other():
    coming = troubles(Random(1), (), 1 / 60, 1.0)
    drawn = [next(coming) for _ in range(2_000)]
    assert all(first.end <= second.after for first, second in pairwise(drawn))
    assert {one.state for one in drawn} == {"down", "degraded"}
    assert {len(one.monitors) for one in drawn} == {1, len(MONITORS)}
    lone = sum(second.after - first.end > 20 for first, second in pairwise(drawn))
    assert 0 < lone < len(drawn)  # flapping comes in a row
    assert len(KINDS) == 4


def test_words_come_late_twice_and_broken_and_the_broken_ones_are_refused():
    sent = minutes(Watch(START, 3, bad=True), 30)
    kinds = Counter(sending.what for sending in sent)
    assert {"good", "late", "repeated", "broken"} == set(kinds)
    for sending in sent:
        if sending.what == "broken":
            with pytest.raises(InvalidRecord):
                event(sending)
    good = [sending.value for sending in sent if sending.what != "broken"]
    assert [sending.value for sending in minutes(Watch(START, 3), 30)] == good


def test_beside_tickets_both_leave_in_order_until_the_last_ticket():
    tickets = list(stream(Plan(START, tickets=20)))
    both = list(beside(iter(tickets), words(Watch(START))))
    assert [one for one in both if one.role == "tickets"] == tickets
    assert all(first.at <= second.at for first, second in pairwise(both))
    assert both[-1] == tickets[-1]
    tally = Tally()
    for sending in both:
        tally.count(sending, sending.at)
    assert str(tally).startswith(f"sent {len(both)} records of 20 tickets and 3 services (")


def test_services_have_names_whatever_their_number():
    assert names(2) == ["checkout", "search"]
    assert len(set(names(30))) == 30


def test_the_acts_of_the_demo_follow_each_other_and_a_faster_desk_ends_them_sooner():
    for service, acts in ACTS.items():
        assert all(first.end <= second.after for first, second in pairwise(acts)), service
        assert [one.lasts for one in plot(2.0)[service]] == [one.lasts / 2 for one in acts]
        assert plot(0.5)[service] == list(acts)
