"""The policies as the topic tells them: every worker follows it to its end, and decides nothing on an old look."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from slamon.runtime.cluster import Cluster, Report, unheard
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.policy_log import PolicyLog, book_of
from slamon.runtime.policy_reader import PolicyReader
from slamon.runtime.wall import monotonic_ms
from slamon.sla.policy import PolicyBook, PolicySet

FRESH_MS = 5_000
LOOK_EVERY = 1.0


class Read(Protocol):
    """What a policy text says (policy_file.Loaded has this form)."""

    @property
    def policies(self) -> PolicySet: ...


FromText = Callable[[bytes], Read]


class PolicyFollower:
    """The policies as the topic tells them, from `start` to `stop`.

    `book` is None until something was published. `last_look` is the monotonic instant in ms before the newest look at
    the topic's end: whatever was committed before it is in the book. Records may be decided while `fresh()`.
    """

    def __init__(
        self,
        cluster: Cluster,
        from_text: FromText,
        on_change: Callable[[PolicyBook], None] | None = None,
        report: Report = unheard,
    ) -> None:
        self.book: PolicyBook | None = None
        self.last_look: int | None = None
        self._from_text, self._on_change, self._report = from_text, on_change, report
        self._sets: dict[str, PolicySet] = {}
        self._bad: dict[str, bytes] = {}
        self._reader = PolicyReader(cluster, report)
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    @property
    def log(self) -> PolicyLog:
        """Every text and activation read so far."""
        return self._reader.log

    @property
    def task(self) -> "asyncio.Task[None] | None":
        """What keeps looking; it ends only by `stop` or by a bug, which whoever runs the worker has to notice."""
        return self._task

    async def start(self) -> None:
        """Return when the topic was read to its end; it is followed from then on. Raises WorkerMustEnd without a topic."""
        try:
            await self._reader.start()
        except UnknownTopicOrPartitionError as error:
            raise WorkerMustEnd(f"policies: {error}") from error
        await self.look()
        self._task = asyncio.create_task(self._follow(), name="policies")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._reader.stop()

    def fresh(self, now_ms: int | None = None) -> bool:
        """Whether the last look is young enough to decide records on."""
        now_ms = monotonic_ms() if now_ms is None else now_ms
        return self.last_look is not None and now_ms - self.last_look <= FRESH_MS

    async def look(self) -> None:
        """Read to the end as it is now."""
        async with self._lock:
            asked = monotonic_ms()
            taken = await self._reader.look()
            if taken:
                self._rebuild()
            self.last_look = asked

    async def _follow(self) -> None:
        readable = True
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self.look()
                readable = True
            except (KafkaError, TimeoutError) as error:
                if readable:  # said once for each time it begins
                    self._report("policies_unreadable", {"error": f"{type(error).__name__}: {error}"})
                readable = False

    def _rebuild(self) -> None:
        for version, text in self.log.texts.items():
            if version not in self._sets and self._bad.get(version) != text:
                self._open(version, text)
        for publication in self.log.publications:
            if publication.version not in self._sets:
                self._report(
                    "policy_activation_without_text", {"version": publication.version, "holds_from": publication.at}
                )
        book = book_of(self.log, self._sets)
        if book is not None and (self.book is None or book.activations != self.book.activations):
            self.book = book
            if self._on_change:
                self._on_change(book)

    def _open(self, version: str, text: bytes) -> None:
        try:
            policies = self._from_text(text).policies
        except Exception as error:  # noqa: BLE001  a text of another release may break the parser anywhere
            self._bad[version] = text
            self._report("policy_text_unreadable", {"version": version, "error": f"{type(error).__name__}: {error}"})
            return
        if policies.version != version:
            self._bad[version] = text
            self._report("policy_text_corrupt", {"version": version, "found": policies.version})
            return
        self._sets[version] = policies
