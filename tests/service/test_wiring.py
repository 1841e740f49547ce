"""Settings become inputs of intake: the source of each says what it feeds, its mapping file how it is read."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from slamon.runtime.errors import WorkerMustEnd
from slamon.service.metrics import Metrics
from slamon.service.settings import Security, Settings
from slamon.service.wiring import certificate_end, feeds_of
from tests.service.certificates import chain
from tests.service.test_metrics import samples

INPUTS = [
    {"name": "desk", "topic": "desk", "source": "jira"},
    {"name": "probes", "topic": "probes", "source": "canonical_uptime"},
    {"name": "alerts", "topic": "alerts", "source": "alertmanager"},
]


def test_the_source_of_an_input_decides_whether_it_feeds_tickets_or_uptime() -> None:
    feeds = feeds_of(Settings.model_validate({"inputs": INPUTS}))
    assert [(feed.label, feed.role) for feed in feeds] == [
        ("desk", "tickets"),
        ("probes", "uptime"),
        ("alerts", "uptime"),
    ]


def test_a_mapping_file_configures_the_source_of_its_input(tmp_path: Path) -> None:
    path = tmp_path / "alerts.yaml"
    path.write_text("{states: {warning: degraded}}")
    (feed,) = feeds_of(Settings.model_validate({"inputs": [INPUTS[2] | {"mapping": str(path)}]}))
    assert feed.source.shows == {"up", "down", "degraded"}  # type: ignore[attr-defined]


def test_every_input_that_can_not_be_read_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "alerts.yaml"
    path.write_text("{ttl: soon}")
    wrong = [INPUTS[2] | {"mapping": str(path)}, INPUTS[0], INPUTS[1] | {"source": "uptime"}]
    with pytest.raises(WorkerMustEnd) as error:
        feeds_of(Settings.model_validate({"inputs": wrong}))
    first, second = str(error.value).splitlines()
    assert first.startswith(f"inputs[0] (alerts): {path}:1: ttl: expected a duration like")
    assert second.startswith("inputs[2] (probes): source: expected one of alertmanager, canonical, canonical_uptime")


@pytest.mark.parametrize("source", ["jira", "canonical_uptime"])
def test_a_mapping_beside_a_source_that_takes_none_is_refused_with_the_settings(source: str) -> None:
    wrong = INPUTS[0] | {"source": source, "mapping": "x.yaml"}
    with pytest.raises(ValueError, match="settings do not fit together"):
        Settings.model_validate({"inputs": [wrong]})


def security(file: Path) -> Security:
    return Security(protocol="SSL", cert_file=file, key_file=file)


def test_the_client_certificate_ends_with_the_first_of_its_chain(tmp_path: Path) -> None:
    file, soon, later = (
        tmp_path / "client.pem",
        datetime(2027, 1, 31, 23, 59, tzinfo=UTC),
        datetime(2036, 1, 1, tzinfo=UTC),
    )
    file.write_bytes(chain(later, soon))
    metrics = Metrics()
    assert samples(metrics, "slamon_certificate_end_timestamp_seconds") == {("kafka",): 0}
    metrics.on_certificate("kafka", certificate_end(security(file)))
    assert samples(metrics, "slamon_certificate_end_timestamp_seconds") == {("kafka",): soon.timestamp()}


def test_without_a_certificate_nothing_ends(tmp_path: Path) -> None:
    assert certificate_end(Security()) == 0


def test_a_certificate_that_nobody_can_read_is_told_and_ends_no_worker(tmp_path: Path) -> None:
    file = tmp_path / "client.pem"
    file.write_text("-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n")
    with capture_logs() as told:
        assert certificate_end(security(file)) == 0
    assert [line["event"] for line in told] == ["certificate_unread"]
