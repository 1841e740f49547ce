"""Takes the demo's topics away again from a broker that is not the demo's own."""

from aiokafka.admin import AIOKafkaAdminClient

from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.topic_specs import SPECS


async def delete_topics(cluster: KafkaCluster) -> None:
    """Return when the broker has been told; topics that are not there are no trouble."""
    admin = AIOKafkaAdminClient(**cluster.client("demo"))
    await admin.start()
    try:
        ours = {cluster.topic(spec.role) for spec in SPECS}
        await admin.delete_topics(sorted(ours.intersection(await admin.list_topics())))
    finally:
        await admin.close()
