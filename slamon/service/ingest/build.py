"""The doors that the settings ask for."""

from collections.abc import Sequence

from slamon.runtime.cluster import Cluster
from slamon.runtime.intake_mapping import Feed, Mapper
from slamon.runtime.raw_producer import RawProducer
from slamon.service.ingest.doors import Door, Ingest
from slamon.service.ingest.proof import Proof
from slamon.service.ingest.tally import Count, Tally
from slamon.service.secrets import Secrets
from slamon.service.settings import Ingest as IngestSettings
from slamon.service.settings import Settings


def ingest_of(
    settings: Settings, feeds: Sequence[Feed], mapper: Mapper, cluster: Cluster, count: Count
) -> Ingest | None:
    """All inputs that may be posted to, None if there is none."""
    by_topic = {feed.topic: feed for feed in feeds}
    doors = {
        one.name: Door(one.name, by_topic[one.topic], _proof(one.ingest), one.ingest.max_body or mapper.max_record)
        for one in settings.inputs
        if one.ingest is not None
    }
    return Ingest(doors, mapper, RawProducer(cluster, mapper.max_record), Tally(count)) if doors else None


def _proof(ingest: IngestSettings) -> Proof:
    texts = [secret.get_secret_value().encode() for secret in ingest.secrets]
    return Proof(ingest.scheme, *ingest.proof_in, Secrets(texts, ingest.secret_files), ingest.stamp, ingest.max_age)
