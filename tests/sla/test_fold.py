"""What no scenario shows: the rules over one ticket where policy files can not lead, and the figures kept beside verdicts."""

import pytest

from slamon.sla.clock import Stage
from slamon.sla.conditions import Any, Event, Field
from slamon.sla.coverage import LostPolicy
from slamon.sla.events import Kind
from slamon.sla.policy import Activation, Agreement, Level, Override, Policy
from slamon.sla.step import KEPT_FACTS
from slamon.sla.ticket import KEPT_FIELDS, KEPT_SIZE
from tests.kit import HOUR, at, book, clock_of, customer, fold, objective, paused_by, policies, record, reply, told

NINE = at("2024-01-08 09:00")


def day(hour: int) -> str:
    return f"2024-01-08 {hour:02}:00"


def created(**fields: object):
    return record(day(9), "created", **fields)


def test_a_reply_while_resolved_leaves_nothing_to_wait_for_after_a_reopening():
    """Semantics 3.7: what a resolve cancelled comes back only if it is still to come."""
    made = fold(
        book(objective("first_response", "8h")),
        created(),
        record(day(10), "resolved"),
        reply(day(11)),
        record(day(12), "reopened"),
    )
    clock = clock_of(made, "first_response")
    assert (clock.stage, clock.ended_by) == (Stage.CANCELLED, "resolve")


def test_a_ticket_resolved_while_it_was_deleted_is_met_when_it_is_restored():
    made = fold(
        book(objective("resolution")),
        created(),
        record(day(10), "deleted"),
        record(day(11), "resolved"),
        record(day(12), "restored"),
    )
    assert told(made) == [("met", "resolution", None, at(day(12)))]


def test_a_new_cycle_after_a_reopening_waits_for_the_message_that_is_still_unanswered():
    """Semantics 3.7 for next_response: no message may be left without a clock."""
    promised = objective("next_response", "1h", on_reopen="new_cycle")
    made = fold(
        book(promised), created(), reply(day(10)), customer(day(11)), record("2024-01-08 11:30", "resolved"), record(day(14), "reopened"), until=day(16)
    )  # fmt: skip
    assert told(made)[-1] == ("breach", "next_response", None, at(day(15)))


def test_a_message_after_an_ignored_reopening_has_a_clock_of_its_own():
    promised = objective("next_response", "1h", on_reopen="ignore")
    made = fold(
        book(promised), created(), reply(day(10)), customer(day(11)), record("2024-01-08 11:30", "resolved"),
        record(day(14), "reopened"), customer(day(15)), until=day(17),
    )  # fmt: skip
    assert told(made)[-1] == ("breach", "next_response", None, at(day(16)))


def test_a_group_that_keeps_the_ticket_over_a_resolve_keeps_its_cycle():
    made = fold(
        book(objective("group_ownership", "4h", on_change="restart")), created(group="noc"), record(day(10), "resolved"), record(day(12), "reopened")
    )  # fmt: skip
    clock = clock_of(made, "group_ownership")
    assert (clock.stage, clock.cycle, clock.start) == (Stage.ACTIVE, 1, NINE)


@pytest.mark.parametrize("mode", ["carry", "freeze", "restart"])
def test_the_end_of_an_agreement_ends_every_clock_under_it(mode: str):
    """Semantics 3.12, frozen and breached clocks too."""
    contract = Agreement("contract", effective_until=at(day(15)))
    for target in ("1h", "9h"):
        promised = Policy("p", (objective("resolution", target, on_change=mode),), agreement=contract)
        clock = clock_of(fold(book(promised), created(), until=day(16)))
        assert (clock.stage, clock.ended_by, clock.ended_at) == (Stage.CANCELLED, "agreement_ended", at(day(15)))


def test_nothing_is_promised_for_a_ticket_that_is_older_than_the_agreement():
    """Semantics 3.12: outside the dates nothing is started, also not when a later record comes within them."""
    contract = Agreement("contract", effective_from=at(day(12)))
    promised = Policy("p", (objective("resolution"),), agreement=contract)
    assert not fold(book(promised), created(), record(day(13), "updated", status="open")).ticket.clocks


def test_a_frozen_clock_is_relaxed_by_an_override_but_not_by_a_priority():
    """Semantics 3.6, 3.11."""
    storm = Override("storm", at(day(10)), at(day(11)), "relax", "a storm", relax_ms=HOUR)
    promised = policies(objective("resolution", {"p1": "2h", "p2": "4h"}, on_change="freeze"), overrides=(storm,))
    made = fold(book(promised), created(priority="P2"), record("2024-01-08 10:30", "updated", priority="P1"))
    clock = clock_of(made)
    assert (clock.target_ms, clock.unrelaxed_ms) == (5 * HOUR, 4 * HOUR)


def test_an_override_does_not_restart_a_clock():
    storm = Override("storm", at(day(10)), at(day(11)), "relax", "a storm", relax_percent=20_000)
    promised = policies(objective("resolution", "4h", on_change="restart"), overrides=(storm,))
    clock = clock_of(fold(book(promised), created(), until=day(12)))
    assert (clock.cycle, clock.target_ms) == (1, 8 * HOUR)


def test_a_version_for_open_tickets_that_knows_the_policy_no_more_ends_its_clocks():
    """Semantics 3.12: and a later record does not bring them back."""
    old, new = policies(Policy("a", (objective("resolution"),))), policies(version="v2")
    promised = book(old, Activation(at(day(10)), new, to_open=True))
    clock = clock_of(fold(promised, created(), record(day(11), "updated", status="open"), until=day(12)))
    assert (clock.stage, clock.ended_at) == (Stage.CANCELLED, at(day(10)))


def test_a_version_for_open_tickets_takes_a_clock_to_another_policy():
    old = policies(Policy("a", (objective("resolution", "4h", "50%"),)))
    new = policies(Policy("b", (objective("resolution", "4h", "25%"),)), version="v2")
    made = fold(book(old, Activation(at("2024-01-08 11:30"), new, to_open=True)), created(), until=day(12))
    assert [(what, name, moment) for what, _, name, moment in told(made)] == [
        ("warning", "50%", at(day(11))),
        ("cleared", "50%", at("2024-01-08 11:30")),
        ("warning", "25%", at("2024-01-08 11:30")),
    ]
    assert clock_of(made).policy == "b"


def test_a_new_cycle_is_pinned_to_the_version_of_its_own_start():
    """Semantics 3.12."""
    old = policies(objective("resolution", "4h", on_reopen="new_cycle"))
    new = policies(objective("resolution", "8h", on_reopen="new_cycle"), version="v2")
    promised = book(old, Activation(at(day(10)), new))
    made = fold(promised, created(), record(day(11), "resolved"), record(day(12), "reopened"))
    assert [clock.version for clock in (*made.ticket.past, *made.ticket.clocks)] == ["v1", "v2"]


def test_a_ticket_first_told_of_later_stands_under_the_version_of_its_creation():
    """Semantics 3.12, 4.8: also where the newer version promises nothing."""
    promised = book(policies(objective("resolution")), Activation(at(day(10)), policies(version="v2")))
    made = fold(promised, record(day(11), "snapshot", created_at=day(9)), until=day(14))
    assert told(made) == [("breach", "resolution", None, at(day(13)))]


def test_edges_between_the_creation_and_the_first_sight_count():
    storm = Override("storm", at(day(10)), at(day(11)), "relax", "a storm", relax_ms=HOUR)
    promised = book(policies(objective("resolution"), overrides=(storm,)))
    made = fold(promised, record(day(12), "snapshot", created_at=day(9)), until=day(15))
    assert told(made) == [("breach", "resolution", None, at(day(14)))]


def test_a_pause_seen_before_the_creation_was_told_counts():
    promised = book(objective("resolution", pause=paused_by("hold")))
    made = fold(
        promised, record(day(10), "updated", status="hold"), record(day(11), "updated", status="open"),
        record(day(12), "snapshot", created_at=day(9), status="open"), until=day(15),
    )  # fmt: skip
    assert told(made) == [("breach", "resolution", None, at(day(14)))]


def test_an_empty_pause_list_lets_not_even_a_hold_pause():
    made = fold(book(objective("resolution", pause=Any(()))), created(), record(day(10), "paused"), until=day(14))
    assert told(made) == [("breach", "resolution", None, at(day(13)))]


def test_a_status_category_resolves_where_the_status_is_not_known():
    promised = book(objective("resolution"))
    made = fold(promised, created(status="open"), record(day(10), "updated", status="Erledigt", status_category="Done"))
    assert told(made) == [("met", "resolution", None, at(day(10)))]


def test_a_stop_and_a_start_in_one_record_are_two_cycles():
    anybody = Event((Kind.REPLIED,))
    made = fold(book(objective("custom", "9h", start=anybody, stop=anybody)), created(), reply(day(10)), reply(day(11)))
    assert [clock.cycle for clock in (*made.ticket.past, *made.ticket.clocks)] == [1, 2]
    assert told(made) == [("met", "custom", None, at(day(11)))]


def test_exempt_at_a_more_specific_level_closes_the_slot():
    """Semantics 3.9."""
    general = Policy("general", (objective("resolution"),))
    none = Policy("none", (), exempt=True, level=Level.CUSTOMER, when=Field("type", ("test",)))
    assert not fold(book(policies(general, none)), created(type="Test")).ticket.clocks


def test_uncovered_and_unknown_are_counted_once():
    """Semantics 3.9."""
    promised = book(objective("resolution", {"p1": "4h"}))
    counted = fold(promised, created(priority="P7"), record(day(10), "updated", priority="P7")).step.counted
    assert sorted(counted) == [("uncovered", ()), ("unknown_value", ("priority",))]


def test_a_ticket_keeps_a_bounded_part_of_what_it_is_told():
    many = [record(NINE + n, "updated", **{f"f{n}-{k}": "x" for k in range(50)}) for n in range(10)]
    long = [record(NINE + 100 + n, "updated", **{f"long{n}": "x" * 8000}) for n in range(40)]
    last = record(day(10), "updated", status="open")
    fields = fold(book(objective("resolution")), *many, *long, last).ticket.fields
    assert len(fields) <= KEPT_FIELDS
    assert sum(len(str(value)) for value in fields.values()) <= KEPT_SIZE
    assert fields["status"] == "open"


def test_a_cleared_field_is_an_absent_one():
    assert (
        "group"
        not in fold(
            book(objective("resolution")), created(group="noc"), record(day(10), "updated", group=None)
        ).ticket.fields
    )


def test_a_clock_of_a_version_that_is_not_known_any_more_goes_on_under_another_that_has_its_policy():
    made = fold(book(policies(objective("resolution"))), created())
    made.ticket.clocks[0].version, made.ticket.clocks[0].terms = "lost", None
    assert made.terms(made.ticket.clocks[0])[1].name == "resolution"
    made.ticket.clocks[0].policy, made.ticket.clocks[0].terms = "lost", None
    with pytest.raises(LostPolicy, match="expected objective 'resolution' of policy 'lost'"):
        made.terms(made.ticket.clocks[0])


def test_an_explanation_names_every_threshold_that_fired_also_after_it_was_cleared():
    """Semantics 7."""
    made = fold(book(objective("resolution", "4h", "50%", "90%")), created(), record(day(12), "resolved"))
    met = next(fact for fact in made.step.added.values() if fact.what == "met")
    assert met.body["explanation"]["thresholds"] == {"50%": "2024-01-08T11:00:00Z"}


def test_a_ticket_that_flaps_for_ever_stays_small_and_still_breaches():
    flaps = [
        record(NINE + 2 * HOUR + n, "updated", f"f{n}", status="hold" if n % 2 else "open") for n in range(3 * KEPT_FACTS)
    ]  # fmt: skip
    promised = book(objective("resolution", "4h", "25%", pause=paused_by("hold")))
    made = fold(promised, created(status="open"), *flaps, record(day(12), "updated", status="open"), until=day(20))
    clock = clock_of(made)
    assert len(clock.facts) == KEPT_FACTS + 1
    assert clock.breached_at is not None
