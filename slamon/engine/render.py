"""Facts and corrections as CloudEvents 1.0 in structured JSON, none too large to send (semantics 4.5-4.7)."""

from collections.abc import Container
from typing import Any, Final

import orjson

from slamon.engine.state import Telling, body_bytes, topic_of
from slamon.engine.unit import Origin, Outgoing
from slamon.sla.clock import digest
from slamon.sla.events import Fact
from slamon.sla.instants import render as rfc3339
from slamon.sla.written import quoted, written_instant

MAX_EVENT: Final = 256 * 1024
MAX_TEXT: Final = 200  # characters of a text in a fact that would be too large
MAX_LIST: Final = 20
CONTENT_TYPE: Final = ("content-type", b"application/cloudevents+json; charset=UTF-8")
LIVE: Final = ("live", b"true")
OLD: Final = ("live", b"false")


class Reading:
    """What the wall says while a fact leaves: it stands in headers, never in the event.

    `silent` are the origins that should have been heard, `held` those of them whose tickets' facts wait.
    """

    def __init__(
        self, now: int, page_within: int, lateness: int = 0, behind: bool = False, silent: Container[Origin] = frozenset(),
        held: Container[Origin] = frozenset(),
    ) -> None:  # fmt: skip
        self.now, self.page_within, self.lateness, self.behind = now, page_within, lateness, behind
        self.silent, self.held = silent, held
        self._recorded = ("recordedtime", rfc3339(now).encode())

    def live(self, at: int) -> bool:
        """Whether pagers should act on a fact of that instant (semantics 4.6)."""
        return self.now - at <= self.page_within

    def headers(self, at: int, origin: Origin) -> list[tuple[str, bytes]]:
        headers = [CONTENT_TYPE, LIVE if self.live(at) else OLD, self._recorded]
        if self.behind:
            headers.append(("behind", b"true"))
        if origin in self.silent:
            headers.append(("source_silent", b"true"))
        return headers


def fact_records(kind: str, subject: str, source: str, telling: Telling, reading: Reading) -> list[Outgoing]:
    """The records that tell the world what is true of the fact now: itself, or its next correction."""
    if telling.first:
        value = _first(telling.id, f"{kind}.{telling.what}", subject, source, telling.instant, telling.body)
        headers = reading.headers(telling.instant, (kind, telling.source))
        return [Outgoing(topic_of(telling.what), subject.encode(), value, headers)]
    event = _correction(kind, subject, source, telling)
    topics = dict.fromkeys((topic_of(telling.what), "outcomes"))
    # A pager that acted on the fact has to hear of its correction: what counts is when that became known.
    headers = reading.headers(max(telling.at, telling.known), (kind, telling.source))
    value = _bytes(event)
    return [Outgoing(topic, subject.encode(), value, headers) for topic in topics]


def fact_value(kind: str, source: str, fact: Fact) -> bytes:
    """The value of the record that tells the fact for the first time."""
    return _first(fact.id, f"{kind}.{fact.what.value}", fact.subject, source, fact.at, body_bytes(fact))


def _first(fact_id: str, kind: str, subject: str, source: str, at: int, body: bytes | None) -> bytes:
    """What `_event` gives of a fact, as the encoder would write it: its text is there already."""
    begin = (
        f'{{"specversion":"1.0","id":"{fact_id}","source":{quoted(source)},"type":"io.slamon.{kind}.v1"'
        f',"subject":{quoted(subject)},"time":{written_instant(at)},"datacontenttype":"application/json","data":'
    )
    value = b"".join((begin.encode(), body or b"{}", b"}"))
    return value if len(value) <= MAX_EVENT else _bytes(orjson.loads(value))


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
        data["fact"] = orjson.Fragment(telling.body)
    return _event(digest(telling.id, n), f"{kind}.correction", subject, source, telling.at, data)


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
