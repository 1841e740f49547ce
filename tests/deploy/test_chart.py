"""The chart: what it holds of other places is current, and what it renders (tests/deploy/goldens, by .ci/helm) is safe and whole."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from slamon.runtime.topic_specs import SPECS, specs_of
from slamon.service.settings import load
from slamon.sources import custom

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm" / "slamon"
VALUES = sorted([*CHART.glob("ci/*-values.yaml"), *ROOT.glob("deploy/kubernetes/*-values.yaml")])
HELMS = sorted(ROOT.glob(".ci/cache/helm/*/helm"))
GOLDENS = {
    path.stem: [each for each in yaml.safe_load_all(path.read_text()) if each]
    for path in sorted((Path(__file__).parent / "goldens").glob("*.yaml"))
}
CUSTOM = json.loads((Path(__file__).parent / "custom-resources.schema.json").read_text())
each_golden = pytest.mark.parametrize("name", GOLDENS)


def of_kind(name: str, kind: str) -> list[dict[str, Any]]:
    return [each for each in GOLDENS[name] if each["kind"] == kind]


def one(name: str, kind: str, ends: str = "") -> dict[str, Any]:
    (found,) = (each for each in of_kind(name, kind) if each["metadata"]["name"].endswith(ends))
    return found


def pods(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What each program of a release runs as."""
    for each in GOLDENS[name]:
        if each["kind"] in ("StatefulSet", "Deployment", "Job"):
            yield f"{each['kind']} {each['metadata']['name']}", each["spec"]["template"]["spec"]


def variables(pod: dict[str, Any]) -> dict[str, Any]:
    return {each["name"]: each.get("value") for each in pod["containers"][0]["env"]}


def test_what_the_chart_holds_of_other_places_is_current() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import renew; print(*renew.stale())"],
        cwd=ROOT / "helm",
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'helm'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "", "run: make chart"


@pytest.mark.skipif(not HELMS, reason="helm is not here (.ci/helm brings it)")
@pytest.mark.parametrize("helm", HELMS, ids=[path.parent.name for path in HELMS])
@pytest.mark.parametrize("values", VALUES, ids=[path.name for path in VALUES])
def test_helm_renders_what_the_goldens_hold(helm: Path, values: Path) -> None:
    ran = subprocess.run(
        [helm, "template", "release", CHART, "--namespace", "sla", "--values", values],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    rendered = [each for each in yaml.safe_load_all(ran.stdout) if each]
    assert rendered == GOLDENS[values.name.removesuffix("-values.yaml")], "run: make chart"


def test_each_feature_is_rendered_once() -> None:
    assert set(GOLDENS) == {path.name.removesuffix("-values.yaml") for path in VALUES}


@each_golden
def test_every_pod_runs_as_nobody_and_can_write_only_where_it_must(name: str) -> None:
    for what, pod in pods(name):
        assert pod["securityContext"]["runAsNonRoot"], what
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, what
        assert pod["automountServiceAccountToken"] is False, what
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, what
            assert container["resources"]["limits"]["memory"], what


@each_golden
def test_secrets_come_by_reference_alone(name: str) -> None:
    assert of_kind(name, "Secret") == []
    for what, pod in pods(name):
        for variable, value in variables(pod).items():
            if re.search("PASSWORD|TOKEN(?!_URL)|CLIENT_SECRET|_FILE$", variable):
                assert value is None or value.startswith("/etc/slamon/"), (what, variable)


@each_golden
def test_every_file_that_a_variable_names_lies_in_a_mounted_secret(name: str) -> None:
    for what, pod in pods(name):
        mounts = {each["mountPath"] for each in pod["containers"][0]["volumeMounts"]}
        assert {each["name"] for each in pod["volumes"]} | {"state"} >= {
            each["name"] for each in pod["containers"][0]["volumeMounts"]
        }
        for variable, value in variables(pod).items():
            if variable.endswith(("_FILE", "_FILES")):
                assert all(str(Path(path).parent) in mounts for path in value.split(",")), (what, variable)


@each_golden
def test_no_selector_finds_the_pods_of_two_programs(name: str) -> None:
    labels = [
        each["spec"]["template"]["metadata"]["labels"]
        for each in GOLDENS[name]
        if each["kind"] in ("StatefulSet", "Deployment", "Job")
    ]
    for each in GOLDENS[name]:
        if each["kind"] in ("Service", "PodDisruptionBudget", "PodMonitor", "StatefulSet", "Deployment"):
            selector = each["spec"]["selector"]
            wanted = selector.get("matchLabels", selector).items()
            assert sum(wanted <= found.items() for found in labels) == 1, each["metadata"]["name"]


@each_golden
def test_the_settings_are_good_and_a_change_of_them_restarts_their_pods(name: str, tmp_path: Path) -> None:
    for each in of_kind(name, "ConfigMap"):
        if "slamon.yaml" in each["data"]:
            file = tmp_path / "slamon.yaml"
            text = each["data"]["slamon.yaml"]
            # Who logs in and with what comes by variables that no test has files for.
            plain = yaml.safe_load(text) | {"security": {}, "access": {}}
            plain["inputs"] = [
                {key: value for key, value in one.items() if key not in ("ingest", "registry", "mapping")}
                for one in plain.get("inputs", [])
                if one["source"] != "custom"
            ]
            file.write_text(yaml.safe_dump(plain))
            assert load(file, {}).settings.bootstrap
    for what, pod in ((w, each) for each in GOLDENS[name] for w in [each["kind"]]):
        if what in ("StatefulSet", "Deployment"):
            assert pod["spec"]["template"]["metadata"]["annotations"]["checksum/settings"]


def test_without_a_door_no_worker_tells_its_address() -> None:
    assert "SLAMON_ACCESS__ADVERTISE" not in variables(dict(pods("one-file"))["StatefulSet release-slamon"])


def test_with_tokens_each_worker_tells_the_others_a_name_of_its_own() -> None:
    pod = dict(pods("access"))["StatefulSet release-slamon"]
    told = variables(pod)
    assert told["SLAMON_ACCESS__ADVERTISE"] == "https://$(SLAMON_INSTANCE_ID).release-slamon-headless.sla.svc:8080"
    assert list(told).index("SLAMON_INSTANCE_ID") < list(told).index("SLAMON_ACCESS__ADVERTISE"), "or it is not known"
    assert told["SLAMON_ACCESS__TOKEN_FILES"] == "/etc/slamon/access/tokens,/etc/slamon/access/prometheus"
    assert {pod["containers"][0][f"{kind}Probe"]["httpGet"]["scheme"] for kind in ("startup", "liveness", "readiness")} == {"HTTPS"}  # fmt: skip
    (endpoint,) = one("access", "PodMonitor")["spec"]["podMetricsEndpoints"]
    assert endpoint["authorization"]["credentials"] == {"name": "slamon-api", "key": "prometheus"}


def test_what_an_input_needs_lies_where_its_settings_say() -> None:
    pod = dict(pods("inputs"))["StatefulSet release-slamon"]
    mounts = {each["mountPath"] for each in pod["containers"][0]["volumeMounts"]}
    (first, second) = yaml.safe_load(one("inputs", "ConfigMap", "-settings")["data"]["slamon.yaml"])["inputs"]
    for path in (first["mapping"], first["registry"]["user_file"], *second["ingest"]["secret_files"]):
        assert str(Path(path).parent) in mounts, path
    mapping = yaml.safe_load(one("inputs", "ConfigMap", "-mappings")["data"][Path(first["mapping"]).name])
    assert custom.load(mapping).name == "helpdesk"


def test_the_job_of_the_topics_and_the_notifier_get_no_secret_of_the_port() -> None:
    for name, what in (("access", "Job release-slamon-topics"), ("notify", "Deployment release-slamon-notify")):
        pod = dict(pods(name))[what]
        assert not [variable for variable in variables(pod) if variable.startswith("SLAMON_ACCESS")]


def test_the_notifier_is_one_and_has_its_secrets_as_files() -> None:
    deployment = one("notify", "Deployment")
    assert deployment["spec"]["replicas"] == 1
    (mount,) = (
        each
        for each in deployment["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
        if each["name"] == "notify"
    )
    assert mount["mountPath"] == "/etc/slamon/notify"
    settings = yaml.safe_load(one("notify", "ConfigMap", "-notify")["data"]["slamon.yaml"])
    assert settings["notify"]["receivers"][0]["pagerduty"]["routing_key_file"].startswith(mount["mountPath"])
    assert "notify" not in yaml.safe_load(one("notify", "ConfigMap", "-settings")["data"]["slamon.yaml"])


def test_the_rules_are_those_of_prometheus_with_your_runbooks() -> None:
    text = (ROOT / "deploy" / "prometheus" / "slamon.rules.yaml").read_text()
    mine = yaml.safe_load(text.replace("https://slamon.example", "https://wiki.example.com/slamon"))
    assert one("monitoring", "PrometheusRule")["spec"] == mine


def test_the_dashboards_are_those_of_grafana() -> None:
    boards = {path.name: path.read_text() for path in (ROOT / "deploy/grafana/dashboards").glob("*.json")}
    shown = [each for each in of_kind("monitoring", "ConfigMap") if "grafana_dashboard" in each["metadata"]["labels"]]
    held = {name: text for each in shown for name, text in each["data"].items()}
    assert {name: json.loads(text) for name, text in held.items()} == {n: json.loads(t) for n, t in boards.items()}


def test_strimzi_makes_the_topics_that_slamon_would_make() -> None:
    wanted = {spec.role: (1 if spec.single else 12, spec.all_configs()) for spec in specs_of(clocks=True)}
    topics = of_kind("strimzi", "KafkaTopic")
    assert {each["spec"]["topicName"] for each in topics} == {f"shop.sla.{role}" for role in wanted}
    for each in topics:
        partitions, configs = wanted[each["spec"]["topicName"].removeprefix("shop.sla.")]
        assert each["spec"]["partitions"] == partitions
        assert each["spec"]["config"] == configs | {"min.insync.replicas": "2"}
    assert of_kind("strimzi", "Job") == [], "two would make them"


def test_the_topic_of_open_clocks_is_made_only_where_it_is_written() -> None:
    made = {each["spec"]["topicName"].rpartition(".")[2] for each in of_kind("strimzi-tls", "KafkaTopic")}
    assert made == {spec.role for spec in SPECS} | {"pages"}
    (user,) = of_kind("strimzi-tls", "KafkaUser")
    assert not [each for each in user["spec"]["authorization"]["acls"] if each["resource"]["name"].endswith(".clocks")]


@each_golden
def test_resources_of_operators_have_the_form_their_operators_take(name: str) -> None:
    for each in GOLDENS[name]:
        if each["kind"] in CUSTOM["$defs"]:
            Draft202012Validator({"$ref": f"#/$defs/{each['kind']}", **CUSTOM}).validate(each)


def test_the_network_lets_through_what_is_needed_and_no_more() -> None:
    policies = {each["metadata"]["name"]: each["spec"] for each in of_kind("monitoring", "NetworkPolicy")}
    brokers, port, notify = policies["release-watch"], policies["release-watch-port"], policies["release-watch-notify"]
    assert all(each["policyTypes"] == ["Ingress", "Egress"] for each in policies.values())
    assert "ingress" not in brokers
    assert [rule["port"] for rule in brokers["egress"][1]["ports"]] == [9092, 9094]
    assert len(port["ingress"][0]["from"]) == 2, "the workers, and who is named"
    assert [rule["port"] for rule in notify["egress"][0]["ports"]] == [443]
