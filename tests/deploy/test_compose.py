"""deploy/compose.yaml: what it starts is what is shipped, reachable from this machine alone, and asks nobody for a secret."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml

from slamon.notify.receivers import problems
from slamon.service.settings import load
from tests.deploy.watchers import free_port

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PODMAN_COMPOSE = DEPLOY.parent / ".ci" / "cache" / "venv" / "bin" / "podman-compose"
OWN = ("topics", "slamon-1", "slamon-2", "notify", "pager", "load")


def of(name: str) -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / name).read_text())


def test_it_starts_everything_that_is_shipped() -> None:
    assert set(SERVICES) == {*OWN, "kafka", "prometheus", "alertmanager", "grafana"}


@pytest.mark.parametrize("name", OWN)
def test_what_is_ours_can_write_nowhere_else_and_gain_nothing(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_every_port_is_for_this_machine_alone_and_all_differ() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:${") for port in ports), ports
    assert len({port.split(":-")[1].split("}")[0] for port in ports}) == len(ports)


def test_every_file_that_is_mounted_is_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.partition("}")[0].partition(":-")[2] or volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (DEPLOY / source).exists(), volume


def test_the_two_workers_differ_in_nothing_but_their_names() -> None:
    one, two = (json.dumps(SERVICES[name] | {"ports": []}) for name in ("slamon-1", "slamon-2"))
    assert one.replace("slamon-1", "X").replace("state-1", "Y") == two.replace("slamon-2", "X").replace("state-2", "Y")


def test_prometheus_is_the_example_with_the_addresses_of_here() -> None:
    example, here = of("prometheus/prometheus.yaml"), of("compose/prometheus.yaml")
    (targets,) = here["scrape_configs"][0]["static_configs"]
    assert targets == {"targets": ["slamon-1:8080", "slamon-2:8080", "notify:8081"]}
    here["scrape_configs"][0]["static_configs"] = example["scrape_configs"][0]["static_configs"]
    here["alerting"] = example["alerting"]
    assert here == example


def test_alertmanager_leads_alerts_as_the_example_does() -> None:
    example, here = of("alertmanager/alertmanager.yaml"), of("compose/alertmanager.yaml")
    assert (here["route"], here["inhibit_rules"]) == (example["route"], example["inhibit_rules"])
    assert {each["name"] for each in here["receivers"]} == {each["name"] for each in example["receivers"]}


@pytest.mark.parametrize(
    "command",
    [
        ("promtool", "check", "config", "--syntax-only", "compose/prometheus.yaml"),
        ("amtool", "check-config", "compose/alertmanager.yaml"),
    ],
    ids=lambda command: command[0],
)
def test_prometheus_and_alertmanager_take_their_files(command: tuple[str, ...]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not here (Debian: apt-get install prometheus prometheus-alertmanager)")
    ran = subprocess.run(command, cwd=DEPLOY, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_notifier_finds_no_problem_in_its_settings() -> None:
    settings = load(DEPLOY / "compose" / "notify.yaml", {}).settings
    assert problems(settings.notify) == []
    assert settings.notify.http_port == 8081


def test_grafana_finds_its_dashboards_and_the_first_one_is_the_live_one() -> None:
    mounts = dict(volume.split(":")[:2] for volume in SERVICES["grafana"]["volumes"])
    (provider,) = of("grafana/provisioning/dashboards/slamon.yaml")["providers"]
    assert mounts["./grafana/dashboards"] == provider["options"]["path"]
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (DEPLOY / "grafana" / "dashboards" / Path(home).name).exists()


@pytest.mark.skipif(not PODMAN_COMPOSE.exists(), reason="podman-compose is not here (.ci/compose brings it)")
@pytest.mark.parametrize("token", ["", "0123456789abcdef"])
def test_compose_itself_reads_it_and_tells_addresses_only_with_a_token(token: str) -> None:
    ran = subprocess.run(
        [PODMAN_COMPOSE, "--file", DEPLOY / "compose.yaml", "config"],
        env={"PATH": os.environ["PATH"], "API_TOKEN": token},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    read = yaml.safe_load(ran.stdout)["services"]
    assert set(read) == set(SERVICES)
    told = read["slamon-1"]["environment"]
    assert (told["SLAMON_ACCESS__TOKENS"] or "") == token
    assert (told["SLAMON_ACCESS__ADVERTISE"] or "") == ("http://slamon-1:8080" if token else "")


def test_the_pager_says_in_a_line_what_a_person_would_be_told() -> None:
    program = (DEPLOY / "compose" / "pager.py").read_text()
    port = free_port()
    child = subprocess.Popen([sys.executable, "-c", program.replace("9900", str(port))], stdout=subprocess.PIPE, text=True)  # fmt: skip
    try:
        alert = {"status": "firing", "labels": {"alertname": "SlamonBreach"}, "annotations": {"description": "3 broken"}}  # fmt: skip
        for path, body in (("duty", {"action": "trigger", "summary": "T-1 breaks"}), ("alerts", {"alerts": [alert]})):
            assert posted(f"http://127.0.0.1:{port}/{path}", body) == 202
        assert child.stdout is not None
        assert child.stdout.readline() == "duty: trigger: T-1 breaks\n"
        assert child.stdout.readline() == "alerts: firing: SlamonBreach: 3 broken\n"
    finally:
        child.kill()
        child.wait()


def posted(url: str, body: Any) -> int:
    """The status, once somebody listens."""
    request = urllib.request.Request(url, json.dumps(body).encode())
    for _ in range(200):
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status
        except urllib.error.URLError:
            time.sleep(0.05)
    raise AssertionError(url)
