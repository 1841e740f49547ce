"""The thread that owns the aiokafka consumer of the group: committed records only, positions taken with the records."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from slamon.engine.unit import Record
from slamon.runtime.resets import Resets
from slamon.runtime.taken import lighten

FETCH_WAIT_MS = 50  # Faust asks for 1,500: a partition that was left out of a request would wait that long for the next


class Fetched(dict[Any, list[Record]]):
    """What one fetch gave, and where each partition that was asked for stands after it."""

    positions: dict[TP, int]
    starts: Mapping[TP, int]  # where they stood before it


class SlaConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The thread that owns the aiokafka consumer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._resets = Resets()

    @property
    def dead(self) -> bool:
        """Whether it was started and runs no more: nothing that is asked of it will ever be answered."""
        return self._thread is not None and not self._thread.is_alive()

    @property
    def group_error(self) -> BaseException | None:
        """What ended aiokafka's routine that talks to the group, or what it keeps for a call that Faust never makes."""
        coordinator = self._consumer._coordinator if self._consumer is not None else None
        if coordinator is None:
            return None
        routine = coordinator._coordination_task
        ended = routine.exception() if routine.done() and not routine.cancelled() else None
        return ended or coordinator._pending_exception  # type: ignore[no-any-return]

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        # Faust reads uncommitted records unless its own transactions are on, which they must not be (faust.md 4).
        self.consumer.in_transaction = True
        try:
            consumer = super()._create_worker_consumer(transport)
        finally:
            self.consumer.in_transaction = False
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer

    async def _fetch_records(
        self,
        consumer: AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,
        max_records: int | None = None,
    ) -> Fetched:
        """As Faust's, with the positions taken in the same breath: nothing between them and the records."""
        lighten(consumer._fetcher, self.consumer.app.batch_topics)
        before = dict(_states(consumer, active_partitions))
        for tp, state in before.items():
            self._resets.listen(tp, state)
        starts = {tp: state.position for tp, state in before.items() if state.has_valid_position}
        records = await super()._fetch_records(consumer, active_partitions, timeout=timeout, max_records=max_records)
        fetched = Fetched(records)
        after = dict(_states(consumer, active_partitions))
        fetched.positions = {tp: state.position for tp, state in after.items() if state.has_valid_position}
        moved = {tp: at for tp, at in fetched.positions.items() if self._resets.moved(tp)}
        fetched.starts = starts | {tp: _first(fetched, tp, at) for tp, at in moved.items()}
        return fetched

    async def begin(self, offsets: Mapping[TP, int]) -> None:
        await self.call_thread(self._begin, offsets)

    async def _begin(self, offsets: Mapping[TP, int]) -> None:
        consumer = self._ensure_consumer()
        for tp, offset in offsets.items():
            partition = driver.ensure_aiokafka_TP(tp)
            consumer.seek(partition, offset)
            consumer.resume(partition)

    async def hush(self, tps: Iterable[TP]) -> None:
        await self.call_thread(self._hush, list(tps))

    async def _hush(self, tps: list[TP]) -> None:
        consumer = self._ensure_consumer()
        consumer.pause(*map(driver.ensure_aiokafka_TP, tps))

    async def seek_stock(self, tps: Iterable[TP]) -> Mapping[TP, int]:
        partitions = [driver.ensure_aiokafka_TP(tp) for tp in tps]
        return await self.call_thread(self._ensure_consumer().seek_to_committed, *partitions) if partitions else {}

    async def heartbeat(self) -> bool:
        """Whether the coordinator answers for this member and this generation right now."""
        return await self.call_thread(self._heartbeat)

    async def _heartbeat(self) -> bool:
        coordinator = self._ensure_consumer()._coordinator
        generation = coordinator.generation
        if coordinator.need_rejoin(coordinator._subscription.subscription):
            return False
        ok = await coordinator._do_heartbeat()
        rejoin = coordinator.need_rejoin(coordinator._subscription.subscription)
        return bool(ok) and generation == coordinator.generation and not rejoin


def _first(fetched: Fetched, tp: TP, position: int) -> int:
    """Where a partition was moved to: no offset below the first record is of any use to anybody."""
    records = fetched.get(driver.ensure_aiokafka_TP(tp))
    return records[0].offset if records else position


def _states(consumer: AIOKafkaConsumer, partitions: Iterable[TP]) -> Iterator[tuple[TP, Any]]:
    subscription = consumer._subscription.subscription
    if subscription is None or subscription.assignment is None or not subscription.assignment.active:
        return
    for tp in list(partitions or ()):
        state = subscription.assignment.state_value(driver.ensure_aiokafka_TP(tp))
        if state is not None:
            yield tp, state
