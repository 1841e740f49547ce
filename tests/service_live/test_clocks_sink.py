"""deploy/connect's sink of open clocks: Kafka Connect, Debezium's JDBC sink and PostgreSQL, as docs/clocks.md puts them together."""

import asyncio
import contextlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from slamon.engine.clock_rows import COLUMNS
from slamon.runtime.topic_specs import CLOCKS
from slamon.runtime.topics import create
from tests.connect.postgres import PASSWORD, USER, Postgres
from tests.connect.worker import Connect
from tests.service_live.live import PARTITIONS, Live, Worker, now_ms, ticket

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka, pytest.mark.timeout(600)]
ROOT = Path(__file__).parents[2]
SINK = ROOT / "deploy" / "connect" / "clocks-to-postgres.json"
(QUERY,) = re.findall(r"^```sql\n(.*?)^```", (ROOT / "docs" / "clocks.md").read_text(), re.MULTILINE | re.DOTALL)
OBJECTIVES = ("first_response", "resolution")
TITLE = "No mail; it's \u00fc, \\\\N and \u2028"


def shipped(postgres: Postgres, connect: Connect, prefix: str) -> dict[str, str]:
    """The configuration as it is shipped, but for where things are."""
    text = SINK.read_text().replace("/etc/connect/secrets", str(connect.folder))
    (connect.folder / "postgres.properties").write_text(f"user={USER}\npassword={PASSWORD}\n")
    here = {"topics": f"{prefix}clocks", "connection.url": f"jdbc:postgresql://127.0.0.1:{postgres.port}/postgres"}
    return {**json.loads(text), **here}


async def until_rows(postgres: Postgres, connect: Connect, wanted: set[tuple[str, ...]], table: str = "clocks") -> None:
    """Return once the table has these rows and no other."""
    found: object = "no columns"  # until there is a record the sink has made none
    for _ in range(240):
        with contextlib.suppress(subprocess.CalledProcessError):
            found = {tuple(row) for row in postgres.rows(f"SELECT subject, objective, stage FROM {table}")}
            if found == wanted:
                return
        await asyncio.sleep(0.25)
    raise AssertionError(f"expected {wanted}, got {found}: {connect.ask('GET', '/connectors?expand=status')}")


def shown(worker: Worker, name: str) -> dict[str, Any]:
    """The clocks of a ticket as the API tells them, by objective."""
    return {clock["objective"]: clock for clock in worker.get(f"/api/v1/tickets/{name}/clocks")["clocks"]}


async def test_open_clocks_are_rows_of_a_table_and_gone_at_their_end(
    live: Live, postgres: Postgres, connect: Connect
) -> None:
    await live.make_topics()
    await create(live.bootstrap, live.prefix, PARTITIONS, specs=(CLOCKS,))
    config = shipped(postgres, connect, live.prefix)
    await asyncio.to_thread(connect.run, "clocks", config)
    worker = live.start(SLAMON_CLOCKS_TOPIC="connect")
    await live.ready(worker)
    at = now_ms()
    fields = {"status": "open", "priority": "P3", "customer": "acme", "title": TITLE}
    await live.write([ticket(name, "created", at, "a", fields=fields) for name in ("T-1", "T-2")])
    await until_rows(postgres, connect, {(name, what, "active") for name in ("T-1", "T-2") for what in OBJECTIVES})
    says_what_the_api_says(postgres, worker)
    assert [row[:3] for row in postgres.rows(QUERY)] == [[TITLE, "acme", what] for what in sorted(OBJECTIVES * 2)]

    await live.write([ticket("T-2", "updated", at + 1, "b", fields={"status": "pending"})])
    await live.write([ticket("T-1", "resolved", at + 1, "b", fields={"status": "resolved"})])
    left = {("T-2", "first_response", "active"), ("T-2", "resolution", "paused")}
    await until_rows(postgres, connect, left)
    paused = "SELECT due_at IS NULL, remaining_seconds > 14000 FROM clocks WHERE stage = 'paused'"
    assert postgres.rows(paused) == [["t", "t"]]

    # From the beginning, tombstones of rows that were never seen among it.
    await asyncio.to_thread(connect.run, "again", {**config, "collection.name.format": "again"})
    await until_rows(postgres, connect, left, "again")
    assert postgres.rows("SELECT * FROM again ORDER BY 1") == postgres.rows("SELECT * FROM clocks ORDER BY 1")


def says_what_the_api_says(postgres: Postgres, worker: Worker) -> None:
    """Each column is there, and instants are UTC whatever the zone of the database is."""
    named = postgres.rows("SELECT column_name FROM information_schema.columns WHERE table_name = 'clocks'")
    assert sorted(name for (name,) in named) == sorted(COLUMNS)
    clock = shown(worker, "T-1")["resolution"]
    (row,) = postgres.rows(
        "SELECT clock_id, policy, due_at AT TIME ZONE 'UTC' = timestamptz "
        f"'{clock['due_at']}', breached_at IS NULL, partial, target_seconds, title, customer "
        "FROM clocks WHERE subject = 'T-1' AND objective = 'resolution'"
    )
    assert row == [clock["clock_id"], "quick", "t", "t", "f", "14400", TITLE, "acme"]
