"""`slamon reconcile` against a live worker: it finds what the source closed unheard, and writes it (semantics 4.2)."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from slamon.sla.instants import render
from tests.cli.calling import Said, call
from tests.integration.reading import everything
from tests.service_live.live import PARTITIONS, Live, kinds, now_ms, ticket

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]


async def reconcile(live: Live, export: Path, *words: str) -> Said:
    where = ("--bootstrap", live.bootstrap, "--prefix", live.prefix, "--partitions", str(PARTITIONS))
    return await asyncio.to_thread(call, "reconcile", str(export), *where, *words)


async def settled(live: Live, export: Path, *words: str) -> Said:
    """What it says once it finds nothing."""
    for _ in range(60):
        if (said := await reconcile(live, export, *words)).code == 0:
            break
        await asyncio.sleep(0.5)
    return said


def snapshot(name: str, at: int, status: str) -> dict[str, Any]:
    return {"ticket": name, "at": render(at), "event": "snapshot", "fields": {"status": status}}


async def test_what_the_source_closed_unheard_is_found_written_once_and_not_found_again(live: Live) -> None:
    await live.make_topics()
    now = now_ms() // 1000 * 1000
    worker = live.start()
    await live.ready(worker)
    await live.write([ticket(f"R-{n}", "created", now - 60_000, f"c{n}", fields={"status": "open"}) for n in (1, 2, 3)])
    export = live.folder / "export.ndjson"
    rows = [snapshot("R-1", now - 5_000, "closed"), {**snapshot("R-4", now - 6_000, "open"), "created_at": render(now - 9_000)},
            {"ticket": "R-2", "at": render(now - 60_000), "event": "created", "id": "c2", "fields": {"status": "open"}}]  # fmt: skip
    export.write_text("".join(json.dumps(row) + "\n" for row in rows))
    as_of = ("--as-of", render(now - 1_000), "--absent", "cancel")

    for _ in range(60):
        said = await reconcile(live, export, *as_of)
        if "6 open clocks of 3 tickets" in said.out:
            break
        await asyncio.sleep(0.5)
    assert said.code == 3, said
    heads = [line.split()[:2] for line in said.out.splitlines()[:3]]
    assert heads == [["closed", "R-1"], ["absent", "R-3"], ["unknown", "R-4"]]
    assert len(await everything(live.cluster, f"{live.prefix}tickets")) == 3

    written = await reconcile(live, export, *as_of, "--write")
    assert (written.code, written.out) == (0, said.out)
    assert "3 records written" in written.err
    last = await settled(live, export, *as_of)
    assert (last.code, last.err) == (0, ""), last
    facts = await live.until(lambda told: len(told) >= 4)
    assert {("R-1", "met", "resolution"), ("R-3", "cancelled", "resolution")} <= set(kinds(facts))
    assert {f["time"] for f in facts if f["subject"] == "R-3"} == {render(now - 1_000)}
    assert await everything(live.cluster, f"{live.prefix}deadletter") == []
