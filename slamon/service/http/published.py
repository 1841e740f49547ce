"""The policies in force over HTTP: which, since when, each with its text and in plain words; and the API's own description."""

import asyncio
from collections.abc import Mapping
from typing import Any

import yaml
from aiohttp import web

from slamon.in_words import policy_in_words
from slamon.policy_file.text import documents_of
from slamon.service.http.answers import answer
from slamon.service.http.asked import check_known, subject_of
from slamon.service.http.openapi import DOCUMENT
from slamon.service.problem import Problem
from slamon.service.status import Published, StatusSource
from slamon.sla.explain import instant
from slamon.sla.policy import Policy

KINDS = ("TicketSLA", "UptimeSLA")


class PublishedPolicies:
    """Handlers, by what they tell. Every worker follows all policies, so none has to be asked."""

    def __init__(self, source: StatusSource) -> None:
        self._source = source

    async def policies(self, request: web.Request) -> web.Response:
        check_known(request)
        held = self._held()
        following = None
        if held.next_version is not None:
            following = {"version": held.next_version, "since": instant(held.next_at)}
        listed = [_line(policy) for policy in sorted(held.policies.policies, key=lambda policy: policy.name)]
        version = held.policies.version
        return answer({"version": version, "since": instant(held.since), "following": following, "policies": listed})

    async def policy(self, request: web.Request) -> web.Response:
        check_known(request)
        name, held = subject_of(request, "policy"), self._held()
        found = next((policy for policy in held.policies.policies if policy.name == name), None)
        if found is None:
            raise Problem(404, "unknown_policy", "the version in force has no policy of that name")
        text = await asyncio.to_thread(_text, held.text, name)  # the whole set is read for it
        since = {"version": held.policies.version, "since": instant(held.since)}
        return answer(
            {**since, **_line(found), "text": text, "words": policy_in_words(found, self._source.status().now)}
        )

    async def openapi(self, request: web.Request) -> web.Response:
        check_known(request)
        return answer(DOCUMENT)

    def _held(self) -> Published:
        held = self._source.policies()
        if held is None:
            raise Problem(503, "starting", "the worker has not read any policies yet")
        return held


def _line(policy: Policy) -> dict[str, Any]:
    agreement = policy.agreement
    return {
        "name": policy.name,
        "kind": policy.kind.value,
        "of": "tickets" if policy.uptime is None else "services",
        "level": policy.level.value,
        "status": "draft" if policy.draft else "active",
        "agreement": agreement.name if agreement else None,
        "customer": agreement.customer if agreement else None,
        "objectives": [objective.name for objective in policy.objectives],
    }


def _text(text: bytes, name: str) -> str:
    """The policy's own document as YAML, as it was published: holidays as dates, defaults left out."""
    document = next(one for one in documents_of(text)[0] if _is(one.value, name))
    return str(yaml.safe_dump(document.value, sort_keys=False, allow_unicode=True))


def _is(document: Mapping[str, Any], name: str) -> bool:
    return document.get("kind") in KINDS and document.get("metadata", {}).get("name") == name
