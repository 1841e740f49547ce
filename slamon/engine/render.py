"""Facts and corrections as CloudEvents 1.0 in structured JSON, none too large to send (semantics 4.5-4.7)."""

from collections.abc import Container
from dataclasses import dataclass
from typing import Any, Final

import orjson

from slamon.engine.state import Telling, body_bytes, topic_of
from slamon.engine.unit import Origin, Outgoing
from slamon.sla.clock import digest
from slamon.sla.events import Fact
from slamon.sla.instants import render as rfc3339

MAX_EVENT: Final = 256 * 1024
MAX_TEXT: Final = 200  # characters of a text in a fact that would be too large
MAX_LIST: Final = 20
CONTENT_TYPE: Final = ("content-type", b"application/cloudevents+json; charset=UTF-8")


@dataclass(frozen=True, slots=True)
class Reading:
    """What the wall says while a fact leaves: it stands in headers, never in the event."""

    now: int
    page_within: int
    lateness: int = 0
    behind: bool = False
    silent: Container[Origin] = frozenset()  # origins that should have been heard
    held: Container[Origin] = frozenset()  # those of them whose tickets' facts wait

    def live(self, at: int) -> bool:
        """Whether pagers should act on a fact of that instant (semantics 4.6)."""
        return self.now - at <= self.page_within

    def headers(self, at: int, origin: Origin) -> list[tuple[str, bytes]]:
        headers = [
            CONTENT_TYPE,
            ("live", b"true" if self.live(at) else b"false"),
            ("recordedtime", rfc3339(self.now).encode()),
        ]
        if self.behind:
            headers.append(("behind", b"true"))
        if origin in self.silent:
            headers.append(("source_silent", b"true"))
        return headers


def fact_records(kind: str, subject: str, source: str, telling: Telling, reading: Reading) -> list[Outgoing]:
    """The records that tell the world what is true of the fact now: itself, or its next correction."""
    if telling.first:
        event = _event(telling.id, f"{kind}.{telling.what}", subject, source, telling.instant, _as_is(telling.body))
        return [
            _record(topic_of(telling.what), subject, event, reading.headers(telling.instant, (kind, telling.source)))
        ]
    event = _correction(kind, subject, source, telling)
    topics = dict.fromkeys((topic_of(telling.what), "outcomes"))
    # A pager that acted on the fact has to hear of its correction: what counts is when that became known.
    headers = reading.headers(max(telling.at, telling.known), (kind, telling.source))
    return [_record(topic, subject, event, headers) for topic in topics]


def fact_value(kind: str, source: str, fact: Fact) -> bytes:
    """The value of the record that tells the fact for the first time."""
    return _bytes(_event(fact.id, f"{kind}.{fact.what.value}", fact.subject, source, fact.at, _as_is(body_bytes(fact))))


def _correction(kind: str, subject: str, source: str, telling: Telling) -> dict[str, Any]:
    n = telling.count + 1
    data: dict[str, Any] = {
        "what": "correction",
        "corrects": telling.id,
        "n": n,
        "corrected_what": telling.what,
        "corrected_time": rfc3339(telling.instant),
        "reinstates": telling.holds,
        "reason": telling.reason,
        "subject": subject,
        "clock_id": telling.clock_id,
        "threshold": telling.threshold,
    }
    if telling.body is not None:
        data["fact"] = _as_is(telling.body)
    return _event(digest(telling.id, n), f"{kind}.correction", subject, source, telling.at, data)


def _as_is(body: bytes | None) -> orjson.Fragment:
    return orjson.Fragment(body or b"{}")


def _event(event_id: str, kind: str, subject: str, source: str, at: int, data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": f"io.slamon.{kind}.v1",
        "subject": subject,
        "time": rfc3339(at),
        "datacontenttype": "application/json",
        "data": data,
    }


def _record(topic: str, subject: str, event: dict[str, Any], headers: list[tuple[str, bytes]]) -> Outgoing:
    return Outgoing(topic, subject.encode(), _bytes(event), headers)


def _bytes(event: dict[str, Any]) -> bytes:
    value = orjson.dumps(event)
    return value if len(value) <= MAX_EVENT else orjson.dumps(_shortened(orjson.loads(value)))


def _shortened(event: dict[str, Any]) -> dict[str, Any]:
    """The event with totals in the place of lists, and every text cut: no field of a ticket can make it too large."""
    data = event["data"]
    told = data.get("fact", data)
    explanation = {**told["explanation"], "truncated": True}
    for name in ("counted", "pauses", "outages", "excluded", "unknown"):
        if isinstance(explanation.get(name), list):
            explanation[name] = {"intervals": len(explanation[name])}
    shortened: dict[str, Any] = _cut({**told, "explanation": explanation})
    return {**event, "data": {**data, "fact": shortened} if "fact" in data else shortened}


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value[:MAX_TEXT]
    if isinstance(value, dict):
        return {name: _cut(part) for name, part in value.items()}
    return [_cut(part) for part in value[:MAX_LIST]] if isinstance(value, (list, tuple)) else value
