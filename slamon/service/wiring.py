"""Settings turned into what the engine and the runtime are told, and into the inputs of intake."""

from slamon.engine.clock_rows import Form
from slamon.engine.limits import Limits
from slamon.offline.sources import source_of
from slamon.registry.client import Access
from slamon.registry.client import Registry as Client
from slamon.runtime.cluster import KafkaCluster, Report, unheard
from slamon.runtime.credentials import faust_credentials
from slamon.runtime.errors import WorkerMustEnd
from slamon.runtime.intake_mapping import Feed, Opener
from slamon.runtime.settings import Input as RuntimeInput
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.topic_specs import TopicSpec, specs_of
from slamon.service.brokers import security_of
from slamon.service.settings import Registry, Settings


def cluster_of(settings: Settings) -> KafkaCluster:
    """The cluster, for commands that run no worker."""
    return KafkaCluster(settings.bootstrap, settings.prefix, security_of(settings.security))


def limits_of(settings: Settings) -> Limits:
    """The engine's limits."""
    limits = settings.limits
    return Limits(
        allowed_lateness_ms=limits.allowed_lateness,
        max_lateness_ms=limits.max_lateness,
        max_future_ms=limits.max_future,
        page_within_ms=limits.page_within,
        retention_ms=limits.retention,
        max_record=limits.max_record,
    )


def clocks_of(settings: Settings) -> Form | None:
    """The form of the topic of open clocks, None where it is not written."""
    return None if settings.clocks_topic == "none" else settings.clocks_topic


def specs_for(settings: Settings) -> tuple[TopicSpec, ...]:
    """The topics that are there with these settings."""
    return specs_of(clocks=clocks_of(settings) is not None)


def runtime_settings(settings: Settings) -> RuntimeSettings:
    """What the runtime is told."""
    kafka, limits, security = settings.kafka, settings.limits, security_of(settings.security)
    return RuntimeSettings(
        bootstrap=settings.bootstrap,
        datadir=settings.datadir,
        partitions=settings.partitions,
        prefix=settings.prefix,
        instance_id=settings.instance_id,
        advertise=settings.access.advertise,
        inputs=tuple(RuntimeInput(one.topic, one.hold) for one in settings.inputs),
        standby_replicas=settings.standby_replicas,
        clocks=clocks_of(settings) is not None,
        records_clock=settings.clock == "records",
        lateness_ms=limits.allowed_lateness,
        max_hold_ms=limits.max_hold,
        settle_ms=limits.settle,
        session_timeout=kafka.session_timeout / 1000,
        heartbeat_interval=kafka.heartbeat_interval / 1000,
        rebalance_timeout=kafka.rebalance_timeout / 1000,
        transaction_timeout_ms=kafka.transaction_timeout,
        drain_timeout=kafka.stop_timeout / 1000,
        no_progress=kafka.progress_timeout / 1000,
        security=security,
        credentials=faust_credentials(security),
    )


def opener_of(registry: Registry | None, max_record: int, report: Report = unheard) -> Opener | None:
    """What reads records written through a schema registry; raises ModuleNotFoundError without the extra."""
    if registry is None:
        return None
    from slamon.registry.opener import Opener as Opening

    return Opening(client_of(registry, report), max_record)


def client_of(registry: Registry, report: Report = unheard) -> Client:
    """What asks a schema registry."""
    access = Access(registry.user_file, registry.token_file, registry.ca_file)
    return Client(registry.url, access, registry.timeout / 1000, report)


def feeds_of(settings: Settings, report: Report = unheard) -> list[Feed]:
    """The inputs of intake; raises WorkerMustEnd with every input whose source or mapping cannot be had."""
    feeds, problems = [], []
    for index, one in enumerate(settings.inputs):
        try:
            source = source_of(one.source, one.mapping)
        except ValueError as error:
            problems.append(f"inputs[{index}] ({one.name}): {error}")
            continue
        try:
            opener = opener_of(one.registry, settings.limits.max_record, report)
        except ModuleNotFoundError as error:
            problems.append(
                f"inputs[{index}].registry ({one.name}): expected what reads Avro and Protobuf, got no {error.name} "
                "(hint: pip install 'slamon[registry]')"
            )
            continue
        feeds.append(
            Feed(
                one.topic, source, one.name, expect_every_ms=one.expect_every, on_silence=one.on_silence, opener=opener
            )
        )
    if problems:
        raise WorkerMustEnd("\n".join(problems))
    return feeds
