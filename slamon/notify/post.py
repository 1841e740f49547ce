"""What is sent to a receiver: PagerDuty's Events API v2, or a signed webhook. Pure; secrets are arguments."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from slamon.notify.incident import Action, Resolve
from slamon.notify.page import Page
from slamon.notify.routes import WORST_FIRST
from slamon.notify.wording import details, summary
from slamon.sla.instants import render

# Of the Events API v2 (developer.pagerduty.com, "Send an alert event"); a whole event may have 512 KB.
MAX_PD_SUMMARY = 1024
MAX_PD_KEY = 255

Verb = Literal["trigger", "update", "resolve"]


@dataclass(frozen=True, slots=True)
class Post:
    """One request. It holds secrets, so it shows nothing of itself; `secrets` are what no log may repeat."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


def verb_of(action: Action) -> Verb:
    """The action as one word."""
    if isinstance(action, Resolve):
        return "resolve"
    return "update" if action.update else "trigger"


def idempotency_key(clock_id: str, action: Action) -> str:
    """The same for every attempt at the same action, also after a restart."""
    said = f"{clock_id}|{action.number}|{verb_of(action)}|{action.fact_id}"
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def pagerduty(url: str, routing_key: str, clock_id: str, action: Action, now: int) -> Post:
    """An event of the Events API v2; the clock is its `dedup_key`, so that a repeat changes nothing."""
    page = action.page
    payload: dict[str, Any] = {
        "summary": summary(action, now)[:MAX_PD_SUMMARY],
        "source": page.subject or "slamon",
        "severity": WORST_FIRST[-1] if isinstance(action, Resolve) else action.severity,
        "component": page.policy,
        "class": page.objective,
        **({"group": page.group} if page.group else {}),
    }
    event: dict[str, Any] = {
        "routing_key": routing_key,
        "event_action": "resolve" if isinstance(action, Resolve) else "trigger",
        "dedup_key": clock_id[:MAX_PD_KEY],
        "payload": payload,
    }
    if not isinstance(action, Resolve):
        payload |= {"timestamp": render(page.at), "custom_details": {**details(page, now), "clock_id": clock_id}}
        event |= {"client": "slamon", "links": _links(page), **({"client_url": page.link} if page.link else {})}
    return Post(url, orjson.dumps(event), {"Content-Type": "application/json"}, (routing_key,))


def _links(page: Page) -> list[dict[str, str]]:
    links = [(page.link, page.subject), (page.runbook, "Runbook")]
    return [{"href": href, "text": text} for href, text in links if href]


def webhook(
    url: str, secret: bytes | None, headers: Mapping[str, str], clock_id: str, action: Action, now: int
) -> Post:
    """The JSON of docs/schema/page.schema.json, signed over its time and its bytes."""
    key = idempotency_key(clock_id, action)
    body = orjson.dumps(_told(clock_id, key, action, now))
    signed = {"X-Slamon-Signature": signature(secret, body, now // 1000)} if secret else {}
    return Post(url, body, {"Content-Type": "application/json", "Idempotency-Key": key, **headers, **signed})


def _told(clock_id: str, key: str, action: Action, now: int) -> dict[str, Any]:
    page = action.page
    return {
        "version": 1,
        "id": key,
        "action": verb_of(action),
        "dedup_key": clock_id,
        "summary": summary(action, now),
        "severity": None if isinstance(action, Resolve) else action.severity,
        "note": action.note if isinstance(action, Resolve) else None,
        "what": page.what,
        "kind": "service" if page.service else "ticket",
        "subject": page.subject,
        "policy": page.policy,
        "policy_kind": page.kind,
        "objective": page.objective,
        "at": render(page.at),
        "due_at": None if page.due_at is None else render(page.due_at),
        "breached_at": None if page.breached_at is None else render(page.breached_at),
        "sent_at": render(now),
        "details": {} if isinstance(action, Resolve) else details(page, now),
    }


def signature(secret: bytes, body: bytes, seconds: int) -> str:
    """`t=SECONDS,v1=HEX`: HMAC-SHA256 over `SECONDS.BODY`, so that an old post cannot be sent again as a new one."""
    digest = hmac.digest(secret, b"%d." % seconds + body, "sha256").hex()
    return f"t={seconds},v1={digest}"
