"""The Faust app: its settings, its table, its agents, which route and do nothing else.

Faust keeps what it is good at: group membership, co-partitioned sticky assignment, the life cycle of rebalances, agents.
"""

import uuid
from collections.abc import Callable
from typing import Any, Protocol

import faust
from faust.types import TP
from mode.supervisors import CrashingSupervisor

from slamon.runtime.batch import Batch, BatchTopic
from slamon.runtime.placement import SlaAssignor
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.table import SlaTable, SlaTableManager
from slamon.runtime.transport import SlaTransport

DAYS_30 = 30 * 86_400.0

Route = Callable[[Batch], None]


class Listener(Protocol):
    """Who hears of rebalances (slamon.runtime.app.Worker)."""

    async def on_ready(self, changelogs: set[TP], copies: set[TP]) -> None: ...
    async def on_revoke(self) -> None: ...
    def on_sought(self, tp: TP, offset: int) -> None: ...
    def on_moved(self, tp: TP, since: int, start: int) -> None: ...


class SlaApp(faust.App):  # type: ignore[misc]
    """Started once: its services don't start again cleanly."""

    listener: Listener
    clock_topics: frozenset[str] = frozenset()
    batch_topics: frozenset[str] = frozenset()
    changelog: str = ""

    def _new_transport(self) -> SlaTransport:
        return SlaTransport(self.conf.broker_consumer, self)

    async def on_revoke(self) -> None:
        """Before Faust forgets the partitions of this generation."""
        await self.listener.on_revoke()

    def on_sought(self, tp: TP, offset: int) -> None:
        """An input of intake is read from this offset on."""
        self.listener.on_sought(tp, offset)

    def on_moved(self, tp: TP, since: int, start: int) -> None:
        """An input does not hold what follows `since` any more: it begins at `start`."""
        self.listener.on_moved(tp, since, start)


def faust_app(settings: RuntimeSettings, listener: Listener) -> SlaApp:
    """Not started; make it inside the running loop."""
    session = settings.session_timeout
    app = SlaApp(
        settings.group,
        version=1,  # another number renames the group
        broker=[f"kafka://{one}" for one in settings.bootstrap.split(",")],
        broker_credentials=settings.credentials,
        autodiscover=False,
        store="memory://",  # of the stock table, which nobody writes
        datadir=str(settings.datadir / "faust"),
        TableManager=SlaTableManager,
        PartitionAssignor=SlaAssignor,
        agent_supervisor=CrashingSupervisor,
        # In the group's metadata each member has a URL: the address others find it at, else a name that is none.
        canonical_url=settings.advertise or f"worker://{settings.instance_id or uuid.uuid4().hex}",
        web_enabled=False,
        topic_partitions=settings.partitions,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=settings.standby_replicas,
        stream_wait_empty=False,
        stream_publish_on_commit=False,
        stream_buffer_maxsize=64,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.instance_id,
        consumer_max_fetch_size=1 << 20,  # of one partition; it waits as it came until it is asked for
        broker_max_poll_records=4_000,
        broker_max_poll_interval=DAYS_30,  # a spare without partitions would leave the group for good
        broker_session_timeout=session,
        broker_heartbeat_interval=settings.heartbeat_interval,
        broker_rebalance_timeout=settings.rebalance_timeout,
        broker_request_timeout=max(45.0, session + 15.0),
        broker_commit_interval=0.5,
        broker_commit_every=1 << 62,
        key_serializer="raw",
        value_serializer="raw",
    )
    app.listener = listener
    app.clock_topics = frozenset(settings.sources)
    app.batch_topics = app.clock_topics | {one.topic for one in settings.inputs}
    app.changelog = settings.changelog
    return app


def wire(app: SlaApp, settings: RuntimeSettings, clocks: Route, intake: Route) -> SlaTable:
    """The table, and an agent for each topic: `clocks` gets the batches of tickets and uptime, `intake` those of inputs."""
    raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
    table = SlaTable(
        app,
        name="sla",
        key_type=bytes,
        value_type=bytes,
        partitions=settings.partitions,
        changelog_topic=app.topic(settings.changelog, partitions=settings.partitions, **raw),
        on_ready=app.listener.on_ready,
    )
    app.tables.add(table)
    for name in settings.sources:
        _agent(app, name, clocks)
    for one in settings.inputs:
        _agent(app, one.topic, intake)
    return table


def _agent(app: SlaApp, topic: str, route: Route) -> None:
    async def routes(stream: Any) -> None:
        stream.enable_acks = False
        async for batch in stream:
            route(batch)

    app.agent(BatchTopic(app, topics=[topic], key_type=bytes, value_type=bytes), name=f"route-{topic}")(routes)
