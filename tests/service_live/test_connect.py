"""Kafka Connect, Debezium and PostgreSQL as deploy/connect puts them together: rows of a table become tickets."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.connect.postgres import PASSWORD, USER, Postgres
from tests.connect.worker import AVRO, Connect
from tests.integration.reading import everything
from tests.registry import apicurio as registry
from tests.service_live.live import Live

pytestmark = [pytest.mark.integration, pytest.mark.needs_real_kafka, pytest.mark.timeout(600)]
CONNECT = Path(__file__).parents[2] / "deploy" / "connect"
STAND_IN = "io.debezium.connector.postgresql.PostgresConnector"
TABLE = """
CREATE TABLE tickets (id int PRIMARY KEY, state text, priority text, team text, created_at timestamptz, updated_at timestamptz);
INSERT INTO tickets VALUES (7, 'open', 'P1', 'mail', now() - interval '1 hour', now());
"""


@pytest.fixture(scope="module", autouse=True)
def _table(postgres: Postgres) -> None:
    postgres.run(TABLE)


@pytest.mark.parametrize("name", ["servicenow", "jira", "zendesk"])
def test_kafka_connect_accepts_all_of_a_configuration_but_what_its_connector_alone_knows(
    connect: Connect, name: str
) -> None:
    """The connectors are not to be had (deploy/connect/README.md): another one stands in, and what it lacks is its own affair."""
    text = (CONNECT / f"{name}.json").read_text().replace("/etc/connect/secrets", str(connect.folder))
    (connect.folder / f"{name}.properties").write_text("user=a\npassword=b\ntoken=c\n")
    config = {**json.loads(text), "name": name, "connector.class": STAND_IN}
    assert refused(connect, config) == []
    broken = {**config, "value.converter": "org.example.None", "transforms": "none"}
    assert refused(connect, broken) == ["transforms.none.type", "value.converter"]


def refused(connect: Connect, config: Mapping[str, str]) -> list[str]:
    """The settings of the configuration, and of its transformations, that Kafka Connect refuses."""
    told = connect.ask("PUT", f"/connector-plugins/{config['connector.class']}/config/validate", config)
    values = [each["value"] for each in told["configs"]]
    return sorted(
        each["name"]
        for each in values
        if each["errors"] and (each["name"] in config or each["name"].startswith("transforms."))
    )


def example(postgres: Postgres, connect: Connect, prefix: str) -> dict[str, str]:
    """The configuration as it is shipped, but for where things are."""
    text = (CONNECT / "helpdesk.json").read_text().replace("/etc/connect/secrets", str(connect.folder))
    (connect.folder / "helpdesk.properties").write_text(f"user={USER}\npassword={PASSWORD}\n")
    here = {"database.hostname": "127.0.0.1", "database.port": str(postgres.port), "database.dbname": "postgres"}
    return {**json.loads(text), **here, "topic.prefix": prefix}


def shipped_input(topic: str) -> dict[str, Any]:
    """The input as it is shipped, of another topic."""
    inputs = yaml.safe_load((CONNECT / "slamon.yaml").read_text())["inputs"]
    (one,) = [each for each in inputs if each["topic"] == "helpdesk.public.tickets"]
    return {**one, "topic": topic, "mapping": one["mapping"].replace("/etc/slamon", str(CONNECT))}


async def tickets(live: Live, enough: int) -> list[Mapping[str, Any]]:
    """The canonical records once there are so many."""
    for _ in range(160):
        records = await everything(live.cluster, f"{live.prefix}tickets")
        found = [json.loads(record.value) for record in records if record.key and record.value]
        if len(found) >= enough:
            return found
        await asyncio.sleep(0.25)
    letters = [record.value for record in await everything(live.cluster, f"{live.prefix}deadletter")]
    raise AssertionError(f"not enough: {found}; dead letters: {letters}")


async def test_rows_of_a_table_are_tickets_from_the_snapshot_on_and_a_deleted_row_ends_its_clocks(
    live: Live, postgres: Postgres, connect: Connect
) -> None:
    topic = f"{live.prefix}db.public.tickets"
    await live.make_topics(topic)
    config = example(postgres, connect, f"{live.prefix}db")
    assert refused(connect, {**config, "name": "helpdesk"}) == []
    await asyncio.to_thread(connect.run, "helpdesk", config)
    worker = live.start(SLAMON_INPUTS=json.dumps([shipped_input(topic)]))
    await live.ready(worker)

    (first,) = await tickets(live, 1)
    assert (first["ticket"], first["event"], first["source"]) == ("7", "snapshot", "helpdesk")
    assert first["fields"] == {"status": "open", "priority": "P1", "group": "mail"}
    postgres.run("UPDATE tickets SET state = 'pending', updated_at = now() WHERE id = 7")
    postgres.run("INSERT INTO tickets VALUES (8, 'open', 'P2', NULL, now(), now())")
    found = await tickets(live, 3)
    assert {(each["ticket"], each["fields"]["status"]) for each in found[1:]} == {("7", "pending"), ("8", "open")}
    postgres.run("DELETE FROM tickets WHERE id = 8")
    facts = await live.until(lambda facts: any(fact["subject"] == "8" for fact in facts))
    assert {fact["data"]["what"] for fact in facts if fact["subject"] == "8"} == {"cancelled"}
    letters = await everything(live.cluster, f"{live.prefix}deadletter")
    assert [(dict(letter.headers)["message"], letter.key, letter.value) for letter in letters] == []


async def test_rows_that_connect_writes_in_avro_are_read_through_the_registry(
    live: Live, postgres: Postgres, connect: Connect, apicurio: registry.Apicurio
) -> None:
    topic, user = f"{live.prefix}avro.public.tickets", live.folder / "user"
    await live.make_topics(topic)
    user.write_text(f"{registry.USER}:{registry.PASSWORD}\n")
    postgres.run("INSERT INTO tickets VALUES (9, 'open', 'P2', 'mail', now(), now())")
    plain = example(postgres, connect, f"{live.prefix}avro")
    others = {name: value for name, value in plain.items() if not name.endswith(".schemas.enable")}
    own = {"slot.name": "avro", "publication.name": "avro"}
    await asyncio.to_thread(connect.run, "avro", {**others, **own, **converters(apicurio)})
    reads = {"url": apicurio.url, "user_file": str(user), "timeout": "2s"}
    worker = live.start(SLAMON_INPUTS=json.dumps([{**shipped_input(topic), "registry": reads}]))
    await live.ready(worker)
    (first, *_) = [each for each in await tickets(live, 1) if each["ticket"] == "9"]
    assert first["fields"] == {"status": "open", "priority": "P2", "group": "mail"}
    (raw, *_) = await everything(live.cluster, topic)
    assert (raw.key[:1], raw.value[:1]) == (b"\0", b"\0")
    postgres.run("DELETE FROM tickets WHERE id = 9")
    facts = await live.until(lambda facts: any(fact["subject"] == "9" for fact in facts))
    assert {fact["data"]["what"] for fact in facts if fact["subject"] == "9"} == {"cancelled"}


def converters(apicurio: registry.Apicurio) -> dict[str, str]:
    """Apicurio's converter, writing as Confluent's does."""
    settings = {
        "": AVRO,
        ".apicurio.registry.url": apicurio.url.replace("ccompat/v7", "registry/v2"),
        ".apicurio.auth.username": registry.USER,
        ".apicurio.auth.password": registry.PASSWORD,
        ".apicurio.registry.auto-register": "true",
        ".apicurio.registry.headers.enabled": "false",
        ".apicurio.registry.as-confluent": "true",
        ".apicurio.registry.use-id": "contentId",
    }
    return {f"{side}.converter{name}": value for side in ("key", "value") for name, value in settings.items()}
