"""Settings become inputs of intake: the source of each says what it feeds, its mapping file how it is read."""

from pathlib import Path

import pytest

from slamon.runtime.errors import WorkerMustEnd
from slamon.service.settings import Settings
from slamon.service.wiring import feeds_of

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
