"""A look at a ticket: what a person is told of its clocks."""

from slamon.engine.look import look
from slamon.sla.policy import ObjectiveKind, Policy, PolicyKind
from tests.kit import HOUR, Bench, book, objective, record

NINE = 1_704_704_400_000  # 2024-01-08 09:00 UTC


def ola_behind_an_sla() -> Bench:
    desk = Policy("desk", (objective("resolution", "4h"),))
    noc = Policy("noc", (objective("group_ownership", "1h"),), kind=PolicyKind.OLA, supports="desk")
    return Bench(book(desk, noc))


def test_a_broken_ola_is_shown_as_a_risk_of_the_sla_it_supports():
    """Semantics 3.10."""
    bench = ola_behind_an_sla()
    bench.deliver(record(NINE, "created", group="noc"))
    bench.tick(NINE + 2 * HOUR)
    clocks = look(bench.store, bench.partition.rules, "T-1", NINE + 2 * HOUR)["clocks"]
    risks = {clock["policy"]: clock.get("risks") for clock in clocks}
    assert risks["noc"] is None
    assert [(risk["policy"], risk["breached_at"]) for risk in risks["desk"]] == [("noc", "2024-01-08T10:00:00Z")]


def test_a_promise_behind_that_is_kept_is_no_risk():
    bench = ola_behind_an_sla()
    bench.deliver(record(NINE, "created", group="noc"))
    clocks = look(bench.store, bench.partition.rules, "T-1", NINE + 1)["clocks"]
    assert not any("risks" in clock for clock in clocks)
    assert {clock["objective_kind"] for clock in clocks} == {ObjectiveKind.RESOLUTION, ObjectiveKind.GROUP_OWNERSHIP}


def test_an_unknown_ticket_is_none():
    assert look(ola_behind_an_sla().store, ola_behind_an_sla().partition.rules, "T-9", NINE) is None
