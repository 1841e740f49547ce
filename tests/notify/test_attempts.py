"""slamon promises that a page is tried until it is taken or refused for good, politely, and never led elsewhere."""

from datetime import UTC, datetime

import pytest

from slamon.notify.attempt import Again, Bucket, Delivered, Refused, judged, seconds_of, wait
from slamon.notify.courier import Courier
from slamon.notify.receivers import Links
from slamon.service.settings.notify import Receiver
from tests.notify.facts import CLOCK, NOON, Desk, breach, warning
from tests.notify.pager import CLOSE, HANG, pager

NOW = datetime(2024, 1, 8, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("status", [200, 202, 204])
def test_any_success_delivers(status):
    assert judged(status, None, NOW) == Delivered()


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_what_is_not_the_pages_fault_is_tried_again(status):
    assert judged(status, "7", NOW, "busy") == Again(f"{status} busy", 7.0)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 403, 404, 410, 413, 422])
def test_everything_else_is_refused_and_no_redirect_is_followed(status):
    assert judged(status, None, NOW, "no") == Refused(f"{status} no")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None), ("0", 0.0), ("120", 120.0), ("99999", 600.0), ("soon", None), ("-5", None), ("9" * 400, None),
        ("Mon, 08 Jan 2024 12:00:30 GMT", 30.0), ("Mon, 08 Jan 2024 11:00:00 GMT", 0.0), ("²", None),
    ],
)  # fmt: skip
def test_retry_after_is_read_as_number_and_as_date(header, seconds):
    assert seconds_of(header, NOW) == seconds


def test_waits_double_up_to_a_minute_and_are_spread():
    assert [wait(n, None, lambda: 1.0) for n in (1, 2, 3, 7, 50)] == [1, 2, 4, 60, 60]
    assert wait(3, None, lambda: 0.0) == 2


def test_a_receiver_is_not_asked_before_it_wants_to_be():
    assert wait(1, 30.0, lambda: 0.0) == 30


def test_a_bucket_lets_a_sixth_of_a_minute_through_at_once_and_then_keeps_the_pace():
    bucket = Bucket(60, now=0.0)
    assert [bucket.take(0.0) for _ in range(10)] == [0.0] * 10
    assert [bucket.take(0.0), bucket.take(0.0)] == [1.0, 2.0]
    assert bucket.take(100.0) == 0.0


def courier(url, tmp_path, **more):
    key = tmp_path / "key"
    key.write_text("0" * 32)
    one = {"name": "duty", "pagerduty": {"routing_key_file": str(key), "url": url}, "timeout": "200ms", **more}
    return Courier(Receiver.model_validate(one), Links("https://desk.example.com/{ticket}"), lambda: NOON)


async def outcome_of(url, tmp_path):
    (action,) = Desk().hear(breach()).tell()
    one = courier(url, tmp_path)
    async with one.session() as session:
        return await one.tell(session, CLOCK, action)


async def test_a_receiver_that_hangs_is_given_up_in_time(tmp_path):
    async with pager(script=[HANG]) as duty:
        assert await outcome_of(duty.url, tmp_path) == Again("no answer within 0.2 s")


async def test_a_connection_that_ends_is_tried_again(tmp_path):
    async with pager(script=[CLOSE]) as duty:
        outcome = await outcome_of(duty.url, tmp_path)
    assert isinstance(outcome, Again)
    assert isinstance(await outcome_of(duty.url, tmp_path), Again), "nobody listens any more"


async def test_a_redirect_leads_nowhere(tmp_path):
    async with pager() as other, pager(script=[307]) as duty:
        duty.headers = {"Location": f"{other.url}/elsewhere"}
        assert isinstance(await outcome_of(duty.url, tmp_path), Refused)
        assert other.got == []


async def test_an_endless_answer_is_read_no_further_than_a_log_line_needs(tmp_path):
    async with pager(script=[400], answer="x" * 1_000_000) as duty:
        outcome = await outcome_of(duty.url, tmp_path)
    assert outcome == Refused("400 " + "x" * 200)


async def test_a_secret_that_an_answer_repeats_is_not_repeated_by_us(tmp_path):
    async with pager(script=[400], answer="bad key " + "0" * 32) as duty:
        assert await outcome_of(duty.url, tmp_path) == Refused("400 bad key ***")


async def test_a_secret_that_is_missing_for_a_while_loses_no_page(tmp_path):
    async with pager() as duty:
        one = courier(duty.url, tmp_path)
        (action,) = Desk().hear(breach()).tell()
        (tmp_path / "key").unlink()
        async with one.session() as session:
            outcome = await one.tell(session, CLOCK, action)
            assert isinstance(outcome, Again)
            assert "is the secret mounted?" in outcome.why
            (tmp_path / "key").write_text("1" * 32)
            assert await one.tell(session, CLOCK, action) == Delivered()
        assert duty.taken[0]["routing_key"] == "1" * 32


async def test_a_ticket_without_an_address_gets_the_one_of_the_settings(tmp_path):
    async with pager() as duty:
        one = courier(duty.url, tmp_path)
        fact = warning(0, subject="T/1 x")
        fact["data"]["context"] = {**fact["data"]["context"], "url": None}
        (action,) = Desk().hear(fact).tell()
        async with one.session() as session:
            await one.tell(session, CLOCK, action)
        assert duty.taken[0]["client_url"] == "https://desk.example.com/T%2F1%20x"
