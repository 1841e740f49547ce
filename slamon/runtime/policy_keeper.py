"""A worker's own policy files beside the topic: what it publishes, when, and whether the two agree (architecture 6)."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from aiokafka.errors import KafkaError

from slamon.runtime.cluster import Cluster, Report
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.file_watcher import FileWatcher, digest_of
from slamon.runtime.policies import PolicyFollower
from slamon.runtime.policy_log import Draft, PublicationRefused
from slamon.runtime.publish import PublicationFailed, Published, publish
from slamon.sla.instants import render
from slamon.sla.policy import PolicySet


class Files(Protocol):
    """What the policy files say together (policy_file.Loaded has this form)."""

    @property
    def policies(self) -> PolicySet: ...
    @property
    def text(self) -> bytes: ...
    @property
    def valid_from(self) -> int | None: ...
    @property
    def to_open(self) -> bool: ...


def draft_of(files: Files, by: str) -> Draft:
    """What publishing these files means."""
    return Draft(files.text, files.policies.version, files.valid_from, files.to_open, by)


class PolicyKeeper:
    """Publishes the files at the start if their text was never published, and whenever they change afterwards.

    Otherwise the topic is the truth: `differs` tells that the files say something else than was published last.
    `refused` is True while the files cannot be read or published; what held before goes on holding.
    """

    def __init__(
        self,
        cluster: Cluster,
        follower: PolicyFollower,
        paths: Sequence[Path],
        load: Callable[[], Files],
        *,
        report: Report,
        by: str = "",
    ) -> None:
        self._cluster, self._follower, self._load, self._report, self._by = cluster, follower, load, report, by
        self._paths = tuple(paths)
        self._version: str | None = None
        self.refused = False
        self.watcher = FileWatcher(paths, self.changed)

    @property
    def differs(self) -> bool:
        """Whether the newest publication is another version than the files'."""
        return self._version is not None and self._follower.log.current != self._version

    async def start(self) -> None:
        """Return when the book holds a version and the files are watched.

        Bad files end a start only if the topic holds no policies yet: then the error of `load` is raised. A worker
        without files follows the topic; raises WorkerMustEnd if that holds nothing either.
        """
        if not self._paths:
            self._require_book()
            return
        known = await asyncio.to_thread(digest_of, self._paths)
        try:
            await self._publish(only_unknown=True)
        except Exception as error:
            if self._follower.book is None:
                raise
            self._refuse(error)
        self.watcher.start(known)

    def _require_book(self) -> None:
        if self._follower.book is None:
            topic = self._cluster.topic("policies")
            hint = "name policy files in the settings, or run `slamon policy publish`"
            raise WorkerMustEnd(
                f"expected policies, got neither files nor anything published in {topic} (hint: {hint})"
            )

    async def stop(self) -> None:
        await self.watcher.stop()

    async def changed(self) -> bool:
        """The files differ from what was read last: publish them, or say what is wrong and keep what holds.

        False: the topic could not be written, which may be better a second later.
        """
        try:
            await self._publish(only_unknown=False)
        except Exception as error:  # noqa: BLE001  a bad file must never end a worker that has policies
            self._refuse(error)
            return not isinstance(error, PublicationFailed | KafkaError | TimeoutError)
        return True

    def _refuse(self, error: Exception) -> None:
        self.refused = True
        ours = isinstance(error, PublicationRefused | PublicationFailed)
        event = "policy_publication_refused" if ours else "policy_files_refused"
        self._report(event, {"error": f"{type(error).__name__}: {error}", "paths": [str(path) for path in self._paths]})

    async def _publish(self, only_unknown: bool) -> None:
        files = await asyncio.to_thread(self._load)
        self._version = files.policies.version
        if not (only_unknown and self._known(files)):
            published = await publish(self._cluster, draft_of(files, self._by), only_unknown=only_unknown)
            await self._follower.look()
            self._say(published)
        self.refused = False
        if self.differs:
            self._report("policy_files_differ", {"files": self._version, "published": self._follower.log.current})

    def _known(self, files: Files) -> bool:
        log, version = self._follower.log, files.policies.version
        return bool(log.activated(version)) and log.texts.get(version) == files.text

    def _say(self, published: Published) -> None:
        if published.new:
            self._report("policy_published", {"version": published.version, "holds_from": render(published.at)})
