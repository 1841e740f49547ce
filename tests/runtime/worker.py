"""A worker process of the runtime tests: python -m tests.runtime.worker '{"bootstrap": ..., ...}' (see `Config`)."""

import json
import sys
from pathlib import Path

from slamon.engine.partition_time import PartitionTime
from slamon.runtime.app import Worker, make_app
from slamon.runtime.hooks import Hooks
from slamon.runtime.run import exit_process, run_worker
from slamon.runtime.settings import RuntimeSettings
from tests.runtime.counting import CountingPartition, digest, head_due


def hooks() -> Hooks:
    return Hooks(
        decider=CountingPartition,
        time=lambda inputs: PartitionTime(inputs, 120_000),
        head_due=head_due,
        digest=digest,
    )


def main(config: dict[str, object]) -> int:
    settings = RuntimeSettings(**{**config, "datadir": Path(str(config["datadir"]))})

    async def make() -> Worker:
        return make_app(settings, hooks())

    return run_worker(make)


if __name__ == "__main__":
    exit_process(main(json.loads(sys.argv[1])))
