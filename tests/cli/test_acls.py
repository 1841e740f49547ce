"""`slamon doctor --print-acls`: the least rights of each user, as an administrator needs them. Asks no broker."""

import base64
import json
import shlex
import sys
from io import StringIO
from pathlib import Path

import pytest
import yaml

from slamon import cli
from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.grants import Grant, grants_of, named, visible
from tests.authority import Authority

CLUSTER = KafkaCluster("k:9092", "acme.")
LOGIN = {"PROTOCOL": "SASL_PLAINTEXT", "MECHANISM": "SCRAM-SHA-512", "USERNAME": "ann", "PASSWORD": "hunter2"}


def printed(monkeypatch: pytest.MonkeyPatch, security: dict[str, str], *options: str) -> list[str]:
    """What it says with these settings."""
    for name, value in security.items():
        monkeypatch.setenv(f"SLAMON_SECURITY__{name}", value)
    out = StringIO()
    assert cli.main(["doctor", "--prefix", "acme.", "--print-acls", *options], stdout=out, stderr=sys.stderr) == 0
    assert "hunter2" not in out.getvalue()
    return out.getvalue().splitlines()


def test_commands_grant_each_right_to_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(monkeypatch, LOGIN, "--bootstrap", "k:9092")
    start = (
        "kafka-acls.sh --bootstrap-server k:9092 --command-config client.properties --add --allow-principal User:ann "
    )
    assert all(line.startswith(start) for line in lines)
    assert [line.removeprefix(start) for line in lines] == [
        (
            "--operation Read --operation Write --operation DescribeConfigs --topic acme.tickets --topic acme.uptime "
            "--topic acme.changelog --topic acme.policies --topic acme.deadletter --topic acme.warnings --topic acme.breaches"
        ),
        "--operation Write --operation DescribeConfigs --topic acme.outcomes",
        "--operation Read --group acme",
        "--operation Write --transactional-id acme- --resource-pattern-type prefixed",
    ]


def test_who_pages_may_read_facts_and_write_none(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(monkeypatch, LOGIN, "--for", "notify")
    rights = [line.partition("User:ann ")[2] for line in lines]
    assert rights == [
        "--operation Read --topic acme.warnings --topic acme.breaches --topic acme.outcomes",
        "--operation Read --operation Write --operation DescribeConfigs --operation Create --topic acme.pages",
        "--operation Read --group acme.notify",
    ]


def test_the_topic_of_open_clocks_is_written_where_a_setting_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLAMON_CLOCKS_TOPIC", "connect")
    (line,) = (line for line in printed(monkeypatch, LOGIN) if "acme.clocks" in line)
    assert line.endswith(" --operation Write --operation DescribeConfigs --topic acme.outcomes --topic acme.clocks")
    assert not [line for line in printed(monkeypatch, LOGIN, "--for", "notify") if "acme.clocks" in line]


def test_inputs_are_read_and_written_only_where_they_are_posted_to() -> None:
    grants = grants_of("run", CLUSTER, ["desk", "hook"], ["hook"])
    assert Grant("topic", ("desk",), ("Read",)) in grants
    assert Grant("topic", ("hook",), ("Read", "Write")) in grants
    assert "desk" not in named(grants, "topic", "Write")


def test_strimzi_is_told_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    user = yaml.safe_load("\n".join(printed(monkeypatch, LOGIN, "strimzi")))
    assert (user["kind"], user["metadata"]["name"]) == ("KafkaUser", "ann")
    assert user["spec"]["authentication"] == {"type": "scram-sha-512"}
    kinds = {"topic": "topic", "group": "group", "transactionalId": "transactional-id"}
    told = {
        (kinds[acl["resource"]["type"]], acl["resource"]["name"], operation, acl["resource"]["patternType"] == "prefix")
        for acl in user["spec"]["authorization"]["acls"]
        for operation in acl["operations"]
    }
    needed = grants_of("run", CLUSTER)
    assert told == {(one.kind, name, do, one.prefixed) for one in needed for name in one.names for do in one.operations}


def test_the_principal_is_the_subject_of_the_certificate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    cert, key = authority.write("it's me")
    papers = {"PROTOCOL": "SSL", "CA_FILE": str(authority.file), "CERT_FILE": str(cert), "KEY_FILE": str(key)}
    (word,) = {shlex.split(line)[7] for line in printed(monkeypatch, papers)}
    assert word == "User:CN=it's me"


@pytest.mark.parametrize(
    ("claims", "principal"), [({"sub": "slamon"}, "User:slamon"), ({}, "User:..."), ([], "User:...")]
)
def test_the_principal_is_who_the_token_speaks_of(
    monkeypatch: pytest.MonkeyPatch, claims: object, principal: str
) -> None:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    login = {"PROTOCOL": "SASL_PLAINTEXT", "MECHANISM": "OAUTHBEARER", "TOKEN": f"e30.{body}."}
    assert {shlex.split(line)[7] for line in printed(monkeypatch, login)} == {principal}


def test_of_a_topic_that_is_missing_only_its_creation_can_be_looked_at() -> None:
    grants = visible(grants_of("notify", CLUSTER), {"acme.warnings"})
    assert grants == [
        Grant("topic", ("acme.warnings",), ("Read",)),
        Grant("topic", ("acme.pages",), ("Create",)),
        Grant("group", ("acme.notify",), ("Read",)),
    ]
