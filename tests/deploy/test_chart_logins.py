"""How the chart's pods get into Kafka, and what they may do there."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.grants import grants_of, kafka_user
from slamon.service.settings import Security, load
from slamon.service.settings.security import Mechanism
from tests.authority import Authority
from tests.deploy.test_chart import CHART, each_golden, of_kind, one, pods, variables

SCHEMA = json.loads((CHART / "values.schema.json").read_text())["properties"]


def secrets_in(folder: Path, pod: dict[str, Any]) -> dict[str, str]:
    """The pod's variables about Kafka, with its Secrets mounted there: PEM where certificates belong."""
    authority = Authority(folder)
    cert, key = authority.write("client")
    files = {"CA_FILE": authority.file, "CERT_FILE": cert, "KEY_FILE": key}
    told = {name: value for name, value in variables(pod).items() if name.startswith("SLAMON_SECURITY__")}
    for name, value in told.items():
        if name.endswith("_FILE"):
            mounted = told[name] = str(folder / value.replace("/", "_"))
            kind = name.removeprefix("SLAMON_SECURITY__").removeprefix("TOKEN_")
            Path(mounted).write_bytes(files[kind].read_bytes() if kind in files else b"opensesame")
    return told


def login(name: str, what: str, folder: Path) -> Security:
    """How that pod logs in, as slamon reads it."""
    pod = dict(pods(name))[what]
    told, file = secrets_in(folder, pod), folder / "slamon.yaml"
    end = {"StatefulSet": "-settings", "Deployment": "-notify"}.get(what.partition(" ")[0])
    held = yaml.safe_load(one(name, "ConfigMap", end)["data"]["slamon.yaml"])["security"] if end else {}
    file.write_text(yaml.safe_dump({"bootstrap": "kafka:9092", "security": held}))
    return load(file, told).settings.security


@each_golden
def test_every_program_of_a_release_logs_in_whole_and_in_the_same_way(name: str, tmp_path: Path) -> None:
    ways = set()
    for what, _ in pods(name):
        folder = tmp_path / what.replace(" ", "-")
        folder.mkdir()
        security = login(name, what, folder)
        ways.add((security.protocol, security.mechanism, security.token_url, security.scope))
    assert len(ways) == 1


def test_the_chart_takes_every_mechanism_that_slamon_takes() -> None:
    assert set(SCHEMA["security"]["properties"]["mechanism"]["enum"]) == {"", *get_args(Mechanism)}


@pytest.mark.parametrize(
    ("what", "client", "key"),
    [
        ("StatefulSet release-slamon", "slamon", "client-secret"),
        ("Job release-slamon-topics", "slamon", "client-secret"),
        ("Deployment release-slamon-notify", "slamon-notify", "secret"),
    ],
)
def test_each_asks_the_token_server_as_the_client_it_is(what: str, client: str, key: str, tmp_path: Path) -> None:
    security = login("oauth", what, tmp_path)
    assert (security.client_id, security.scope) == (client, "kafka")
    assert security.token_ca_file != security.ca_file
    told = variables(dict(pods("oauth"))[what])
    assert told["SLAMON_SECURITY__CLIENT_SECRET_FILE"] == f"/etc/slamon/credentials/{key}"


def test_a_token_of_somebody_else_is_read_from_its_file_and_its_name_has_rights_alone(tmp_path: Path) -> None:
    security = login("oauth-token", "StatefulSet release-slamon", tmp_path)
    assert security.token_file is not None
    assert (security.username, security.username_file, security.token_url) == (None, None, None)
    user = one("oauth-token", "KafkaUser")
    assert user["metadata"]["name"] == "service-account-slamon"
    assert "authentication" not in user["spec"], "Strimzi would make a password that nobody uses"


def test_the_network_lets_everybody_who_logs_in_to_the_token_server() -> None:
    policies = {each["metadata"]["name"]: each["spec"] for each in of_kind("oauth", "NetworkPolicy")}
    *_, server = policies["release-slamon"]["egress"]
    assert [each["port"] for each in server["ports"]] == [8443]
    assert len(server["to"]) == 1


def test_strimzis_user_has_the_rights_that_the_doctor_prints_and_no_more() -> None:
    cluster = KafkaCluster("kafka:9092", "shop.sla.")
    printed = yaml.safe_load(
        kafka_user("u", "scram-sha-512", grants_of("run", cluster, ["cdc.incident"], ["pagerduty.raw"], clocks=True))
    )
    given = one("strimzi", "KafkaUser")["spec"]
    assert given["authentication"] == printed["spec"]["authentication"]
    assert rights(given) == rights(printed["spec"])


def test_a_notifier_with_a_user_of_its_own_has_its_rights_alone_and_leaves_the_workers_theirs() -> None:
    cluster = KafkaCluster("kafka:9092", "shop.sla.")
    for ends, user in (("release-slamon", "run"), ("release-slamon-notify", "notify")):
        given = one("notify-user", "KafkaUser", ends)["spec"]
        printed = yaml.safe_load(kafka_user("u", "scram-sha-512", grants_of(user, cluster)))["spec"]
        assert given["authentication"] == printed["authentication"]
        assert rights(given) == rights(printed)


def test_a_notifier_with_a_user_of_its_own_holds_no_secret_of_the_workers_and_they_none_of_its() -> None:
    for what, pod in pods("notify-user"):
        end = "-notify" if what.endswith("-notify") else ""
        secrets = {each["name"]: each["secret"]["secretName"] for each in pod["volumes"] if "secret" in each}
        settings = yaml.safe_load(one("notify-user", "ConfigMap", end or "-settings")["data"]["slamon.yaml"])
        assert secrets["credentials"] == settings["security"]["username"] == f"release-slamon{end}"
        assert variables(pod)["SLAMON_SECURITY__PASSWORD_FILE"] == "/etc/slamon/credentials/password"


def rights(spec: dict[str, Any]) -> set[str]:
    return {f"{each['resource']} {sorted(each['operations'])}" for each in spec["authorization"]["acls"]}
