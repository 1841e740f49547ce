"""docs/clocks.md shows a row as it is, and what it says of sizes and of the sink holds."""

import json
import re
from pathlib import Path
from typing import Any

import orjson

from slamon import policy_file
from slamon.engine.clock_rows import COLUMNS, TOPIC, Form
from slamon.engine.listing import PAGE
from slamon.offline.replay import PATIENT
from slamon.runtime.topic_specs import CLOCKS, DAY_MS
from slamon.sla.instants import parse
from slamon.sla.policy import Activation, PolicyBook
from tests.engine.reader_of_clocks import Listed
from tests.test_events_doc import NOW, QUICKSTART, events, is_part

ROOT = Path(__file__).parents[1]
DOC = (ROOT / "docs" / "clocks.md").read_text()
SINK: dict[str, str] = json.loads((ROOT / "deploy" / "connect" / "clocks-to-postgres.json").read_text())


def at_twenty_past_ten(form: Form = "json") -> Listed:
    """The quickstart's tickets as they stood then."""
    book = PolicyBook((Activation(0, policy_file.load([QUICKSTART / "policies.yaml"], NOW).policies),))
    listed = Listed(book, PATIENT, form)
    present = parse("2024-01-08T10:20:00Z")
    listed.deliver(*(event for event in events() if event.at < present), time=present)
    listed.tick(present)
    return listed


def test_the_row_shown_is_the_one_of_the_quickstart() -> None:
    (text,) = re.findall(r"<!-- clock: .* -->\n```json\n(.*?)^```", DOC, re.MULTILINE | re.DOTALL)
    shown: dict[str, Any] = json.loads(text)
    rows = at_twenty_past_ten().rows.values()
    (real,) = (row for row in rows if (row["subject"], row["objective"]) == ("T-1", "resolution"))
    assert tuple(shown) == COLUMNS
    assert is_part(shown, real)


def sizes(form: Form) -> int:
    """The mean size of a row's record."""
    units = at_twenty_past_ten(form).units
    found = [sent.size for unit in units for sent in unit.outgoing if sent.topic == TOPIC and sent.value is not None]
    return sum(found) // len(found)


def test_the_sizes_named_are_about_right() -> None:
    (said,) = re.findall(r"about (\d+) bytes as `json`", DOC)
    assert 0.8 < sizes("json") / int(said) < 1.2
    assert "about four times as large" in DOC
    assert 3.5 < sizes("connect") / sizes("json") < 5
    assert f"{PAGE} tickets or services at a time" in DOC
    assert "kept seven days" in DOC
    assert CLOCKS.configs["delete.retention.ms"] == str(7 * DAY_MS)


def test_the_sink_reads_what_is_written_and_keeps_nothing_that_ended() -> None:
    listed = at_twenty_past_ten("connect")
    (one, *_) = (sent for unit in listed.units for sent in unit.outgoing if sent.topic == TOPIC)
    assert orjson.loads(one.value or b"").keys() == {"schema", "payload"}
    assert SINK["value.converter.schemas.enable"] == "true"
    assert (SINK["primary.key.mode"], SINK["primary.key.fields"]) == ("record_key", COLUMNS[0])
    assert (SINK["insert.mode"], SINK["delete.enabled"]) == ("upsert", "true")
    assert SINK["topics"] == f"slamon.{TOPIC}"
    assert SINK["consumer.override.isolation.level"] == "read_committed"
    assert all(SINK[name].startswith("${file:") for name in ("connection.username", "connection.password"))


def test_the_columns_of_the_query_are_there() -> None:
    (query,) = re.findall(r"^```sql\n(.*?)^```", DOC, re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"[a-z_]+", query)) <= {*COLUMNS, TOPIC, "now", "interval", "ticket", "hours"}
