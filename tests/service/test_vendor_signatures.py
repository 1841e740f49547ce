"""The proof of each vendor as the vendor makes it: published examples where there are any, else numbers of openssl."""

import base64
import hashlib
import hmac
import json

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict
from structlog.testing import capture_logs

from slamon.service.ingest.build import _proof
from slamon.service.ingest.proof import AHEAD_MS, Proof
from slamon.service.settings import load
from slamon.sla.instants import parse, render
from tests.service.test_ingest import kit_of

EVERYBODY = "It's a Secret to Everybody"  # the secret of GitHub's and Atlassian's published examples
HELLO = b"Hello, World!"
GITHUB = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
JIRA = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
# printf '%s' '2024-01-05T11:45:00Z{"say": "hello"}' | openssl dgst -sha256 -hmac SECRET -binary | base64
SECRET = "dGhpc19pc19vbmx5X2Zvcl90aGVfdGVzdA=="
STAMP, BODY = "2024-01-05T11:45:00Z", b'{"say": "hello"}'
NOW = parse(STAMP)
SIGNATURE, CLOCK = "X-Zendesk-Webhook-Signature", "X-Zendesk-Webhook-Signature-Timestamp"
ZENDESK = "ChHXBl2fpnFezn+9M/9meZHtZpJvbmV2oMHL5R9ginU="
PAGERDUTY = "e1538e1efc50a38a6218e61c0747c5d5b8b186155aced366110a1c0510978574"
EVENT = b'{"type": "zen:event-type:ticket.attachment_linked", "id": "e-1"}'  # of no interest, but signed
EVENT_SIGNATURE = "ouQYuii8euN8lsNICxllPagvFViouuT/qS8GQiQlBe4="


def proof(scheme: str, *secrets: str, **more: object) -> Proof:
    ingest = {"scheme": scheme, "secrets": list(secrets), **more}
    inputs = [{"name": "a", "topic": "t", "source": "jira", "ingest": ingest}]
    found = load(None, {"SLAMON_INPUTS": json.dumps(inputs)}).settings.inputs[0].ingest
    assert found is not None
    return _proof(found)


def holds(one: Proof, body: bytes, *headers: tuple[str, str]) -> bool:
    request = make_mocked_request("POST", "/ingest/a", headers=CIMultiDict(headers))
    return one.holds(request, one.secrets.current(), body)


@pytest.mark.parametrize(
    ("scheme", "secret", "body", "header", "value"),
    [
        ("github", EVERYBODY, HELLO, "X-Hub-Signature-256", GITHUB),
        ("jira", EVERYBODY, b"Hello World!", "X-Hub-Signature", JIRA),
        ("pagerduty", SECRET, BODY, "X-PagerDuty-Signature", f"v1={PAGERDUTY}"),
        ("pagerduty", SECRET, BODY, "X-PagerDuty-Signature", f"v1={'0' * 64},v1={PAGERDUTY}"),
    ],
)
def test_a_vendor_s_own_example_opens_and_a_changed_one_does_not(scheme, secret, body, header, value):
    one = proof(scheme, secret)
    assert holds(one, body, (header, value))
    assert not holds(one, body + b" ", (header, value))
    assert not holds(one, body, (header, value[:-1] + ("0" if value[-1] != "0" else "1")))
    assert not holds(one, body, ("X-Other", value))
    assert not holds(proof(scheme, "another secret of sixteen"), body, (header, value))


def test_pagerduty_s_signatures_of_another_version_do_not_count():
    assert not holds(proof("pagerduty", SECRET), BODY, ("X-PagerDuty-Signature", f"v2={PAGERDUTY}"))


def test_zendesk_signs_the_time_before_the_body():
    one = proof("zendesk", "of the year before last", SECRET)
    assert holds(one, BODY, (SIGNATURE, ZENDESK), (CLOCK, STAMP))
    assert not holds(one, BODY, (SIGNATURE, ZENDESK))
    assert not holds(one, BODY, (SIGNATURE, ZENDESK), (CLOCK, "2024-01-05T11:45:01Z"))
    assert not holds(one, BODY, (SIGNATURE, ZENDESK), (CLOCK, STAMP), (CLOCK, STAMP))
    assert not holds(one, BODY, (SIGNATURE, ZENDESK.lower()), (CLOCK, STAMP))
    # A first edition of Zendesk's page had the body first, with an example; what Zendesk sends has the time first.
    reverse = hmac.digest(SECRET.encode(), BODY + STAMP.encode(), hashlib.sha256)
    assert not holds(one, BODY, (SIGNATURE, base64.b64encode(reverse).decode()), (CLOCK, STAMP))


@pytest.mark.parametrize(
    ("age_ms", "fits"), [(0, True), (120_000, True), (120_001, False), (-AHEAD_MS, True), (-AHEAD_MS - 1, False)]
)
def test_a_signed_time_counts_for_max_age_and_a_clock_may_go_a_minute_before_ours(age_ms, fits):
    one = proof("zendesk", SECRET, max_age="2m")
    request = make_mocked_request("POST", "/", headers=CIMultiDict([(CLOCK, render(NOW))]))
    why = one.out_of_time(request, NOW + age_ms)
    assert (why is None) is fits
    assert fits or "expected at most 120 s ago (max_age)" in str(why)


@pytest.mark.parametrize("said", [[], ["yesterday"], ["1704455100"], [STAMP, STAMP], ["2024-01-05T11:45:00"]])
def test_a_signed_time_that_is_none_is_refused(said):
    request = make_mocked_request("POST", "/", headers=CIMultiDict([(CLOCK, each) for each in said]))
    assert f"{CLOCK}: expected an instant" in str(proof("zendesk", SECRET).out_of_time(request, NOW))


def test_who_signs_no_time_is_never_too_old():
    assert proof("github", SECRET).out_of_time(make_mocked_request("POST", "/"), NOW) is None


def test_basic_takes_user_and_password_as_the_secret():
    one = proof("basic", "servicenow:correct-horse")
    said = base64.b64encode(b"servicenow:correct-horse").decode()
    assert holds(one, b"", ("Authorization", f"Basic {said}"))
    assert holds(one, b"", ("Authorization", f"basic {said}"))
    assert not holds(one, b"", ("Authorization", "Basic servicenow:correct-horse"))
    assert not holds(one, b"", ("Authorization", f"Bearer {said}"))


async def test_at_the_door_a_fresh_signature_is_taken_and_an_old_one_is_told_to_the_log_alone():
    ingest = {"scheme": "zendesk", "secrets": [SECRET]}
    async with kit_of([{"name": "desk", "topic": "desk", "source": "zendesk", "ingest": ingest}]) as kit:
        headers = {SIGNATURE: EVENT_SIGNATURE, CLOCK: STAMP}
        assert await kit.post("desk", EVENT, headers=headers) == (202, {"accepted": 0})
        kit.ingest._now = lambda: NOW + 5 * 60_000 + 1
        with capture_logs() as logged:
            status, problem = await kit.post("desk", EVENT, headers=headers)
        assert (status, problem["error"]) == (401, "unauthorized")
        assert "max_age" in logged[0]["cause"]
        assert "max_age" not in str(problem)
        assert [sent["value"] for sent in kit.broker.sent] == [EVENT]
