"""slamon promises that a page says what the person at 3 am needs: what, for whom, how long, and what to do."""

import json

import pytest

from slamon.notify.incident import Resolve, Trigger
from slamon.notify.page import page_of
from slamon.notify.signals import Raised, signal_of
from slamon.notify.spans import local, span
from slamon.notify.wording import MAX_SUMMARY, details, next_step, summary, time_left
from tests.notify.facts import MINUTE, NOON, breach, data_of, topic_of, warning


def page(fact, **headers):
    told = [("live", b"true"), *((name, value.encode()) for name, value in headers.items())]
    signal = signal_of(topic_of(fact), json.dumps(fact).encode(), told)
    assert isinstance(signal, Raised)
    return signal.page


def said(fact, minute):
    return summary(Trigger("id", page(fact), "warning", update=False), NOON + minute * MINUTE)


def test_a_warning_says_who_breaks_what_in_how_long():
    assert said(warning(48), 48) == "T-1 breaks 'resolution' (2h) in 12 min [acme]: No mail since noon"


def test_the_time_left_is_that_of_the_moment_it_is_sent():
    assert said(warning(48), 59).startswith("T-1 breaks 'resolution' (2h) in 1 min")
    assert said(warning(48), 63).startswith("T-1: 'resolution' (2h) was due 3 min ago")


def test_a_breach_says_since_when():
    assert said(breach(), 65) == "T-1 broke 'resolution' (2h) 5 min ago [acme]: No mail since noon"


def test_a_warning_after_the_breach_says_so():
    over = warning(90, "125%", breached_at="2024-01-08T13:00:00Z")
    assert said(over, 90).startswith("T-1 broke 'resolution' (2h) 30 min ago")


def test_a_service_that_is_up_has_no_deadline():
    share = warning(0, "80%", due_at=None)
    assert said(share, 0).startswith("T-1: 80% of 'resolution' (2h) is used up")


def test_the_end_says_why():
    action = Resolve("id", page(breach()), "missed by 30 min, and done now")
    assert summary(action, NOON).startswith("T-1 'resolution': missed by 30 min, and done now [acme]")


def test_the_summary_is_bounded():
    long = warning(0)
    long["data"]["context"] = {**long["data"]["context"], "title": "x" * 5000, "customer": "y" * 5000}
    long["data"]["subject"] = "z" * 5000
    assert len(said(long, 0)) <= MAX_SUMMARY


def test_the_deadline_is_told_where_the_customer_is():
    assert time_left(page(warning(48)), NOON + 48 * MINUTE) == "12 min, due Mon 8 Jan 2024 14:00 (Europe/Berlin)"


def test_working_time_is_told_where_it_is_less_than_the_wall_says():
    night = warning(0, due_at="2024-01-09T08:30:00Z", remaining_seconds=1800)
    assert time_left(page(night), NOON).startswith(
        "20 h 30 min, 30 min of it working time when this was raised, due Tue"
    )


def test_the_next_step_says_what_to_do_whom_to_ask_where_it_is_written_and_whom_to_call():
    fact = warning(0, runbook_url="https://wiki.example.com/p1", escalate_to="head of support")
    assert next_step(page(fact)) == (
        "Resolve the ticket, or pause it if it waits for somebody else; ask ada of mail; "
        "follow https://wiki.example.com/p1; then call head of support"
    )


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        ("first_response", "Send the customer a first public reply"),
        ("next_response", "Answer the customer publicly"),
        ("custom", "Do what 'resolution' asks for"),
    ],
)
def test_the_next_step_follows_from_the_objective(kind, step):
    assert next_step(page(warning(0, objective_kind=kind))).startswith(step)


def test_after_a_breach_the_customer_has_to_be_told():
    assert "tell the customer: the promise is broken" in next_step(page(breach()))


def test_details_leave_out_what_is_not_known():
    bare = warning(0, links={}, priority=None)
    bare["data"]["context"] = dict.fromkeys(bare["data"]["context"])
    told = details(page(bare), NOON)
    assert set(told) == {"time_left", "next_step", "promise", "threshold", "status", "explanation"}
    assert all(told.values())


def test_the_page_says_what_may_be_missing_from_it():
    careful = page(warning(0), source_silent="true", behind="true").explained
    assert careful.startswith("careful: an input was not read to its end; careful: its source has fallen silent; ")


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "https://x y", "https://x\nSet-Cookie: a", "ftp://x", "https://" + "x" * 2000, 7]
)
def test_only_an_address_for_a_browser_becomes_a_link(link):
    context = {"title": None, "url": link, "customer": None, "group": None, "assignee": None}
    assert page_of(data_of("warning", 0, context=context), False, NOON).link == ""


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0 s"), (59_999, "59 s"), (60_000, "1 min"), (3_599_000, "59 min"), (3_600_000, "1 h"),
        (3_900_000, "1 h 05 min"), (86_400_000, "1 d"), (100_000_000, "1 d 3 h"), (-60_000, "1 min"),
    ],
)  # fmt: skip
def test_a_span_has_the_two_units_that_matter(ms, text):
    assert span(ms) == text


def test_an_unknown_zone_is_utc():
    assert local(NOON, "Mars/Olympus") == "Mon 8 Jan 2024 12:00 (UTC)"
    assert local(NOON, "../../etc/passwd") == "Mon 8 Jan 2024 12:00 (UTC)"
