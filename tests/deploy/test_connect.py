"""The examples of connectors and the inputs that read what they write: topics, secrets, and that their records become tickets."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest

from slamon.runtime.intake_mapping import Feed, Mapper
from slamon.service.settings import load
from slamon.service.wiring import feeds_of
from tests.broker.maven import cache_folder
from tests.broker.model import KAFKA_VERSION
from tests.runtime.test_intake_mapping import Foreign
from tests.sources.payloads import shared
from tests.test_clocks_doc import at_twenty_past_ten

CONNECT = Path(__file__).parents[2] / "deploy" / "connect"
NAMES = ("servicenow", "jira", "zendesk", "helpdesk")
SECRETS = ("user", "username", "password", "token")
NOW = 1_800_000_000_000

# In the form that each connector writes with these converters; Zendesk's instants are numbers, and ServiceNow's opened_at
# was seen to be 0.
INCIDENT = {
    "number": "INC0010003", "sys_id": "fba48173db6600107b7e5385ca96197e", "state": "1", "incident_state": "1", "priority": "5",
    "sys_updated_on": "2024-01-05 14:12:44", "sys_created_on": "2024-01-05 14:12:44", "sys_mod_count": "0", "opened_at": 0,
    "assignment_group": "", "short_description": "This is a test", "sys_class_name": "incident",
    "opened_by": {"link": "https://example.service-now.com/api/now/table/sys_user/68", "value": "68"},
}  # fmt: skip
ISSUE = {
    "type": "issues",
    "data": {
        "id": "10000", "key": "OPS-1", "self": "https://example.atlassian.net/rest/api/2/issue/10000",
        "changelog": {"total": 0, "maxResults": 0, "histories": []},
        "fields": {
            "summary": "Mail is down", "created": "2024-01-05T13:00:00.000+0100", "updated": "2024-01-05T15:00:00.000+0100",
            "priority": {"name": "High"}, "status": {"name": "Done", "statusCategory": {"key": "done"}}, "assignee": None,
            "comment": {"total": 0, "comments": []},
        },
    },
}  # fmt: skip
TICKET = {
    "id": 37, "status": "open", "priority": "normal", "type": "incident", "subject": "Mail is down", "tags": ["enterprise"],
    "created_at": 1_704_459_600_000, "updated_at": 1_704_466_800_000, "generated_timestamp": 1_704_466_800,
    "group_id": 360006487552, "assignee_id": None, "organization_id": 360798929652, "via": {"channel": "web"},
    "collaborator_ids": "", "custom_fields": [{"id": 360034610432, "value": None}],
}  # fmt: skip
# As Debezium wrote it of a table in PostgreSQL (tests/service_live/test_connect.py runs it).
CHANGE = {
    "before": None, "after": {
        "id": 7, "state": "open", "priority": "P1", "team": "mail",
        "created_at": "2024-01-05T13:00:00.000000Z", "updated_at": "2024-01-05T14:00:00.123456Z",
    },
    "source": {"connector": "postgresql", "ts_ms": 1_704_463_200_200, "snapshot": "false", "schema": "public", "table": "tickets"},
    "transaction": None, "op": "u", "ts_ms": 1_704_463_200_300,
}  # fmt: skip
WRITTEN: dict[str, dict[str, Any]] = {"servicenow": INCIDENT, "jira": ISSUE, "zendesk": TICKET, "helpdesk": CHANGE}


def connector(name: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((CONNECT / f"{name}.json").read_text())
    return found


def topic_of(config: dict[str, str]) -> str:
    """The one topic it writes to."""
    if "kafka.topic" in config:
        return config["kafka.topic"]
    if "table.include.list" in config:
        return f"{config['topic.prefix']}.{config['table.include.list']}"
    of = config.get("jira.resources") or config["zendesk.tables"]
    assert "," not in of
    return config["topic.name.pattern"].replace("${resourceName}", of).replace("${entityName}", of)


def transformed(config: dict[str, str], value: dict[str, Any]) -> dict[str, Any]:
    """What its transformations leave of the value."""
    for name in filter(None, config.get("transforms", "").split(",")):
        assert config[f"transforms.{name}.type"] == "org.apache.kafka.connect.transforms.ExtractField$Value"
        value = value[config[f"transforms.{name}.field"]]
    return value


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Feed]:
    """The inputs of the example by their topics, with the mapping where it is here."""
    settings = tmp_path_factory.mktemp("connect") / "slamon.yaml"
    settings.write_text((CONNECT / "slamon.yaml").read_text().replace("/etc/slamon", str(CONNECT)))
    loaded = load(settings, {})
    return {feed.topic: feed for feed in feeds_of(loaded.settings)}


def canonical(feed: Feed, value: Any) -> list[dict[str, Any]]:
    rows = Mapper(4).rows(feed, Foreign(json.dumps(value).encode(), timestamp=NOW), NOW)
    return [json.loads(row[2]) for row in rows]


def test_each_connector_has_an_input_and_each_input_a_connector(feeds: dict[str, Feed]) -> None:
    assert {path.stem for path in CONNECT.glob("*.json")} == {*NAMES, "clocks-to-postgres"}
    assert {topic_of(connector(name)): name for name in NAMES} == {
        topic: feed.source.name for topic, feed in feeds.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_connector_holds_no_secret_and_all_of_it_is_text(name: str) -> None:
    config = connector(name)
    assert all(type(value) is str for value in config.values())
    secret = [value for key, value in config.items() if key.rsplit(".", 1)[-1] in SECRETS]
    assert len(secret) == 2
    assert all(value.startswith("${file:/etc/connect/secrets/") for value in secret)
    assert config["value.converter.schemas.enable"] == "false"


@pytest.mark.parametrize(
    ("name", "ticket", "at", "created_at", "status"),
    [
        ("servicenow", "INC0010003", "2024-01-05T14:12:44Z", "2024-01-05T14:12:44Z", "1"),
        ("jira", "OPS-1", "2024-01-05T14:00:00Z", "2024-01-05T12:00:00Z", "Done"),
        ("zendesk", "37", "2024-01-05T15:00:00Z", "2024-01-05T13:00:00Z", "open"),
        ("helpdesk", "7", "2024-01-05T14:00:00.123Z", "2024-01-05T13:00:00Z", "open"),
    ],
)
def test_what_a_connector_writes_becomes_a_ticket(
    feeds: dict[str, Feed], name: str, ticket: str, at: str, created_at: str, status: str
) -> None:
    config = connector(name)
    feed, value = feeds[topic_of(config)], transformed(config, WRITTEN[name])
    (record,) = canonical(feed, value)
    assert (record["ticket"], record["at"], record["created_at"]) == (ticket, at, created_at)
    assert (record["source"], record["fields"]["status"]) == (name, status)
    assert canonical(feed, value) == [record]
    assert canonical(feed, {"schema": {"type": "struct"}, "payload": value}) == [record]


def test_the_row_and_the_issue_of_the_tools_themselves_become_tickets(feeds: dict[str, Feed]) -> None:
    row = shared("servicenow-table-api-incident.json")["result"]
    assert canonical(feeds["servicenow.incident"], row)[0]["source"] == "servicenow"
    issue = shared("jira-issue-updated-resolved.json")["issue"]
    (record,) = canonical(feeds["jira.issues"], issue)
    assert (record["ticket"], record["event"]) == (issue["key"], "snapshot")


@pytest.mark.needs_real_kafka
def test_kafka_connects_own_converter_reads_a_row_of_the_topic_of_open_clocks() -> None:
    libs = cache_folder() / f"kafka-{KAFKA_VERSION}"
    if shutil.which("java") is None or not libs.is_dir():
        pytest.skip("needs Java, and Kafka's jars as the tests of a real Kafka bring them")
    units = at_twenty_past_ten("connect").units
    (value, *_) = (sent.value for unit in units for sent in unit.outgoing if sent.topic == "clocks")
    assert value is not None
    command = ["java", "-cp", f"{libs}/*", str(Path(__file__).with_name("ReadClock.java"))]
    done = subprocess.run(command, input=value, capture_output=True, check=True)
    told = dict(line.split("=", 1) for line in done.stdout.decode().splitlines())
    payload = orjson.loads(value)["payload"]
    assert list(told) == [*payload, "tombstone"]
    instants = {"cycle_start": "2024-01-05T14:30:00Z", "due_at": "2024-01-08T10:15:00Z", "breached_at": "null"}
    assert {name: told[name] for name in instants} == instants
    assert (told["subject"], told["target_seconds"], told["partial"]) == ("T-1", "7200.0", "false")
    assert told["tombstone"] == "null", "what the sink deletes by"
