"""Topics on the broker of the tests."""

import asyncio
from collections.abc import Mapping

from aiokafka.admin import AIOKafkaAdminClient, NewTopic


async def create_topics(
    bootstrap: str, *names: str, partitions: int = 1, configs: Mapping[str, str] | None = None
) -> None:
    """Returns when the broker has made them; they exist nowhere else before."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=configs) for name in names])
    finally:
        await admin.close()


async def _delete(bootstrap: str, prefix: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        if ours := [name for name in await admin.list_topics() if name.startswith(prefix)]:
            await admin.delete_topics(ours)
    finally:
        await admin.close()


def delete_topics(bootstrap: str, prefix: str) -> None:
    asyncio.run(_delete(bootstrap, prefix))
