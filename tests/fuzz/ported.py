"""Requests to a worker's port, good ones bent: answered in our own form, never let in without a proof, no secret in the log."""

import base64
import functools
import hmac
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from slamon.policy_file import load
from slamon.service.http.answers import HEADERS
from slamon.service.http.openapi import PATHS
from slamon.service.http.paging import cursor_of
from slamon.service.settings import Access
from slamon.service.status import Published
from slamon.sla.instants import render
from tests.fuzz.mangle import Mangler
from tests.fuzz.target import Target
from tests.fuzz.wire import Came, Port
from tests.sources.payloads import RECEIVED
from tests.sources.test_every_source import GOOD

SHIPPED = Path(__file__).parents[2] / "deploy" / "policies"
TOKEN, SECRET = "correct-horse-battery", "the-secret-of-a-sender"
PEERS = ("127.0.0.1", "10.0.0.7")
LOCAL = re.compile(
    rb"^host:.*(127\.|localhost|::1)|^(get|post) http://.*(127\.|localhost|::1)", re.IGNORECASE | re.MULTILINE
)
# Each door with the header of its proof, and what stands there for a body.
DOORS: Mapping[str, tuple[str, str, Callable[[bytes], str]]] = {
    "bearer": ("canonical", "Authorization", lambda body: f"Bearer {SECRET}"),
    "basic": ("canonical_uptime", "Authorization", lambda body: "Basic " + base64.b64encode(SECRET.encode()).decode()),
    "hmac-sha256": ("alertmanager", "X-Signed", lambda body: f"v1={_hex(body)}"),
    "github": ("github", "X-Hub-Signature-256", lambda body: f"sha256={_hex(body)}"),
    "jira": ("jira", "X-Hub-Signature", lambda body: f"sha256={_hex(body)}"),
    "pagerduty": ("pagerduty", "X-PagerDuty-Signature", lambda body: f"v1={_hex(body)}"),
    "zendesk": ("zendesk", "X-Zendesk-Webhook-Signature", lambda body: base64.b64encode(_digest(STAMP + body)).decode()),
}  # fmt: skip
STAMP = render(RECEIVED).encode()
OWN = {"hmac-sha256": {"header": "X-Signed", "prefix": "v1="}}
INPUTS = [
    {"name": scheme, "topic": scheme, "source": source, "ingest": {"scheme": scheme, "secrets": [SECRET], **OWN.get(scheme, {})}}
    for scheme, (source, _, _) in DOORS.items()
] + [{"name": "token", "topic": "token", "source": "canonical", "ingest": {"scheme": "token", "secrets": [SECRET]}}]  # fmt: skip
QUERIES: Sequence[Mapping[str, str]] = (
    {}, {"limit": "3"}, {"within": "4h", "customer": "Acme Ltd"}, {"policy": "gold", "group": "x"},
    {"cursor": cursor_of((RECEIVED, "c001"))}, {"cursor": cursor_of(("s01",)), "limit": "100"}, {"token": SECRET},
)  # fmt: skip
IDS = ("T-1", "a/b ü", "checkout", "T-elsewhere", "T-nobody", "standard", "services")
PLACES = [f"api/v1{path}" for path in PATHS] + ["metrics", "healthz", "readyz", "", "ingest/none", "ingest/bearer"]
HEADS: Sequence[Mapping[str, str]] = (
    {}, {"Accept": "application/openmetrics-text; version=1.0.0"}, {"Slamon-Hop": "1"}, {"Last-Event-ID": "3-1"},
    {"If-None-Match": '"x"'}, {"Range": "bytes=0-1"}, {"X-Forwarded-For": "127.0.0.1"}, {"Expect": "100-continue"},
    {"Connection": "Upgrade", "Upgrade": "websocket"}, {"Accept-Encoding": "gzip"},
)  # fmt: skip
SENT: Sequence[Mapping[str, str]] = (
    {}, {"ce-id": "7", "ce-type": "a%20b"}, {"X-GitHub-Event": "issues", "X-GitHub-Delivery": "d"},
    {"Content-Encoding": "gzip"}, {"Content-Type": "application/cloudevents+json; charset=utf-8"},
)  # fmt: skip


def _digest(signed: bytes) -> bytes:
    return hmac.digest(SECRET.encode(), signed, "sha256")


def _hex(body: bytes) -> str:
    return _digest(body).hex()


@functools.cache
def _port(guarded: bool) -> Port:
    port = Port(INPUTS, Access.model_validate({"tokens": [TOKEN]} if guarded else {}))
    loaded = load([SHIPPED], RECEIVED)
    port.worker.published = Published(loaded.policies, loaded.text)
    port.worker.tickets = {name: {"ticket": name, "at": "now", "clocks": []} for name in IDS[:2]}
    return port


def _read(mangle: Mangler) -> None:
    """Somebody reads: with the token, a wrong one or none, from here or from elsewhere."""
    path = mangle.pick(PLACES).replace("{id}", quote(mangle.pick(IDS), safe=""))
    proof = mangle.pick(({"Authorization": f"Bearer {TOKEN}"}, {"Authorization": f"Bearer {SECRET}"}, {}))
    asked = {
        "method": mangle.pick((*("GET",) * 9, "HEAD", "POST")),
        "path": path.split("/"),
        "query": mangle.pick(QUERIES),
        "headers": {"Host": "127.0.0.1:8080", **proof, **mangle.pick(HEADS)},
    }
    _hand_in(mangle, _rendered(mangle, asked, b""))


def _post(mangle: Mangler) -> None:
    """Somebody posts: what is proven goes through the mapping of its source."""
    scheme = mangle.pick((*DOORS, "token"))
    source, header, prove = DOORS.get(scheme, ("canonical", "X-None", lambda body: ""))
    good = orjson.dumps(mangle.pick(GOOD[source]))
    body = mangle.pick((good, orjson.dumps(mangle.value(orjson.loads(good))), mangle.torn(good)))
    asked = {
        "method": mangle.pick((*("POST",) * 9, "PUT")),
        "path": ["ingest", scheme],
        "query": {"token": SECRET} if scheme == "token" else {},
        "headers": {
            "Host": "x",
            "Content-Type": "application/json",
            header: prove(mangle.pick((body, body, body, good))),
            "X-Zendesk-Webhook-Signature-Timestamp": STAMP.decode(),
            **mangle.pick((*({},) * 5, *SENT)),
        },
    }
    _hand_in(mangle, _rendered(mangle, asked, body))


def _rendered(mangle: Mangler, asked: Mapping[str, Any], body: bytes) -> bytes:
    """The request as bytes, bent at its joints in one of three cases, torn in one of five."""
    bent = mangle.value(asked) if mangle.pick((True, False, False)) else asked
    told = bent if isinstance(bent, dict) else asked
    method, path, query, headers = (told.get(name, asked[name]) for name in ("method", "path", "query", "headers"))
    parts = [_plain(each) for each in path] if isinstance(path, list) else [_plain(path)]
    line = "/" + "/".join(parts if mangle.pick((True, False)) else [quote(each, safe="%") for each in parts])
    if isinstance(query, dict) and query:
        line += "?" + "&".join(f"{quote(name)}={quote(_plain(value))}" for name, value in query.items())
    lines = (
        [f"{name}: {_plain(value)}" for name, value in headers.items()]
        if isinstance(headers, dict)
        else [_plain(headers)]
    )
    framed, sent = _framed(mangle, body)
    raw = "\r\n".join([f"{_plain(method)} {line} HTTP/1.1", *lines, *framed, "", ""]).encode() + sent
    return mangle.torn(raw) if mangle.pick((True, False, False, False, False)) else raw


def _framed(mangle: Mangler, body: bytes) -> tuple[list[str], bytes]:
    way = mangle.pick((*("length",) * 6, *("chunks",) * 3, "both", "wrong")) if body else "none"
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    if way in ("chunks", "both"):
        return ["Transfer-Encoding: chunked"] + [f"Content-Length: {len(body)}"] * (way == "both"), chunks
    if way == "wrong":
        return [f"Content-Length: {mangle.pick((0, len(body) - 1, len(body) + 1, 10**9, -1, '+5'))}"], body
    return [f"Content-Length: {len(body)}"] * (way == "length"), body


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _hand_in(mangle: Mangler, raw: bytes) -> None:
    guarded, peer = mangle.pick((True, False)), mangle.pick(PEERS)
    came = _port(guarded).ask(raw, peer)
    _well_formed(came)
    _proven(came, raw)
    if _told_something(came.said):
        assert TOKEN.encode() in raw if guarded else peer == "127.0.0.1" and LOCAL.search(raw), "let in without a proof"
    for secret in (TOKEN, SECRET):
        assert secret not in came.logged, f"a secret in the log: {came.logged}"


def _well_formed(came: Came) -> None:
    """Every answer has our headers, none tells of our insides or was not foreseen."""
    statuses = re.findall(rb"HTTP/\d\.\d (\d{3}) [A-Z]", came.said)
    assert b"500" not in statuses, f"{came.said[:2000]!r} {came.logged}"
    assert b"Traceback" not in came.said
    assert b"Traceback" not in came.logged.encode(), came.logged
    asked_on = statuses.count(b"100")
    assert came.said.count(b"\r\nServer: slamon\r\n") == len(statuses) - asked_on, came.said[:2000]
    assert b"aiohttp" not in came.said
    if statuses and statuses[0] not in (b"100", b"400"):
        head = came.said.partition(b"\r\n\r\n")[0].decode()
        assert all(f"{name}: " in head for name in HEADERS), head


def _told_something(said: bytes) -> bool:
    """Whether an answer holds what is not for everybody."""
    good = b"".join(each for each in re.split(rb"(?=HTTP/\d\.\d \d{3} [A-Z])", said) if b" 200 OK" in each[:16])
    return any(word in good for word in (b'"clocks":', b'"services":', b'"workers":', b'"ticket":', b'"openapi":'))


def _proven(came: Came, raw: bytes) -> None:
    """Each record is one that its sender has proven: the secret, or the signature of this very body, stands in the request."""
    assert came.said.count(b" 202 Accepted\r\n") == len(came.records)
    for record in came.records:
        shown = quote(SECRET) if record["topic"] == "token" else DOORS[record["topic"]][2](record["value"])
        assert re.sub("^(Bearer |Basic |v1=|sha256=)", "", shown).encode().lower() in raw.lower(), (
            "taken without a proof"
        )


def targets() -> Iterator[tuple[str, Target]]:
    """Who reads, and who posts."""
    yield "port read", Target(_read, (), 3)
    yield "port posted", Target(_post, (), 3)
