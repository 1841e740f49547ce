"""What a mapping refused and is sent again once the mapping is mended, through intake (semantics 4.7)."""

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest

from slamon.offline.sources import source_of
from slamon.runtime.intake_mapping import Feed, Mapper
from tests.integration.reading import everything, write
from tests.service_live.live import Live, now_ms
from tests.service_live.services import millis
from tests.service_live.test_replayed_letters import (
    HOUR,
    MINUTE,
    POLICIES,
    Written,
    fix_and_start,
    judged,
    letters,
    replay,
    tell_time,
)  # fmt: skip
from tests.service_live.test_services_history import standing

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka]


@pytest.fixture
def live(live: Live) -> Live:
    live.policies, live.environment = POLICIES, {"SLAMON_CLOCK": "records"}
    return live


TICKETS_MAPPING = """
name: desk
ticket: {ticket}
at: {{value: at, unit: ms}}
event: {{value: type, map: {{opened: created, {more}done: resolved}}}}
fields: {{status: state}}
"""
PROBES_MAPPING = """
name: pings
service: name
at: {{value: at, unit: ms}}
state: {{value: is, map: {{bad: down, {more}fine: up}}}}
"""


def mappings(folder: Path, ticket_at: str, more: str, up: str) -> None:
    (folder / "desk.yaml").write_text(TICKETS_MAPPING.format(ticket=ticket_at, more=more))
    (folder / "pings.yaml").write_text(PROBES_MAPPING.format(more=up))


async def test_what_a_mapping_refused_counts_once_the_mapping_is_mended(live: Live) -> None:
    """Also a deletion, whose instant is Kafka's timestamp: that of the record, not that of its replay."""
    desk, pings = f"{live.prefix}desk", f"{live.prefix}pings"
    await live.make_topics(desk, pings)
    mappings(live.folder, "number", "", "")
    inputs = [
        {
            "name": name,
            "topic": f"{live.prefix}{name}",
            "source": "custom",
            "mapping": str(live.folder / f"{name}.yaml"),
        }
        for name in ("desk", "pings")
    ]
    live.environment = {**live.environment, "SLAMON_INPUTS": orjson.dumps(inputs).decode()}
    await live.ready(live.start())
    start = now_ms() - 6 * HOUR

    def row(number: str, kind: str, after: int, state: str) -> dict[str, Any]:
        return {"number": number, "type": kind, "at": start + after, "state": state}

    opened = [row(f"D-{n}", "opened", 0, "open") for n in range(4)]
    fixed = [row("D-0", "fixed", HOUR, "resolved"), row("D-1", "done", HOUR, "resolved")]
    beats = [("fine", 0), ("bad", HOUR), ("ok", HOUR + MINUTE), ("fine", 4 * HOUR)]
    await live.write([*opened, *fixed], desk)
    await live.write([{"name": "checkout", "at": start + after, "is": state} for state, after in beats], pings)
    await write(live.cluster, desk, [{"key": b'{"id": "D-2"}', "value": None, "partition": 1}])
    await letters(live, 3)
    await tell_time(live, now_ms())
    await live.until(lambda found: sum(f["data"]["what"] == "breach" for f in found) >= 7)

    first = {topic: await everything(live.cluster, topic) for topic in (desk, pings)}
    mappings(live.folder, "number || id", "fixed: resolved, ", "ok: up, ")
    await fix_and_start(live)
    assert await replay(live) == (
        0,
        ["3 sent, 0 cannot be", "what is refused again comes back as a dead letter: `slamon deadletter list` shows it as sent again"],
        "",
    )  # fmt: skip
    until = now_ms() + HOUR
    await tell_time(live, until)
    expected = judged(live, as_mapped(live.folder, first), until)
    facts = await live.until(lambda found: standing(found) == expected)
    deleted = next(record.timestamp for record in first[desk] if record.value is None)
    assert {millis(f["time"]) for f in facts if (f["subject"], f["data"].get("reason")) == ("D-2", "deleted")} == {
        deleted
    }
    assert (await replay(live))[1][0] == "3 sent, 0 cannot be"
    await asyncio.sleep(3)
    assert (len(await live.facts()), len(await letters(live, 3))) == (len(facts), 3)


def as_mapped(folder: Path, topics: dict[str, list[Any]]) -> list[Written]:
    """What the mended mappings make of the records as they were written first."""
    mapper, made = Mapper(1), []
    for topic, records in topics.items():
        mapping = folder / f"{topic.rpartition('.')[2]}.yaml"
        feed = Feed(topic, source_of("custom", mapping))
        for record in records:
            rows = mapper.rows(feed, record, record.timestamp)
            made += [(feed.role, key or b"", value, record.timestamp) for _, key, value, _ in rows]
    return made
