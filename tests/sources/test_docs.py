"""docs/sources.md says what the sources are."""

import json
import re
from pathlib import Path

import pytest
import yaml

from slamon.sla import canonical, canonical_service
from slamon.sources import SIGNALS, SOURCES, UPTIME_SIGNALS, custom, tables
from tests.sources.payloads import RECEIVED

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs/sources.md").read_text()
HINT = "run `python -m slamon.sources.tables` and paste the table"


@pytest.mark.parametrize("name", ["objectives", "signals", "states", "record_ids"])
def test_the_tables_are_those_of_the_sources(name: str) -> None:
    found = re.search(rf"<!-- {name}: .*? -->\n(.*?)\n?<!-- /{name} -->", DOCS, re.DOTALL)
    assert found is not None
    assert found[1] == getattr(tables, name)(), HINT


def test_the_tables_show_every_signal() -> None:
    assert all(f" {signal} |" in tables.signals().splitlines()[0] for signal in SIGNALS)


@pytest.mark.parametrize("name", [*SOURCES, "custom"])
def test_every_source_is_described(name: str) -> None:
    assert f"\n## {name}\n" in DOCS or f"- `{name}` " in DOCS


def test_the_tables_show_every_state() -> None:
    assert all(f" {signal} |" in tables.states().splitlines()[0] for signal in UPTIME_SIGNALS)


def test_the_mapping_in_the_docs_works() -> None:
    (text,) = re.findall(r"## custom\n.*?```yaml\n(.*?)```", DOCS, re.DOTALL)
    assert custom.load(yaml.safe_load(text)).name == "helpdesk"
    (text,) = re.findall(r"## custom, of services\n.*?```yaml\n(.*?)```", DOCS, re.DOTALL)
    assert custom.load(yaml.safe_load(text)).role == "uptime"


@pytest.mark.parametrize("name", ["alertmanager", "statuspage", "uptime_kuma", "gatus", "prometheus"])
def test_the_mapping_in_the_docs_of_each_uptime_source_works(name: str) -> None:
    (text,) = re.findall(rf"\n## {name}\n.*?```yaml\n(.*?)```", DOCS, re.DOTALL)[:1]
    configure = SOURCES[name].configure
    assert configure is not None
    assert configure(yaml.safe_load(text)).name == name


def test_the_records_in_the_docs_are_some() -> None:
    ticket, state, announcement = re.findall(r"```json\n(.*?)```", DOCS, re.DOTALL)
    assert canonical.parse(yaml.safe_load(ticket)).ticket == "T-1"
    assert canonical_service.parse(yaml.safe_load(state)).state == "down"
    assert canonical_service.parse(yaml.safe_load(announcement)).announced is not None


def test_the_body_of_a_gatus_alert_in_the_docs_is_understood() -> None:
    """What Gatus puts in for its placeholders, and the words that the template has it say."""
    (config,) = re.findall(r"```yaml\n(alerting:\n.*?)```", DOCS, re.DOTALL)
    custom_alert = yaml.safe_load(config)["alerting"]["custom"]
    body = custom_alert["body"].replace("[ENDPOINT_GROUP]", "shop").replace("[ENDPOINT_NAME]", "checkout")
    sent = {word: json.loads(body.replace("[ALERT_TRIGGERED_OR_RESOLVED]", word)) for word in ("TRIGGERED", "RESOLVED")}
    found = {word: SOURCES["gatus"].map(alert, {}, RECEIVED) for word, alert in sent.items()}
    assert {word: [str(one.state) for one in some] for word, some in found.items()} == {  # type: ignore[union-attr]
        "TRIGGERED": ["down"],
        "RESOLVED": ["up"],
    }


def test_the_files_that_the_docs_name_are_there() -> None:
    assert all((ROOT / "docs" / path).exists() for path in re.findall(r"\]\((schema/[^)#]+)\)", DOCS))
