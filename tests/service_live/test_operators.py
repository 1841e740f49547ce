"""What an operator did wrong ends with exit code 1 and a sentence that says how to mend it; nothing is lost by it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service_live.live import PARTITIONS, ROOT, Live

pytestmark = pytest.mark.integration


def slamon(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SLAMON_")}
    return subprocess.run(
        [sys.executable, "-m", "slamon", *words],
        cwd=ROOT, env={**kept, **environment}, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip


def settings(live: Live, tmp_path: Path, **more: str) -> dict[str, str]:
    policies = tmp_path / "p.yaml"
    policies.write_text(live.policies)
    return {
        "SLAMON_BOOTSTRAP": live.bootstrap,
        "SLAMON_PREFIX": live.prefix,
        "SLAMON_PARTITIONS": str(PARTITIONS),
        "SLAMON_POLICIES": f'["{policies}"]',
        "SLAMON_DATADIR": str(tmp_path / "data"),
        "SLAMON_HTTP_HOST": "127.0.0.1",
        "SLAMON_HTTP_PORT": "0",
        **more,
    }


def test_a_broker_that_is_not_there_is_named(live: Live, tmp_path: Path) -> None:
    done = slamon("run", **settings(live, tmp_path, SLAMON_BOOTSTRAP="127.0.0.1:9"))
    assert done.returncode == 1
    assert "127.0.0.1:9: expected a Kafka broker" in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_topics_are_named_with_the_command_that_makes_them(live: Live, tmp_path: Path) -> None:
    done = slamon("run", **settings(live, tmp_path))
    assert done.returncode == 1
    assert f"{live.prefix}tickets is missing" in done.stderr
    assert "slamon topics create" in done.stderr


def test_a_missing_input_topic_is_named_and_nothing_else_is_said(live: Live, tmp_path: Path) -> None:
    inputs = '[{"name": "x", "topic": "no-such-topic", "source": "jira"}]'
    done = slamon("run", **settings(live, tmp_path, SLAMON_INPUTS=inputs))
    assert done.returncode == 1
    assert "input no-such-topic is missing" in done.stderr
    assert "Traceback" not in done.stderr
    assert "worker_crashed" not in done.stderr


async def test_a_wrong_number_of_partitions_stops_the_worker(live: Live, tmp_path: Path) -> None:
    await live.make_topics()
    done = slamon("run", **settings(live, tmp_path, SLAMON_PARTITIONS="8"))
    assert done.returncode == 1
    assert f"{live.prefix}tickets has {PARTITIONS}" in done.stderr


async def test_a_bad_policy_file_stops_the_first_start_with_every_problem(live: Live, tmp_path: Path) -> None:
    await live.make_topics()
    live.policies = live.policies.replace("target: 1h", "target: 1 hour").replace("{resolved:", "{resolvd:")
    done = slamon("run", **settings(live, tmp_path))
    assert done.returncode == 1
    lines = live.policies.splitlines()
    for broken in ("target: 1 hour", "resolvd"):
        number = next(n for n, line in enumerate(lines, 1) if broken in line)
        assert f"p.yaml:{number}: " in done.stderr
    assert "Traceback" not in done.stderr


async def test_no_policies_at_all_is_said(live: Live, tmp_path: Path) -> None:
    await live.make_topics()
    done = slamon("run", **settings(live, tmp_path, SLAMON_POLICIES="[]"))
    assert done.returncode == 1
    assert "slamon policy publish FILE" in done.stderr


def test_unknown_settings_are_listed_with_what_was_meant(live: Live, tmp_path: Path) -> None:
    done = slamon("run", **settings(live, tmp_path, SLAMON_PARTITION="8", SLAMON_LIMITS__RETENTION="soon"))
    assert done.returncode == 1
    assert "SLAMON_PARTITION" in done.stderr
    assert "did you mean 'SLAMON_PARTITIONS'?" in done.stderr
    assert "retention" in done.stderr


def test_the_configuration_can_be_shown_without_its_secrets(live: Live, tmp_path: Path) -> None:
    secret = {
        "SLAMON_SECURITY__PROTOCOL": "SASL_PLAINTEXT",
        "SLAMON_SECURITY__MECHANISM": "PLAIN",
        "SLAMON_SECURITY__USERNAME": "u",
        "SLAMON_SECURITY__PASSWORD": "hunter2",
    }
    done = slamon("run", "--print-config", **settings(live, tmp_path, **secret))
    assert done.returncode == 0
    assert "hunter2" not in done.stdout + done.stderr
    assert live.prefix in done.stdout


def test_an_unknown_source_of_an_input_is_named(live: Live, tmp_path: Path) -> None:
    inputs = '[{"name": "x", "topic": "x", "source": "servicenou"}]'
    done = slamon("run", **settings(live, tmp_path, SLAMON_INPUTS=inputs))
    assert done.returncode == 1
    assert "inputs[0] (x): source: expected one of" in done.stderr
    assert "Traceback" not in done.stderr


def test_looking_at_topics_without_a_broker_fails_as_doctor_does() -> None:
    done = slamon("topics", "check", "--bootstrap", "127.0.0.1:9")
    assert done.returncode == 2
    assert "slamon doctor --bootstrap 127.0.0.1:9" in done.stderr


def test_a_worker_takes_the_options_of_the_other_commands() -> None:
    done = slamon("run", "--print-config", "--bootstrap", "kafka-7:9092", "--partitions", "12")
    assert done.returncode == 0
    assert 'bootstrap: "kafka-7:9092"' in done.stdout
    assert "partitions: 12" in done.stdout
