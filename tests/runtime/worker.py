"""A worker process of the runtime tests: python -m tests.runtime.worker '{"bootstrap": ..., ...}' (see `Config`)."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiokafka import ConsumerRecord
from faust.types import TP

from slamon.engine.partition_time import PartitionTime
from slamon.engine.unit import Record, Store, Unit
from slamon.runtime import faultpoints
from slamon.runtime.app import Worker, make_app
from slamon.runtime.hooks import Hooks
from slamon.runtime.run import exit_process, run_worker
from slamon.runtime.settings import Input, RuntimeSettings
from tests.runtime.breaking import BREAKS
from tests.runtime.counting import CountingPartition, digest, head_due


class Freezing(CountingPartition):
    """Stops its own process (as SIGSTOP from outside would) in the transaction after it has decided the record with this id.

    Not at once: revoked before it begins to commit, it would rightly give up what is decided and take part again.
    """

    def __init__(self, number: int, store: Store, at: int | None) -> None:
        super().__init__(number, store)
        self._at = at

    def on_batch(self, topic: str, records: Sequence[Record], *rest: Any) -> Unit:
        unit = super().on_batch(topic, records, *rest)
        if self._at is not None and any(json.loads(record.value)["id"] == self._at for record in records):
            faultpoints.arm("in_transaction:stop")
        return unit


def hooks(freeze_at: int | None, by_records: bool) -> Hooks:
    return Hooks(
        decider=lambda number, store: Freezing(number, store, freeze_at),
        time=lambda inputs: PartitionTime(inputs, 120_000, by_records),
        head_due=head_due,
        digest=digest,
        intake=tell,
        on_gap=lambda topic, number, records: print(f"gap {topic}[{number}]: {records}", flush=True),
    )


async def tell(tp: TP, records: Sequence[ConsumerRecord]) -> None:
    """What an intake would have got."""
    print(f"took {tp.topic}: {' '.join(record.value.decode() for record in records)}.", flush=True)


def main(config: dict[str, Any]) -> int:
    """`freeze_at` is for `Freezing`, `breaks` for `tests.runtime.breaking`; the rest are the settings."""
    freeze_at = config.pop("freeze_at", None)
    breaks = config.pop("breaks", None)
    inputs = tuple(Input(topic) for topic in config.pop("inputs", ()))
    settings = RuntimeSettings(**{**config, "datadir": Path(str(config["datadir"])), "inputs": inputs})

    async def make() -> Worker:
        worker = make_app(settings, hooks(freeze_at, settings.records_clock))
        if breaks is not None:
            BREAKS[breaks](worker)
        return worker

    return run_worker(make)


if __name__ == "__main__":
    exit_process(main(json.loads(sys.argv[1])))
