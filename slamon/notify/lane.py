"""The way to one receiver: one page after the other at its own pace, each until it is taken. Lanes know nothing of each other."""

import asyncio
import random
import time

import structlog
from aiohttp import ClientSession

from slamon.notify.attempt import Again, Bucket, Outcome, Refused, wait
from slamon.notify.board import Board
from slamon.notify.courier import Courier
from slamon.notify.incident import Action, Incident
from slamon.notify.metrics import NotifyMetrics
from slamon.notify.post import verb_of
from slamon.notify.reader import Reader

LOOK_AGAIN = 0.1

log = structlog.get_logger(__name__)


class Lane:
    """`run` until cancelled; `wake` when the board may have something to tell."""

    def __init__(self, courier: Courier, board: Board, reader: Reader, metrics: NotifyMetrics) -> None:
        self.name = courier.receiver.name
        self._courier, self._board, self._reader, self._metrics = courier, board, reader, metrics
        self._bucket = Bucket(courier.receiver.rate, time.monotonic())
        self._awake = asyncio.Event()
        self._failures = 0  # in a row

    def wake(self) -> None:
        """There may be something to tell."""
        self._awake.set()

    async def run(self) -> None:
        """Tells for ever what there is to tell; raises what keeping it raises."""
        async with self._courier.session() as session:
            while True:
                self._awake.clear()
                if self._board.next(self.name) is None:
                    await self._awake.wait()
                elif not self._reader.may_tell:
                    await asyncio.sleep(LOOK_AGAIN)
                else:
                    # The pace first: what is told is what is true when its turn has come.
                    await asyncio.sleep(self._bucket.take(time.monotonic()))
                    await self._turn(session)

    async def _turn(self, session: ClientSession) -> None:
        found = self._board.next(self.name)
        if found is None or not self._reader.may_tell:
            return
        incident, action = found
        # Before the attempt: of an answer that is lost in a crash nobody would know that there is a page to resolve.
        if incident.trying(self.name):
            await self._reader.keep(incident)
        if not self._ours(incident) or not self._reader.may_tell:
            return
        outcome = await self._courier.tell(session, incident.clock_id, action)
        if isinstance(outcome, Again):
            await self._wait(incident, action, outcome)
        elif self._ours(incident):
            self._tell_of(incident, action, outcome)
            incident.confirm(self.name, action)
            self._board.settle(incident, self._courier.now())
            await self._reader.keep(incident)

    def _ours(self, incident: Incident) -> bool:
        """Whether its partition is still ours: if not, its new owner tells, under the same keys."""
        return self._board.incident(incident.clock_id) is incident

    async def _wait(self, incident: Incident, action: Action, outcome: Again) -> None:
        self._failures += 1
        self._metrics.retried(self.name)
        self._board.later(self.name, incident.clock_id)
        seconds = wait(self._failures, outcome.after, random.random)
        log.warning(
            "page_not_taken", receiver=self.name, clock_id=incident.clock_id, subject=action.page.subject,
            action=verb_of(action), why=outcome.why, failures=self._failures, again_in=round(seconds, 1),
        )  # fmt: skip
        await asyncio.sleep(seconds)

    def _tell_of(self, incident: Incident, action: Action, outcome: Outcome) -> None:
        self._failures = 0
        fields = {
            "receiver": self.name, "clock_id": incident.clock_id, "subject": action.page.subject,
            "objective": action.page.objective, "action": verb_of(action),
        }  # fmt: skip
        if isinstance(outcome, Refused):
            self._metrics.refused(self.name)
            log.error("page_refused", **fields, why=outcome.why)
        else:
            self._metrics.sent(self.name, verb_of(action))
            log.info("page_sent", **fields)
