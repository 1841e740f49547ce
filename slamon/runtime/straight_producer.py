"""aiokafka's transactional producer, asked for one step after the other instead of through its routine in the background.

That routine is for whoever sends now and then from many places. For one unit after the other it takes five rounds of tasks
and waiters, which were a third of what a transaction costs and half of its turns of the loop, each of which waits for the
slices of other partitions. The steps themselves stay aiokafka's own: requests, answers, sequence numbers, what is tried
again and what is given up.
"""

import asyncio
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder, MessageBatch


class StraightProducer(AIOKafkaProducer):  # type: ignore[misc]
    """One transaction at a time: `begin_transaction`, `send_batch` for each batch, `deliver`, `commit_transaction`."""

    async def start(self) -> None:
        """Connect and take the id (InitProducerId)."""
        await super().start()
        await asyncio.sleep(0)  # a routine that has not begun yet could not end in order
        await self._sender.close()

    async def begin_transaction(self) -> None:
        self._txn_manager.begin_transaction()

    async def send_batch(self, batch: BatchBuilder, topic: str, *, partition: int) -> "asyncio.Future[Any]":
        """What becomes of the batch in `deliver`."""
        await self.partitions_for(topic)  # so that its leader is known
        queued = self._message_accumulator._append_batch(batch, TopicPartition(topic, partition))
        return queued.future  # type: ignore[no-any-return]

    async def deliver(self) -> None:
        """Return once the broker has answered for every batch; a refusal for good stands in the future of its batch."""
        manager, waiting = self._txn_manager, self._message_accumulator
        while added := manager.partitions_to_add():  # before anything of them is sent
            await self._sender._do_add_partitions_to_txn(added)
        while waiting._batches:  # the next of each partition, in order; what may be tried again is put back as the next
            by_node, leaderless = waiting.drain_by_nodes(ignore_nodes=())
            await _all(*(self._produce(node, batches) for node, batches in by_node.items()))
            if leaderless:
                await self.client.force_metadata_update()
                await asyncio.sleep(self._sender._retry_backoff)

    async def _produce(self, node: int, batches: dict[TopicPartition, MessageBatch]) -> None:
        sender = self._sender
        sender._in_flight.add(node)
        sender._muted_partitions.update(batches)
        await sender._send_produce_req(node, batches)

    async def commit_transaction(self) -> None:
        """Return once the transaction is committed."""
        manager = self._txn_manager
        manager.committing_transaction()
        while (result := manager.needs_transaction_commit()) is not None:
            await self._sender._do_txn_commit(result)


async def _all(*produced: Any) -> None:
    """A task for each of several only."""
    if len(produced) == 1:
        await produced[0]
    else:
        await asyncio.gather(*produced)
