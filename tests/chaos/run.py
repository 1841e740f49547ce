"""One run: a cluster's topics, workers, a seeded load, a fault, and the verdict on everything that came out."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic
from aiokafka.errors import KafkaError

from slamon.engine.codec import WATERMARK_HEADER, encode_time
from slamon.engine.partitioner import partition_of
from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.topics import admin_client, create
from slamon.simulation.stream import Sending
from slamon.sla.policy import PolicyBook
from tests.broker.topics import _delete
from tests.chaos.broker import ChaosBroker
from tests.chaos.fleet import PARTITIONS, Fleet, settings_of
from tests.chaos.load import Load
from tests.chaos.oracle import Truth, book_of_file, truth
from tests.chaos.proxy import Proxy
from tests.chaos.reading import Outputs, committed, ends_of, quietly, records_between
from tests.chaos.verdict import Verdict, counts, judge

SOURCES = {"tickets": "canonical", "uptime": "canonical_uptime"}
INPUT_PARTITIONS = 2
QUIET_LOOKS = 6
TARDY_MS = 20


@dataclass
class Run:
    """What a scenario has in its hands. `doors` are the roles whose records come through intake."""

    name: str
    seed: int
    load: Load
    broker: ChaosBroker
    proxy: Proxy | None
    prefix: str
    folder: Path
    doors: frozenset[str] = frozenset()
    mutant: str | None = None
    draw: Random = field(default_factory=Random)
    sent: int = 0
    notes: list[str] = field(default_factory=list)
    struck: bool | None = None  # whether the fault took place, where the scenario knows
    fleet: Fleet = field(init=False)
    extra: list[Sending] = field(default_factory=list)  # what the scenario sent on its own
    extra_letters: int = 0
    tardy: set[str] = field(default_factory=set)
    ahead: int = 0  # ms by which a worker's clock is wrong: it tells facts before their time
    patience: float = 200.0  # seconds until everything must be applied, once the load is sent
    inputs_say: Mapping[str, str] = field(default_factory=dict)  # of every door, beside name, topic and source
    flowing: asyncio.Event = field(default_factory=asyncio.Event)  # the load waits while it is not set
    rows: "Callable[[Run, Outputs], dict[bytes, bytes]]" = field(default=lambda _, outputs: outputs.state())
    present: Callable[[bytes], bytes] = lambda value: value  # rows of other versions as this one writes them
    book: "Callable[[Run], Awaitable[PolicyBook]] | None" = None  # what was promised, if not the one file
    leaving: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)  # closed once the workers have ended
    _producer: AIOKafkaProducer | None = None

    def __post_init__(self) -> None:
        self.draw = Random(f"{self.name}/{self.seed}")
        self.folder.mkdir(parents=True)
        self.policies = self.folder / "policies.yaml"
        self.policies.write_text(self.load.policies)
        (self.folder / "oracle.yaml").write_text(self.load.policies)
        self.flowing.set()
        inputs = [
            {"name": role, "topic": self.input(role), "source": SOURCES[role], **self.inputs_say}
            for role in sorted(self.doors)
        ]
        records = self.load.pace is not None
        self.fleet = Fleet(
            settings_of(self.broker.bootstrap, self.prefix, self.policies, records=records, inputs=inputs),
            self.folder, self.broker.outlive_not, self.mutant,
        )  # fmt: skip

    def input(self, role: str) -> str:
        return f"{self.prefix}in-{role}"

    @property
    def cluster(self) -> KafkaCluster:
        return KafkaCluster(self.broker.bootstrap, self.prefix)

    # -- for scenarios

    async def at(self, share: float) -> None:
        """Return when so much of the load was sent."""
        while self.sent < share * len(self.load.sendings):  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    @contextlib.contextmanager
    def halted(self) -> Iterator[None]:
        """The load waits meanwhile."""
        self.flowing.clear()
        try:
            yield
        finally:
            self.flowing.set()

    async def until(self, holds: object, seconds: float = 40) -> bool:
        """Whether it came to hold in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if holds():  # type: ignore[operator]
                return True
            await asyncio.sleep(0.1)
        return False

    async def send(self, sendings: Sequence[Sending]) -> None:
        """The records by their doors; returns once they are acked."""
        assert self._producer is not None
        waiting = [await self._put(one) for one in sendings]
        await asyncio.gather(*waiting)

    async def _put(self, one: Sending) -> "asyncio.Future[object]":
        assert self._producer is not None
        if one.role in self.doors:
            partition = partition_of(one.key, INPUT_PARTITIONS)  # as a connector does: the records of a key in order
            return await self._producer.send(self.input(one.role), one.value, partition=partition)
        number = partition_of(one.key, PARTITIONS)
        return await self._producer.send(self.prefix + one.role, one.value, key=one.key, partition=number)

    async def tell_time(self, instant: int) -> None:
        """Partition time of `--clock records`."""
        assert self._producer is not None
        for number in range(PARTITIONS):
            await self._producer.send(
                f"{self.prefix}tickets", encode_time("chaos", instant), partition=number, headers=[WATERMARK_HEADER]
            )

    # -- the run

    async def produce(self) -> None:
        """The whole load at its pace, then the end of time."""
        if self.load.pace and self.draw.random() < 0.75:  # else workers find a backlog
            await self.until(lambda: any(life.said("worker_started") for life in self.fleet.lives), 30)
        began, start = time.monotonic(), self.load.sendings[0].at
        length = self.load.sendings[-1].at - start
        for instant, sendings in self.load.steps() if self.load.pace else self._moments():
            if not self.flowing.is_set():
                halted = time.monotonic()
                await self.flowing.wait()
                began += time.monotonic() - halted
            due = (instant - start) / length * self.load.pace if self.load.pace else (instant - start) / 1000
            if self.load.pace:
                await asyncio.sleep(max(0.0, began + due - time.monotonic()))
            else:
                await asyncio.sleep(max(0.0, instant / 1000 - time.time()))
            await self.send(sendings)
            if self.load.pace:
                await self.tell_time(instant)
            else:
                self._note_tardy(sendings)
            self.sent += len(sendings)

    def _note_tardy(self, sendings: Sequence[Sending]) -> None:
        """What came into Kafka after its instant is late, whoever's fault: a fact may have been told meanwhile."""
        now = time.time() * 1000
        self.tardy |= {one.key.decode() for one in sendings if now - one.at > TARDY_MS}

    def _moments(self) -> "list[tuple[int, list[Sending]]]":
        return [(one.at, [one]) for one in self.load.sendings]

    async def prepare(self) -> None:
        """Topics and the producer of the load, which goes on whatever becomes of the broker."""
        await create(self.broker.bootstrap, self.prefix, PARTITIONS)
        if self.doors:
            admin = admin_client(self.broker.bootstrap)
            await admin.start()
            await admin.create_topics([NewTopic(self.input(role), INPUT_PARTITIONS, 1) for role in self.doors])
            await admin.close()
            await asyncio.sleep(0.5)
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self.broker.bootstrap, enable_idempotence=True, acks="all", linger_ms=2,
            request_timeout_ms=120_000, retry_backoff_ms=100,
        )  # fmt: skip
        await self._producer.start()

    async def finish(self) -> Verdict:
        """Let time pass to its end, wait until the world is as it must be or time is up, end the workers, and judge."""
        sendings = [*self.load.sendings, *self.extra]
        book = await self.book(self) if self.book else book_of_file(self.folder / "oracle.yaml", self.load.end)
        expected = await asyncio.to_thread(truth, sendings, book, self.load.end)
        await self._end_of_time()
        outputs = Outputs(self.broker.bootstrap, self.prefix, present=self.present)
        await outputs.start()
        try:
            settled = await self._settled(outputs, expected)
            codes = [await self._leaves(name) for name, slot in self.fleet.slots.items() if slot.wanted]
            await outputs.read(1.0)
            positions = await committed(self.cluster, self.prefix.rstrip("."))
            idle = await self._idle(positions, outputs.applied())
        finally:
            await quietly(outputs.stop())
        verdict = judge(self, expected, outputs, codes)
        verdict.other += idle if settled else [*idle, f"not everything applied within {self.patience:.0f} s"]
        return verdict

    async def _idle(self, positions: "dict[tuple[str, int], int]", applied: "dict[tuple[str, int], int]") -> list[str]:
        """Group offsets that lie beyond what is durable; watermarks and repeats change nothing and may lie between."""
        found = []
        for (topic, number), offset in positions.items():
            if topic not in (f"{self.prefix}tickets", f"{self.prefix}uptime"):
                continue
            first = applied.get((topic, number), 0)
            if offset > first and await records_between(self.cluster, topic, number, first, offset):
                found.append(f"{topic}-{number}: committed {offset}, applied {first}")
        return found

    async def _leaves(self, name: str) -> int:
        """Its exit code; one that was only just started again is let come far enough to hear a signal."""
        await self.until(lambda: self.fleet.slots[name].worker.said("http_started"), 90)
        return await self.fleet.leave(name)

    async def _end_of_time(self) -> None:
        if self.load.pace:
            await self.tell_time(self.load.end)
            assert self._producer is not None
            await self._producer.flush()
        else:
            await asyncio.sleep(max(0.0, self.load.end / 1000 - time.time() + 0.5))

    async def _settled(self, outputs: Outputs, expected: Truth) -> bool:
        """Whether everything that was sent is applied, and nothing has come since but what must stand, for some seconds."""
        limit, ends = time.monotonic() + self.patience, await self._ends()
        quiet, before, taken_in = 0, -1, not self.doors
        while time.monotonic() < limit:
            if self.load.pace:  # a new owner knows no time until it is told: partition time stands in no changelog
                await self.tell_time(self.load.end)
            await outputs.read()
            if not taken_in and (taken_in := await self._taken_in(ends)):
                ends = await self._ends()  # everything is in the topics of the clocks now: their ends count
            if before == (before := outputs.count()) and taken_in and self._applied(outputs, ends):
                there = {fact.id for fact in outputs.world().facts.values() if counts(fact, self.load.end)}
                quiet += 3 if there == set(expected.facts) else self.fleet.standing()
                if quiet >= QUIET_LOOKS:
                    return True
            else:
                quiet = 0
            await asyncio.sleep(0.7)
        return False

    async def _ends(self) -> dict[tuple[str, int], int]:
        own = {f"{self.prefix}{role}": PARTITIONS for role in ("tickets", "uptime")}
        return await ends_of(self.cluster, own | {self.input(role): INPUT_PARTITIONS for role in self.doors})

    async def _taken_in(self, ends: dict[tuple[str, int], int]) -> bool:
        """Whether intake has dealt with its inputs up to there."""
        group = await committed(self.cluster, self.prefix.rstrip("."))
        return all(group.get(place, 0) >= end for place, end in ends.items() if "in-" in place[0])

    def _applied(self, outputs: Outputs, ends: dict[tuple[str, int], int]) -> bool:
        """Whether the clocks have dealt with their topics up to there."""
        applied = outputs.applied()
        return all(applied.get(place, 0) >= end for place, end in ends.items() if "in-" not in place[0])

    async def close(self) -> None:
        self.fleet.close()
        self.leaving.close()
        if self._producer is not None:
            await quietly(self._producer.stop())
        with contextlib.suppress(KafkaError, TimeoutError):
            await asyncio.wait_for(_delete(self.broker.bootstrap, self.prefix), 15)
