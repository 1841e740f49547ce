"""The answers of the API. Any worker gives any of them: what it does not own it asks of the others, once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

from aiohttp import web

from slamon.service.http.answers import answer, described
from slamon.service.http.asked import after_of, check_known, limit_of, passed_on, subject_of, wanted_of
from slamon.service.http.gathered import CLOCKS, SERVICES, Kind, merged, of_page, status_of, whole_status
from slamon.service.http.peers import Peers
from slamon.service.problem import Problem
from slamon.service.status import Elsewhere, Page, StatusSource
from slamon.sla.instants import render

READ_SECONDS = 5.0
API = "/api/v1"
SHORT = (
    "clock_id", "slot", "policy", "policy_kind", "agreement", "objective", "objective_kind", "stage", "target",
    "elapsed_seconds", "remaining_seconds", "due_at", "breached_at", "ended_at",
)  # fmt: skip
UNKNOWN = {"ticket": "unknown_ticket", "service": "unknown_service"}
Looked = Mapping[str, Any] | Elsewhere | None


class Reading:
    """Handlers, by what they tell."""

    def __init__(self, source: StatusSource, peers: Peers) -> None:
        self._source, self._peers = source, peers

    async def status(self, request: web.Request) -> web.Response:
        check_known(request)
        told = self._source.status()
        own = whole_status(render(told.now), told.policies, told.expected_partitions, [described(told)])
        if passed_on(request):
            return answer(own)
        return answer(status_of(own, await self._peers.ask_all(f"{API}/status", {})))

    async def ticket(self, request: web.Request) -> web.Response:
        return answer(await self._subject(request, "ticket", self._source.ticket))

    async def clocks(self, request: web.Request) -> web.Response:
        found = await self._subject(request, "ticket", self._source.ticket)
        clocks = [{name: clock[name] for name in SHORT if name in clock} for clock in found["clocks"]]
        return answer({"ticket": found["ticket"], "at": found["at"], "clocks": clocks})

    async def service(self, request: web.Request) -> web.Response:
        return answer(await self._subject(request, "service", self._source.service))

    async def services(self, request: web.Request) -> web.Response:
        check_known(request, "limit", "cursor")
        looking = self._source.services(after_of(request), limit_of(request))
        return answer(await self._listed(request, f"{API}/services", SERVICES, looking))

    async def at_risk(self, request: web.Request) -> web.Response:
        check_known(request, "limit", "cursor", "policy", "customer", "group", "within")
        return answer(await self.soonest(request))

    async def soonest(self, request: web.Request) -> Mapping[str, Any]:
        """The clocks at risk that the request asks for."""
        wanted = wanted_of(request, self._source.status().now)
        return await self._listed(request, f"{API}/at-risk", CLOCKS, self._source.at_risk(wanted))

    # -- a list of all workers

    async def _listed(self, request: web.Request, path: str, kind: Kind, looking: Awaitable[Page]) -> Mapping[str, Any]:
        status = self._source.status()
        page = await asyncio.wait_for(looking, READ_SECONDS)
        own = of_page(kind, page, status.expected_partitions, status.now)
        if passed_on(request) or not own["missing"]:
            return own
        others = await self._peers.ask_all(path, dict(request.query))
        return merged(kind, own, others.values(), limit_of(request))

    # -- one ticket or service, of whichever worker owns it

    async def _subject(
        self, request: web.Request, kind: str, look: Callable[[str], Awaitable[Looked]]
    ) -> Mapping[str, Any]:
        check_known(request)
        subject = subject_of(request, kind)
        found = await asyncio.wait_for(look(subject), READ_SECONDS)
        if isinstance(found, Elsewhere):
            found = await self._from_owner(request, kind, subject, found.partition)
        if found is None:
            hint = "no event of it was read yet, or it was forgotten after `retention`"
            raise Problem(404, UNKNOWN[kind], hint)
        return found

    async def _from_owner(self, request: web.Request, kind: str, subject: str, partition: int) -> Looked:
        owner = None if passed_on(request) else self._peers.owner(partition)
        if owner is None:
            detail = (
                f"partition {partition} belongs to another worker: {API}/status lists what each owns, and with"
                f" access.advertise set they find each other"
            )
            raise Problem(421, "other_worker", detail, partition=partition)
        found = await self._peers.ask(owner, f"{API}/{kind}s/{quote(subject, safe='')}", {})
        if found is not None and found.status == 200 and isinstance(found.body.get("clocks"), list):
            return found.body
        if found is not None and found.body.get("error") == UNKNOWN[kind]:
            return None
        detail = f"the worker of partition {partition} gave no answer: try again"
        raise Problem(503, "owner_unanswered", detail, partition=partition, worker=owner)
