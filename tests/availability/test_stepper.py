"""Two judges that share nothing but the words of the monitors say the same of random histories."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from slamon.sla.policy import ObjectiveKind
from tests.availability.brute import judge
from tests.availability.histories import END, planned, policies, records, windows_of
from tests.availability.stepper import Stepper
from tests.availability.timeline import World
from tests.test_properties import quiet


@settings(quiet, max_examples=max(1, quiet.max_examples // 4))
@given(st.data())
def test_walking_by_the_minute_finds_the_same_downtime_and_the_same_breaches(data: st.DataObject):
    policy = data.draw(policies(rolling=False))
    told, windows = data.draw(records()), windows_of(data.draw(planned()))
    for objective in policy.objectives:
        if objective.kind is not ObjectiveKind.AVAILABILITY:
            continue
        alone = replace(policy, objectives=(replace(objective, thresholds=()),))
        world = World(alone, objective, tuple(told), tuple(windows), END)
        before = None
        for cycle in judge(alone, told, END, windows)[objective.name]:
            stepper = Stepper(world, cycle.start, cycle.end)
            walked = stepper.walk(before, world.first)
            before = stepper
            figures = cycle.figures
            assert (walked.breached_at, walked.ended) == (cycle.breached_at, cycle.ended_at is not None)
            if cycle.ended_at is not None:
                assert walked.down == figures.downtime
                assert walked.excluded == figures.excluded_ms
                assert walked.unknown == figures.unknown_ms
                assert walked.outages == len(figures.outages)
