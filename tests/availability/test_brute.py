"""The machine against its judge: the same facts and figures of random histories, however their records arrive (semantics 4.1)."""

import os
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from slamon.sla.policy import Threshold
from slamon.sla.uptime_terms import BurnRate
from tests.availability.account import Figures
from tests.availability.brute import judge
from tests.availability.histories import END, book_of, courses, planned, policies, records, windows_of
from tests.availability.machine import Machine, expected, instant, run
from tests.availability.told import Cycle
from tests.kit import DAY, HOUR, MINUTE

# The same histories each time: what a search through thousands still finds is rare, and told in docs/decisions.md.
quiet = settings(
    max_examples=int(os.environ.get("SLAMON_EXAMPLES", "100")),
    deadline=None,
    derandomize="SLAMON_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

PLAIN = {  # what a statement tells in seconds
    "service_seconds": "service_ms",
    "excluded_seconds": "excluded_ms",
    "unknown_seconds": "unknown_ms",
    "longest_outage_seconds": "longest_ms",
    "mtbf_seconds": "mtbf_ms",
}
BURNS = [
    Threshold("2x 1h 5m", burn=BurnRate(200, HOUR, 5 * MINUTE)),
    Threshold("3x 6h 30m", burn=BurnRate(300, 6 * HOUR, 30 * MINUTE)),
    Threshold("1x 1d 2h", burn=BurnRate(100, DAY, 2 * HOUR)),
]


@quiet
@given(st.data())
def test_the_machine_tells_the_facts_that_the_judge_finds(data: st.DataObject):
    policy, told, plans = data.draw(policies()), data.draw(records()), data.draw(planned())
    machine = run(book_of(policy, plans), told, END)
    assert machine.told() == expected(judge(policy, told, END, windows_of(plans)))


@quiet
@given(st.data())
def test_statements_tell_the_figures_that_the_judge_adds_up(data: st.DataObject):
    policy, told, plans = data.draw(policies(rolling=False)), data.draw(records()), data.draw(planned())
    judged: dict[tuple[str, int], list[Cycle]] = {}
    for objective in policy.objectives:
        for cycle in judge(policy, told, END, windows_of(plans))[objective.name]:
            if cycle.ended_at is not None:
                judged.setdefault((objective.period.text, cycle.start), []).append(cycle)
    statements = run(book_of(policy, plans), told, END).statements()
    assert sorted((body["period"]["text"], instant(body["cycle_start"])) for _, body in statements) == sorted(judged)
    for at, body in statements:
        cycles = judged[body["period"]["text"], instant(body["cycle_start"])]
        assert at == max(cycle.ended_at for cycle in cycles)
        assert {one["objective"]: one["stage"] for one in body["objectives"]} == {
            one.objective: one.stage for one in cycles
        }
        check_figures(body, cycles[0].figures)


def check_figures(body: dict[str, Any], figures: Figures) -> None:
    for name, attribute in PLAIN.items():
        check_seconds(body[name], getattr(figures, attribute))
    check_seconds(body["downtime_seconds"], Fraction(figures.downtime, 10_000))
    assert body["outages"] == len(figures.outages)
    assert (body["availability"] is None) is (figures.availability is None)
    assert figures.availability is None or abs(body["availability"] - figures.availability) < 1e-9


def check_seconds(told: float | None, milliseconds: int | Fraction | None) -> None:
    assert (told is None) is (milliseconds is None)
    assert told is None or abs(Fraction(told) * 1000 - milliseconds) <= 1


@quiet
@given(st.data())
def test_burn_rates_are_raised_and_cleared_at_the_instants_of_the_judge(data: st.DataObject):
    policy, told = data.draw(policies(burning=st.sampled_from(BURNS))), data.draw(records())
    assume(policy.objectives)
    judged = judge(policy, told, END)
    assert run(book_of(policy, []), told, END).told() == expected(judged)


@quiet
@given(st.data())
def test_any_order_repetition_batch_tick_and_restart_leads_to_what_the_judge_finds(data: st.DataObject):
    policy, told, plans = data.draw(policies()), data.draw(records()), data.draw(planned())
    steps, keys = data.draw(courses(told)), data.draw(st.sampled_from([1, 2, 200]))
    machine = Machine(book_of(policy, plans), keys)
    machine.go(steps)
    machine.end(END)
    assert machine.told() == expected(judge(policy, told, END, windows_of(plans)))
    assert machine.reader.stands.keys() == run(book_of(policy, plans), told, END).reader.stands.keys()
