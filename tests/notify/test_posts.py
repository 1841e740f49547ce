"""slamon promises that what it posts is within the limits of PagerDuty, signed, and the same for every attempt."""

import hmac
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from slamon.notify.board import Board
from slamon.notify.incident import Resolve, Trigger
from slamon.notify.post import idempotency_key, pagerduty, signature, webhook
from slamon.notify.routes import Route, Routes
from slamon.notify.signals import Ended, Unreadable, signal_of
from tests.notify.facts import CLOCK, NOON, Desk, breach, correction, ended, topic_of, warning
from tests.test_fact_schema import SCENARIOS, read, told_in

ROOT = Path(__file__).parents[2]
PAGE = Draft202012Validator(json.loads((ROOT / "docs" / "schema" / "page.schema.json").read_text()))
KEY = "0123456789abcdef0123456789abcdef"
SEVERITIES = {"critical", "error", "warning", "info"}


def event_of(action, clock_id=CLOCK):
    """The event PagerDuty gets, held against its published limits."""
    post = pagerduty("https://events.example.com", KEY, clock_id, action, NOON)
    event = json.loads(post.body)
    assert len(post.body) <= 512 * 1024
    assert len(event["dedup_key"]) <= 255
    assert event["event_action"] in {"trigger", "acknowledge", "resolve"}
    payload = event["payload"]
    assert 0 < len(payload["summary"]) <= 1024
    assert payload["source"]
    assert payload["severity"] in SEVERITIES
    assert all(link["href"].startswith("http") for link in event.get("links", []))
    return event


def told(action, clock_id=CLOCK):
    """What a webhook gets, held against the schema in the docs."""
    body = json.loads(webhook("https://hook.example.com", None, {}, clock_id, action, NOON).body)
    PAGE.validate(body)
    return body


def test_a_trigger_is_an_event_that_pagerduty_documents():
    (action,) = Desk().hear(breach()).tell()
    event = event_of(action)
    assert (event["routing_key"], event["dedup_key"], event["client_url"]) == (
        KEY,
        CLOCK,
        "https://desk.example.com/T-1",
    )
    assert event["payload"]["timestamp"] == "2024-01-08T13:00:00Z"
    assert (event["payload"]["component"], event["payload"]["class"], event["payload"]["group"]) == (
        "gold", "resolution", "mail",
    )  # fmt: skip
    assert event["links"] == [
        {"href": "https://desk.example.com/T-1", "text": "T-1"},
        {"href": "https://wiki.example.com/gold", "text": "Runbook"},
    ]


def test_an_update_is_a_trigger_under_the_same_key():
    desk = Desk()
    desk.hear(warning(0)).tell()
    (action,) = desk.hear(breach()).tell()
    assert isinstance(action, Trigger)
    assert action.update
    assert (event_of(action)["event_action"], event_of(action)["dedup_key"]) == ("trigger", CLOCK)
    assert told(action)["action"] == "update"


def test_whatever_any_scenario_says_can_be_posted_and_leaves_no_page_open_behind_its_end():
    posted = 0
    for path in SCENARIOS:
        board = Board(("pager",), Routes((Route({}, ("pager",)),)), lambda *_: None)
        board.held, ends, open_ = False, {}, set()
        for sent in told_in(read(path)):
            headers = [("live", b"true")]
            signal = signal_of(sent.topic, sent.value, headers)
            if signal is None:
                continue
            if isinstance(signal, Ended):
                ends[signal.clock_id] = signal
            board.hear(0, signal, NOON)
            while (found := board.next("pager")) is not None:
                incident, action = found
                event_of(action, incident.clock_id)
                told(action, incident.clock_id)
                posted += 1
                incident.trying("pager")
                incident.confirm("pager", action)
                board.settle(incident, NOON)
                (open_.discard if isinstance(action, Resolve) else open_.add)(incident.clock_id)
        over = {clock for clock in open_ if (one := board.incident(clock)) is not None and one.ended_by}
        assert not over, path
    assert posted > 100


def test_a_huge_fact_becomes_a_small_post():
    huge = breach(labels={f"l{n}": "x" * 1000 for n in range(1000)}, policy="p" * 100_000)
    huge["data"]["context"] = dict.fromkeys(huge["data"]["context"], "y" * 100_000)
    huge["data"]["explanation"] = {
        **huge["data"]["explanation"],
        "by_group": {"g" * 9_000: 1},
        "not_known": ["n" * 9_000],
    }
    (action,) = Desk().hear(huge).tell()
    event_of(action)
    assert len(pagerduty("https://x", KEY, CLOCK, action, NOON).body) < 16_000


def test_a_webhook_is_signed_over_its_time_and_its_bytes():
    (action,) = Desk().hear(breach()).tell()
    post = webhook("https://hook.example.com", b"secret", {"X-Team": "noc"}, CLOCK, action, NOON)
    expected = hmac.new(b"secret", f"{NOON // 1000}.".encode() + post.body, "sha256").hexdigest()
    assert post.headers["X-Slamon-Signature"] == f"t={NOON // 1000},v1={expected}"
    assert post.headers["X-Team"] == "noc"
    assert signature(b"secret", post.body, NOON // 1000 + 1) != post.headers["X-Slamon-Signature"]


def test_every_attempt_at_the_same_has_the_same_key_and_no_two_things_share_one():
    desk = Desk()
    (first,) = desk.hear(warning(0)).tell()
    (worse,) = desk.hear(breach()).tell()
    (over,) = desk.hear(ended("missed", 90)).tell()
    keys = [idempotency_key(CLOCK, action) for action in (first, worse, over)]
    assert len(set(keys)) == 3
    assert idempotency_key(CLOCK, first) == keys[0]
    later = webhook("https://x", None, {}, CLOCK, first, NOON + 60_000)
    assert later.headers["Idempotency-Key"] == keys[0]


def test_a_post_shows_nothing_of_itself():
    (action,) = Desk().hear(breach()).tell()
    assert KEY not in repr(pagerduty("https://x", KEY, CLOCK, action, NOON))


@pytest.mark.parametrize(
    "value", [None, b"", b"[]", b"7", b"{}", b'{"data": {}}', b'{"data": {"what": "breach"}}', b"\xff"]
)
def test_what_is_no_fact_is_said_and_repeats_nothing(value):
    with pytest.raises(Unreadable, match="expected a fact of slamon"):
        signal_of("breaches", value, [])


def bent(fact, **data):
    return {**fact, "data": {**fact["data"], **data}}


@pytest.mark.parametrize(
    "fact",
    [
        bent(warning(0), remaining_seconds=1e308),
        bent(breach(), remaining_seconds=-(2**63)),
        bent(ended("met", 1), remaining_seconds=1e308),
        bent(breach(), clock_id=["c"]),
        bent(warning(0), threshold=[]),
        bent(correction(breach()), corrects={}),
        bent(breach(), breached_at="9999-12-31T23:59:59Z"),
        bent(breach(), due_at="9999-12-31T23:59:59-23:59"),
        {**breach(), "time": "9999-12-31T23:59:59-23:59"},
        {**breach(), "id": 7},
    ],
)
def test_what_could_not_be_told_to_anybody_is_no_fact(fact):
    """Each of them was found by the fuzzing, and ended the notifier."""
    with pytest.raises(Unreadable, match="expected a fact of slamon"):
        Desk().hear(fact)


def test_a_statement_is_none_of_a_pagers_business():
    fact = ended("met", 0)
    fact["data"]["what"] = "statement"
    assert signal_of("outcomes", json.dumps(fact).encode(), []) is None


def test_topics_of_facts_are_those_the_engine_writes_to():
    from slamon.engine.state import topic_of as written_to
    from slamon.notify.signals import TOPIC_OF

    assert {what: written_to(what) for what in TOPIC_OF} == TOPIC_OF
    assert topic_of(breach()) == "breaches"
