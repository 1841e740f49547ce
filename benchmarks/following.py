"""What following a changelog costs: one process that keeps copies of all partitions and does nothing else.

    python -m benchmarks.following BOOTSTRAP PREFIX DATADIR PARTITIONS

Prints a JSON line whenever every copy is level: CPU seconds used so far, records read. A line on its standard input
lets it look out for the next time; the end of its input ends it.
"""

import asyncio
import gc
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson

from slamon.engine.keys import head_due
from slamon.engine.limits import COLLECT_AFTER
from slamon.runtime.offsets import Offsets
from slamon.runtime.recovery import DAY_MS
from slamon.runtime.settings import RuntimeSettings
from slamon.runtime.standbys import Standbys
from slamon.runtime.store import SlaStore
from slamon.runtime.stores import Stores
from slamon.runtime.wall import WallClock


class Counted:
    """Counts what the stores are given."""

    records = 0

    def __init__(self) -> None:
        replay = SlaStore.replay

        def counting(store: SlaStore, writes: Any, *rest: Any) -> None:
            Counted.records += len(writes)
            replay(store, writes, *rest)

        SlaStore.replay = counting  # type: ignore[method-assign]


async def main(bootstrap: str, prefix: str, datadir: str, partitions: str) -> None:
    """Until the input ends."""
    gc.set_threshold(COLLECT_AFTER, 10, 10)
    Counted()
    settings = RuntimeSettings(bootstrap, Path(datadir), int(partitions), prefix=prefix)
    offsets = Offsets(settings)
    await offsets.start()
    standbys = Standbys(lambda: True)
    ground: Any = SimpleNamespace(
        settings=settings, offsets=offsets, clock=WallClock(), stores=Stores(settings), turn=asyncio.Lock(),
        hooks=SimpleNamespace(head_due=head_due), delete_retention_ms=7 * DAY_MS,
    )  # fmt: skip
    wanted, begun = 0, time.process_time()
    standbys.begin(ground, range(settings.partitions))
    while True:
        while Counted.records < wanted or not all(standby.level for standby in standbys.kept.values()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        print(orjson.dumps({"cpu": time.process_time() - begun, "records": Counted.records}).decode(), flush=True)
        line = await asyncio.to_thread(sys.stdin.readline)
        if not line:
            break
        wanted = Counted.records + int(line)
        print(orjson.dumps({"cpu": time.process_time() - begun}).decode(), flush=True)
    await standbys.end()
    ground.stores.close_all_but(set())
    await offsets.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
