"""However records arrive, repeat and are interrupted: the topic `clocks` says of every open clock what is true, unit after unit."""

import os
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slamon.sla.coverage import Rules
from slamon.sla.events import ServiceEvent, TicketEvent
from slamon.sla.fold import refold
from slamon.sla.policy import Activation, PolicyBook
from tests.availability import histories
from tests.engine.reader_of_clocks import Listed
from tests.kit import DAY, TICKET, limits
from tests.test_properties import END, courses, instants, policy_sets, records

quiet = settings(
    max_examples=int(os.environ.get("SLAMON_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
forms = st.sampled_from(["json", "connect"])


class Walk:
    """Goes through a course, looks at the topic after each step, and decides some batches twice: a crash came before the commit."""

    def __init__(self, listed: Listed, crashes: Sequence[bool]) -> None:
        self.listed, self.time = listed, 0
        self.crashes = list(crashes)

    def go(self, steps: Sequence[tuple[str, Any]]) -> None:
        for verb, what in steps:
            if verb == "tick":
                self.time = max(self.time, what)
                self.listed.tick(self.time)
            elif verb == "rebuild":
                self.listed.rebuild()
            elif what:
                self._deliver(what)
            self.listed.check()

    def _deliver(self, batch: Sequence[TicketEvent | ServiceEvent]) -> None:
        if self.crashes and self.crashes.pop():
            self.listed.crash(*batch, time=self.time or None)
        self.listed.deliver(*batch, time=self.time or None, caught_up=bool(self.time))


crashes = st.lists(st.booleans(), max_size=8)


@quiet
@given(st.data())
def test_the_topic_holds_the_open_clocks_of_tickets_and_no_other(data: st.DataObject):
    book = PolicyBook((Activation(0, data.draw(policy_sets("v1"))),))
    told = data.draw(records())
    listed = Listed(book, limits(tick_keys=data.draw(st.sampled_from([1, 2, 500]))), data.draw(forms))
    walk = Walk(listed, data.draw(crashes))
    walk.go([*data.draw(courses(told)), ("tick", END)])
    offline = refold(Rules(book), TICKET, told, END).ticket
    assert listed.rows.keys() == {clock.id for clock in offline.clocks if clock.open and not clock.draft}


@quiet
@given(st.data())
def test_the_order_of_arrival_leaves_no_trace_in_the_topic(data: st.DataObject):
    book = PolicyBook((Activation(0, data.draw(policy_sets("v1"))),))
    told = data.draw(records())
    views = []
    for _ in range(2):
        listed = Listed(book)
        Walk(listed, data.draw(crashes)).go([*data.draw(courses(told)), ("tick", END)])
        views.append(listed.rows)
    assert views[0] == views[1]


@quiet
@given(st.data())
def test_a_new_version_of_the_policies_goes_through_the_topic(data: st.DataObject):
    first, second, since = data.draw(policy_sets("v1")), data.draw(policy_sets("v2")), data.draw(instants)
    book = PolicyBook((Activation(0, first), Activation(since, second, to_open=data.draw(st.booleans()))))
    told = data.draw(records())
    listed = Listed(PolicyBook((Activation(0, first),)))
    walk = Walk(listed, ())
    early = [one for one in told if one.at < since]
    walk.go([("batch", tuple(early))])
    listed.publish(book)
    walk.go([*data.draw(courses(told)), ("tick", END)])


@quiet
@given(st.data())
def test_turned_off_and_on_again_the_topic_is_right_but_for_clocks_that_nobody_remembers(data: st.DataObject):
    book = PolicyBook((Activation(0, data.draw(policy_sets("v1"))),))
    told = data.draw(records())
    listed = Listed(book)
    walk = Walk(listed, ())
    steps = data.draw(courses(told))
    off, on = sorted((data.draw(st.integers(0, len(steps))), data.draw(st.integers(0, len(steps)))))
    walk.go(steps[:off])
    listed.turn(None)
    for step in steps[off:on]:
        Silent(listed, walk).go(step)
    listed.turn(data.draw(forms))
    listed.tick(max(walk.time, 1))
    walk.time = max(walk.time, 1)
    forget_what_nobody_knows(listed)
    listed.check()
    walk.go([*steps[on:], ("tick", END)])


class Silent:
    """One step while nobody writes the topic."""

    def __init__(self, listed: Listed, walk: Walk) -> None:
        self.listed, self.walk = listed, walk

    def go(self, step: tuple[str, Any]) -> None:
        verb, what = step
        if verb == "tick":
            self.walk.time = max(self.walk.time, what)
            self.listed.tick(self.walk.time)
        elif verb == "batch" and what:
            time = self.walk.time
            self.listed.deliver(*what, time=time or None, caught_up=bool(time))


def forget_what_nobody_knows(listed: Listed) -> None:
    """A late record can make a clock never to have been: nothing is left that knows its id (docs/clocks.md)."""
    for clock_id in listed.rows.keys() - listed.open().keys():
        assert clock_id not in listed.ended()
        del listed.rows[clock_id]


@quiet
@given(st.data())
def test_the_topic_holds_the_open_clocks_of_services_and_no_other(data: st.DataObject):
    book = histories.book_of(data.draw(histories.policies()), data.draw(histories.planned()))
    listed = Listed(book, limits(), data.draw(forms))
    walk = Walk(listed, data.draw(crashes))
    walk.go([*data.draw(histories.courses(data.draw(histories.records()))), ("tick", histories.END + DAY)])
