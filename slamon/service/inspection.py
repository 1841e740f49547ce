"""What the worker's port tells: its status from the runtime, a ticket's clocks from the store of an owned partition."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slamon.engine.look import look, look_at_service
from slamon.engine.partitioner import partition_of
from slamon.engine.unit import Store
from slamon.runtime.owned import OwnedPartition
from slamon.runtime.standby import Standby
from slamon.runtime.store import SlaStore
from slamon.runtime.wall import wall_ms
from slamon.service.due import Wanted, soonest
from slamon.service.standings import listed
from slamon.service.status import Elsewhere, InputStatus, Page, PartitionStatus, Published, StandbyStatus, WorkerStatus
from slamon.sla.coverage import Rules

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
        service.metrics.on_certificate("http", service.port_certificate_end())
        service.metrics.on_certificate("kafka", service.kafka_certificate_end())
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
            open_transactions=self._open_transactions(),
            name=service.settings.instance_id,
            address=service.settings.advertise,
        )

    async def ticket(self, ticket: str) -> Mapping[str, Any] | Elsewhere | None:
        """The ticket's explanation from an owned partition."""
        return self._looked(look, ticket, lambda _: wall_ms())

    async def service(self, service: str) -> Mapping[str, Any] | Elsewhere | None:
        """The same of a service."""
        return self._looked(look_at_service, service, self.instant)

    def _looked(self, look_at: Look, subject: str, at: Callable[[int], int]) -> Mapping[str, Any] | Elsewhere | None:
        number = partition_of(subject.encode(), self._service.settings.partitions)
        owned = self.owned().get(number)
        return Elsewhere(number) if owned is None else look_at(*owned, subject, at(number))

    async def services(self, after: str, limit: int) -> Page:
        """So many services of owned partitions, by id."""
        owned = self.owned()
        at = min(map(self.instant, owned), default=0)
        return await listed(owned, after, limit, at, self.readable)

    def instant(self, number: int) -> int:
        """Partition time, 0 while none is proven: how far services may be looked ahead.

        The wall clock may be months ahead of it, and working those out for a look would hold up everybody.
        """
        partition = self._service.worker.partition(number)
        return (partition.partition_time if partition is not None else None) or 0

    async def at_risk(self, wanted: Wanted) -> Page:
        """The clocks of owned partitions that are due soonest; a partition that goes meanwhile was not read."""
        stores = {number: store for number, (store, _) in self.owned().items()}
        found, whole = await soonest(stores.values(), replace(wanted, limit=wanted.limit + 1), self.readable)
        told = [due.told for due in found[: wanted.limit]]
        read = frozenset(number for number, store in stores.items() if self.readable(store))
        return Page(told, read, more=len(found) > wanted.limit, truncated=not whole and len(read) == len(stores))

    def policies(self) -> Published | None:
        """The version in force, from the topic as it was last read."""
        follower, now = self._service.follower, wall_ms()
        if follower.book is None:
            return None
        activations = follower.book.activations
        held = [one for one in activations if one.at <= now]
        in_force = follower.book.at(now)
        coming = next((one for one in activations if one.at > now), None)
        return Published(
            in_force,
            follower.log.texts.get(in_force.version, b""),
            held[-1].at if held else None,
            coming.policies.version if coming else None,
            coming.at if coming else None,
        )

    def others(self) -> Mapping[str, frozenset[int]]:
        """What the group's assignment says of the other workers."""
        return self._service.worker.others

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

    def _open_transactions(self) -> dict[str, int]:
        service = self._service
        words = {service.settings.topic(role): role for role in ("tickets", "uptime")}
        words |= {feed.topic: feed.label for feed in service.feeds}
        return {words.get(topic, topic): age for topic, age in service.worker.transactions.oldest().items()}

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
