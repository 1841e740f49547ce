"""What the worker's port tells: its status from the runtime, a ticket's clocks from the store of an owned partition."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from slamon.engine.look import look, look_at_service
from slamon.engine.partitioner import partition_of
from slamon.engine.unit import Store
from slamon.runtime.owned import OwnedPartition
from slamon.runtime.standby import Standby
from slamon.runtime.store import SlaStore
from slamon.runtime.wall import wall_ms
from slamon.service.due import soonest
from slamon.service.standings import listed
from slamon.service.status import Elsewhere, InputStatus, PartitionStatus, StandbyStatus, WorkerStatus
from slamon.sla.coverage import Rules
from slamon.sla.explain import instant

if TYPE_CHECKING:
    from slamon.service.worker import Service

Look = Callable[[Store, Rules, str, int], dict[str, Any] | None]


class Inspection:
    """The StatusSource of a Service."""

    def __init__(self, service: "Service") -> None:
        self._service = service
        self._counted: dict[tuple[str, str], int] = {}

    def status(self) -> WorkerStatus:
        """The worker now; intake's counts are taken into the metrics on the way."""
        service, now = self._service, wall_ms()
        self._count_intake()
        service.metrics.on_policy_files(service.keeper.differs)
        book = service.follower.book
        return WorkerStatus(
            now=now,
            assigned=service.worker.assignment.ground is not None,
            ticked_at=now - service.worker.sampler.silent_ms,
            policies=None if book is None else book.at(now).version,
            partitions=[self._partition(partition) for partition in service.worker.partitions],
            standbys=[_standby(standby) for standby in service.worker.standbys],
            inputs=self._inputs(now),
            expected_partitions=service.settings.partitions,
        )

    async def ticket(self, ticket: str) -> Mapping[str, Any] | Elsewhere | None:
        """The ticket's explanation from an owned partition."""
        return self._looked(look, ticket)

    async def service(self, service: str) -> Mapping[str, Any] | Elsewhere | None:
        """The same of a service."""
        return self._looked(look_at_service, service)

    def _looked(self, look_at: Look, subject: str) -> Mapping[str, Any] | Elsewhere | None:
        number = partition_of(subject.encode(), self._service.settings.partitions)
        owned = self.owned().get(number)
        return Elsewhere(number) if owned is None else look_at(*owned, subject, wall_ms())

    async def services(self, after: str, limit: int) -> Mapping[str, Any]:
        """So many services of owned partitions, by id."""
        now = wall_ms()
        return {"now": instant(now), **await listed(self.owned().values(), after, limit, now, self.readable)}

    async def due(self, limit: int) -> Mapping[str, Any]:
        """The clocks of owned partitions; `complete` is False if a partition holds too many tickets to look at all."""
        now = wall_ms()
        found, complete = await soonest(self.stores(), limit, self.readable)
        return {"now": instant(now), "due": [due.told for due in found], "complete": complete}

    def stores(self) -> list[SlaStore]:
        """Of the owned partitions."""
        return [partition.store for partition in self._service.worker.partitions if partition.store is not None]

    def owned(self) -> dict[int, tuple[SlaStore, Rules]]:
        """The store of each owned partition, and the rules it decides by."""
        deciders = self._service.deciders
        return {
            partition.number: (partition.store, deciders[partition.number].rules)
            for partition in self._service.worker.partitions
            if partition.store is not None and partition.number in deciders
        }

    def readable(self, store: Store) -> bool:
        """Whether a store is still ours: a partition may be taken away between two slices of a look."""
        return store in self.stores()

    def _partition(self, partition: OwnedPartition) -> PartitionStatus:
        progress = partition.progress
        recovering = str(partition.state) == "recovering"
        keys, size = (0, 0) if partition.store is None else partition.store.size()
        return PartitionStatus(
            partition.number,
            str(partition.state),
            partition.partition_time,
            lag={"tickets": partition.lag},
            recovery_remaining=progress.remaining if recovering else 0,
            recovery_started_at=wall_ms() - int(progress.seconds * 1000) if recovering else None,
            state_keys=keys,
            state_bytes=size,
        )

    def _inputs(self, now: int) -> list[InputStatus]:
        """The clocks' own topics, then the configured inputs."""
        service = self._service
        silence = service.silence.silence
        newest, silent = silence.newest(), silence.silent(now)
        own = [
            InputStatus(role, service.settings.topic(role), "canonical", self._newest(service.settings.topic(role)))
            for role in ("tickets", "uptime")
        ]
        lags: Counter[str] = Counter()
        for tp, proof in service.worker.lanes.proofs.items():
            lags[tp.topic] += proof.lag
        return own + [
            InputStatus(
                feed.label,
                feed.topic,
                feed.source.name,
                newest.get(feed.label),
                lags[feed.topic],
                feed.label in silent,
            )
            for feed in service.feeds
        ]

    def _newest(self, topic: str) -> int | None:
        """The Kafka timestamp of the newest record of a clock topic in the owned partitions."""
        positions = (
            self._service.deciders[partition.number].applied().get(topic)
            for partition in self._service.worker.partitions
            if partition.number in self._service.deciders
        )
        return max((position.timestamp for position in positions if position is not None), default=None)

    def _count_intake(self) -> None:
        for (label, outcome), count in self._service.intake.counts.items():
            new = count - self._counted.get((label, outcome), 0)
            self._counted[label, outcome] = count
            if new:
                self._service.metrics.count(
                    *(("records", (label,)) if outcome == "mapped" else ("dead", (outcome,))), new
                )


def _standby(standby: Standby) -> StandbyStatus:
    keys, size = (0, 0) if standby.store is None else standby.store.size()
    return StandbyStatus(standby.number, "level" if standby.level else "catching_up", standby.lag, keys, size)
