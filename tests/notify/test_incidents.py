"""slamon promises that a clock has one page, that it is open while something stands against it, and closed after."""

import orjson
import pytest

from slamon.notify.board import KEPT_ENDS, REMEMBER_MS
from slamon.notify.incident import Trigger, incident_of, to_json
from slamon.notify.routes import Route
from tests.notify.facts import CLOCK, MINUTE, NOON, Desk, breach, cleared, correction, ended, warning


def test_a_warning_opens_a_page_and_its_end_closes_it():
    desk = Desk()
    assert desk.hear(warning(0)).verbs() == ["trigger 50% warning"]
    assert desk.hear(cleared(10)).verbs() == ["resolve: no longer at risk: paused"]
    assert desk.tell() == []


@pytest.mark.parametrize(
    ("what", "more", "note"),
    [
        ("met", {"remaining_seconds": 600}, "met with 10 min left"),
        ("missed", {"remaining_seconds": -600}, "missed by 10 min, and done now"),
        ("cancelled", {"reason": "spam"}, "cancelled: spam"),
    ],
)
def test_whatever_ends_the_clock_ends_the_page(what, more, note):
    desk = Desk()
    desk.hear(warning(0), breach()).tell()
    assert desk.hear(ended(what, 70, **more)).verbs() == [f"resolve: {note}"]


def test_what_gets_worse_is_an_update_of_the_same_page():
    desk = Desk()
    assert desk.hear(warning(0)).verbs() == ["trigger 50% warning"]
    assert desk.hear(warning(45, "15m before", severity="error")).verbs() == ["update 15m before error"]
    assert desk.hear(breach()).verbs() == ["update breach critical"]


def test_a_breach_says_what_the_threshold_at_its_very_instant_says():
    desk = Desk()
    (action,) = desk.hear(warning(60, "100%", severity="error", escalate_to="duty manager"), breach()).tell()
    assert isinstance(action, Trigger)
    assert (action.page.what, action.page.escalate_to, action.severity) == ("breach", "duty manager", "critical")
    assert desk.tell() == []


def test_a_page_stays_open_while_anything_stands_against_the_clock():
    desk = Desk()
    desk.hear(warning(0), warning(48, "90%")).tell()
    assert desk.hear(cleared(50, "90%", "new_target")).verbs() == []
    assert desk.hear(cleared(55, "50%", "new_target")).verbs() == ["resolve: no longer at risk: new target"]


def test_a_breach_stands_when_the_warnings_beside_it_are_cleared():
    desk = Desk()
    desk.hear(warning(0), breach(), warning(90, "125%")).tell()
    assert desk.hear(cleared(100, "50%"), cleared(100, "125%")).verbs() == []


def test_only_live_facts_page():
    desk = Desk()
    assert desk.hear(warning(0), breach(), live=False).verbs() == []
    assert desk.board.incident(CLOCK) is None


def test_what_is_not_live_still_closes_a_page():
    desk = Desk()
    desk.hear(warning(0)).tell()
    assert desk.hear(cleared(10), live=False).verbs() == ["resolve: no longer at risk: paused"]


def test_a_fact_that_was_never_true_closes_its_page_with_a_note():
    desk, wrong = Desk(), breach()
    desk.hear(wrong).tell()
    assert desk.hear(correction(wrong)).verbs() == ["resolve: breach taken back: late record"]


def test_a_fact_that_is_true_again_opens_a_page_again():
    desk, wrong = Desk(), breach()
    desk.hear(wrong, correction(wrong)).tell()
    assert desk.hear(correction(wrong, "true_again", again=True, n=2)).verbs() == ["trigger breach critical"]


def test_the_copy_of_a_correction_in_outcomes_is_not_heard_twice():
    desk, wrong = Desk(), breach()
    desk.hear(wrong, correction(wrong), correction(wrong, again=True, n=2)).tell()
    assert desk.hear(correction(wrong), topic="outcomes").verbs() == []


def test_a_clearing_that_is_taken_back_leaves_the_warning_standing():
    desk, wrong = Desk(), cleared(10)
    desk.hear(warning(0), wrong).tell()
    assert desk.hear(correction(wrong)).verbs() == ["trigger 50% warning"]


def test_an_end_read_before_what_it_ends_leaves_no_page_open():
    assert Desk().hear(ended("met", 30), warning(0)).verbs() == []


def test_an_end_read_before_the_breach_of_a_clock_that_has_a_page_closes_it():
    desk = Desk()
    desk.hear(warning(0)).tell()
    desk.hear(ended("missed", 90, remaining_seconds=-1800), breach())
    assert desk.verbs() == ["resolve: missed by 30 min, and done now"]


def test_a_ticket_opened_again_after_a_breach_is_paged_for_again():
    desk, end = Desk(), ended("missed", 90)
    desk.hear(breach(), end).tell()
    assert desk.hear(correction(end, "reopened")).verbs() == ["trigger breach critical"]


def test_a_warning_after_an_end_says_that_the_end_was_taken_back():
    desk = Desk()
    desk.hear(warning(0), cleared(20, reason="met"), ended("met", 20)).tell()
    assert desk.hear(warning(40, "90%")).verbs() == ["trigger 90% warning"]


def test_everything_heard_twice_is_said_once():
    desk, facts = Desk(), [warning(0), cleared(5), warning(10), breach()]
    desk.hear(*facts).tell()
    assert desk.hear(*facts).verbs() == []


def test_of_a_backlog_only_what_stands_is_told():
    desk = Desk()
    desk.board.held = True
    desk.hear(warning(0), cleared(5), warning(10), warning(48, "90%"), breach())
    assert desk.tell() == []
    desk.board.held = False
    assert desk.verbs() == ["trigger breach critical"]
    assert desk.counts[("superseded", "pager")] > 0


def test_what_was_over_before_its_turn_is_counted_and_not_told():
    desk = Desk()
    assert desk.hear(warning(0), cleared(5)).verbs() == []
    assert desk.counts == {("superseded", "pager"): 1}


def test_a_page_that_may_have_arrived_is_closed():
    """An attempt without an answer, or a crash behind it: the page may be open there."""
    desk = Desk()
    incident = desk.hear(warning(0)).board.incident(CLOCK)
    assert incident is not None
    assert incident.trying("pager")
    assert desk.hear(cleared(5)).verbs() == ["resolve: no longer at risk: paused"]


def test_each_receiver_has_what_its_routes_say_and_is_told_of_the_end_of_just_that():
    desk = Desk(
        Route({"severities": frozenset({"critical"})}, ("pager",)),
        Route({"facts": frozenset({"warning"})}, ("chat",), "info"),
    )
    desk.hear(warning(0))
    assert (desk.verbs("pager"), desk.verbs("chat")) == ([], ["trigger 50% info"])
    desk.hear(breach())
    assert (desk.verbs("pager"), desk.verbs("chat")) == (["trigger breach critical"], [])
    desk.hear(ended("missed", 90, remaining_seconds=-60))
    note = "resolve: missed by 1 min, and done now"
    assert (desk.verbs("pager"), desk.verbs("chat")) == ([note], [note])


def test_what_no_route_takes_is_counted():
    desk = Desk(Route({"groups": frozenset({"web"})}, ("pager",)))
    assert desk.hear(warning(0)).verbs() == []
    assert desk.counts == {("unrouted", ""): 1}


def test_a_page_that_moved_to_another_group_is_closed_where_it_was_opened():
    desk = Desk(Route({"groups": frozenset({"mail"})}, ("pager",)))
    desk.hear(warning(0)).tell()
    moved = cleared(10)
    moved["data"]["context"] = {**moved["data"]["context"], "group": "web"}
    assert desk.hear(moved).verbs() == ["resolve: no longer at risk: paused"]


def test_an_incident_is_the_same_after_it_was_kept_and_read_back():
    desk = Desk()
    desk.hear(warning(0), breach()).tell()
    desk.hear(cleared(70))
    incident = desk.board.incident(CLOCK)
    assert incident is not None
    assert incident_of(orjson.loads(orjson.dumps(to_json(incident)))) == incident


def test_what_was_told_before_a_restart_is_not_told_again_and_what_was_not_is():
    before = Desk()
    before.hear(warning(0)).tell()
    before.hear(breach())
    kept = to_json(before.board.incident(CLOCK))
    after = Desk()
    after.board.put(0, incident_of(kept), NOON)
    assert after.hear(warning(0), breach()).verbs() == ["update breach critical"]


def test_a_page_that_opens_again_is_another_one_for_who_dedupes():
    from slamon.notify.post import idempotency_key

    desk, wrong = Desk(), breach()
    first = desk.hear(wrong).tell()
    closed = desk.hear(correction(wrong)).tell()
    second = desk.hear(correction(wrong, again=True, n=2)).tell()
    keys = [idempotency_key(CLOCK, action) for action in [*first, *closed, *second]]
    assert len(set(keys)) == 3


def test_a_clock_that_is_over_is_forgotten_after_a_day_and_not_before():
    desk = Desk()
    desk.hear(warning(0), cleared(20, reason="met"), ended("met", 20)).tell()
    over = NOON + 20 * MINUTE
    assert list(desk.board.forget(over + REMEMBER_MS)) == []
    assert list(desk.board.forget(over + REMEMBER_MS + 1)) == [(0, CLOCK)]


def test_a_page_of_a_receiver_that_is_gone_from_the_settings_is_kept_no_longer_than_others():
    desk = Desk()
    incident = desk.hear(breach(), ended("missed", 90)).board.incident(CLOCK)
    assert incident is not None
    incident.trying("gone")
    assert list(desk.board.forget(NOON + 2 * REMEMBER_MS)) == [(0, CLOCK)]


def test_an_open_page_is_never_forgotten():
    desk = Desk()
    desk.hear(breach(), ended("missed", 90))
    incident = desk.board.incident(CLOCK)
    assert incident is not None
    incident.trying("pager")
    assert list(desk.board.forget(NOON + 90 * REMEMBER_MS)) == []


def test_ends_that_nobody_was_paged_for_are_remembered_in_bounded_memory():
    desk = Desk()
    for n in range(KEPT_ENDS + 5):
        fact = ended("met", 30, clock_id=f"clock-{n}")
        desk.hear(fact)
    assert len(desk.board._ends) == KEPT_ENDS


def test_partitions_that_go_take_their_incidents_with_them():
    desk = Desk()
    desk.hear(warning(0))
    desk.board.drop({1})
    assert desk.board.waiting("pager") == 1
    desk.board.drop({0})
    assert (desk.board.waiting("pager"), desk.board.incident(CLOCK)) == (0, None)


def test_a_page_that_is_not_taken_lets_the_others_go_first():
    desk = Desk()
    desk.hear(warning(0), warning(1, clock_id="other"))
    desk.board.later("pager", CLOCK)
    found = desk.board.next("pager")
    assert found is not None
    assert found[0].clock_id == "other"
    assert desk.board.oldest("pager") == NOON
