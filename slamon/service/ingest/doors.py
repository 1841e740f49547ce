"""One POST from the first look to the answer: who, what kind, how long, by whom, what it means, and is it safe."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from aiohttp import web

from slamon.runtime.intake_mapping import Feed, Mapper, PartlyRefused
from slamon.runtime.raw_producer import NotTaken, RawProducer, RawRecord, TooLargeForTopic
from slamon.runtime.wall import wall_ms
from slamon.service.ingest.proof import Proof
from slamon.service.ingest.reading import body_of, check_type, headers_of
from slamon.service.ingest.refusal import Refusal
from slamon.service.ingest.tally import Tally
from slamon.service.secrets import Unreadable
from slamon.sla.events import InvalidRecord

MAX_AT_ONCE = 16  # bodies in memory
OTHER = "other"  # a name nobody configured, in logs and metrics


@dataclass(frozen=True, slots=True)
class Door:
    """One input that may be posted to."""

    name: str
    feed: Feed
    proof: Proof
    max_body: int


class Posted(NamedTuple):
    """A request as the record it will be, for the mapping to look at."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes
    headers: list[tuple[str, bytes]]


class Meaning(NamedTuple):
    """The subject of each canonical record a body will be, and what was wrong with its other parts."""

    subjects: list[bytes | None]
    partly: InvalidRecord | None = None

    def told(self) -> dict[str, Any]:
        """The answer to the sender."""
        refused = {"refused": {"error": self.partly.reason, "detail": str(self.partly)}} if self.partly else {}
        return {"accepted": len(self.subjects), **refused}


class Ingest:
    """All doors of a worker. `open` once the broker was reached, `close` when the worker ends."""

    def __init__(
        self,
        doors: Mapping[str, Door],
        mapper: Mapper,
        producer: RawProducer,
        tally: Tally,
        now: Callable[[], int] = wall_ms,
    ) -> None:
        self._doors, self._mapper, self._producer = doors, mapper, producer
        self._tally, self._now = tally, now
        self._open = False
        self._at_once = 0

    async def open(self) -> None:
        """Records are taken from now on; raises WorkerMustEnd."""
        await self._producer.open()
        self._open = True

    async def close(self) -> None:
        """No more records; those on their way are waited for, for a moment."""
        self._open = False
        await self._producer.close()

    async def answer(self, request: web.Request) -> web.Response:
        """202 once the broker has acked the record, else the problem."""
        door = self._doors.get(request.match_info["name"])
        self._at_once += 1
        try:
            meaning = await self._taken(door, request)
        except Refusal as refusal:
            return self._refused(door, request, refusal)
        except Exception as error:  # noqa: BLE001 - a request must not end the worker, and its text may hold the body
            cause = type(error).__name__
            return self._refused(door, request, Refusal(500, "failed", "see the worker's log", cause=cause))
        finally:
            self._at_once -= 1
        self._tally.accepted(door.name if door else OTHER)
        return web.json_response(meaning.told(), status=202)

    def _refused(self, door: Door | None, request: web.Request, refusal: Refusal) -> web.Response:
        self._tally.refused(door.name if door else OTHER, refusal, request.remote)
        return refusal.response()

    async def _taken(self, door: Door | None, request: web.Request) -> Meaning:
        if door is None:
            raise Refusal(404, "unknown_input", "expected the name of an input that has an ingest part")
        if request.method != "POST":
            raise Refusal(405, "method_not_allowed", "expected POST", headers={"Allow": "POST"})
        if not self._open:
            raise Refusal(503, "starting", "the worker does not take records yet, or no more")
        if self._at_once > MAX_AT_ONCE:
            raise Refusal(503, "busy", f"at most {MAX_AT_ONCE} requests at once", headers={"Retry-After": "1"})
        check_type(request)
        body = await _proven_body(door, request, self._now())
        posted = Posted(0, self._now(), None, body, headers_of(request))
        # In a thread, as the signature before: large bodies take longer than a slice of the event loop may.
        meaning = await asyncio.to_thread(self._meaning, door, posted)
        await self._put(door, posted, meaning.subjects)
        return meaning

    def _meaning(self, door: Door, posted: Posted) -> Meaning:
        """What this will be, by the very mapping that intake uses."""
        try:
            return Meaning([row[1] for row in self._mapper.rows(door.feed, posted, posted.timestamp)])
        except PartlyRefused as error:  # what can be read must not be lost over the rest, which will be a dead letter
            return Meaning([row[1] for row in error.rows], error)
        except InvalidRecord as error:
            raise Refusal(422, "not_mapped", str(error), error=error.reason) from error

    async def _put(self, door: Door, posted: Posted, subjects: list[bytes | None]) -> None:
        """Records of one subject share a key and so a partition, which keeps their order."""
        key = subjects[0] if len(set(subjects)) == 1 else None
        record = RawRecord(door.feed.topic, key, posted.value, posted.headers, posted.timestamp)
        try:
            await self._producer.put(record)
        except TooLargeForTopic as error:
            detail = "the input's topic takes no record of this size (max.message.bytes)"
            raise Refusal(413, "too_large", detail, cause=str(error)) from error
        except NotTaken as error:
            detail = "the broker did not confirm the record: send it again"
            raise Refusal(503, "not_taken", detail, cause=str(error)) from error


async def _proven_body(door: Door, request: web.Request, now: int) -> bytes:
    """The body of a sender who knows a secret; who has to show it in the head is asked before the body is read."""
    try:
        secrets = door.proof.secrets.current()
    except Unreadable as error:
        raise Refusal(503, "no_secret", "the worker cannot read its secret", cause=str(error)) from error
    if not door.proof.signs_body and not door.proof.holds(request, secrets):
        raise _unauthorized(door)
    body = await body_of(request, door.max_body)
    if door.proof.signs_body and not await asyncio.to_thread(door.proof.holds, request, secrets, body):
        raise _unauthorized(door)
    if (why := door.proof.out_of_time(request, now)) is not None:
        raise _unauthorized(door, why)
    return body


def _unauthorized(door: Door, cause: str | None = None) -> Refusal:
    headers = {"WWW-Authenticate": door.proof.scheme}
    return Refusal(401, "unauthorized", "expected a proof that opens this input", headers=headers, cause=cause)
