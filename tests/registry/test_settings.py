"""The `registry` part of an input: what it may say, and that nothing of its credentials is shown."""

import builtins
import json
from pathlib import Path
from typing import Any

import pytest

from slamon.registry.opener import Opener
from slamon.runtime.errors import WorkerMustEnd
from slamon.service.settings import load, print_config
from slamon.service.wiring import feeds_of
from tests.service.test_settings import refused

URL = "https://registry.example.com/base"


def with_registry(**registry: object) -> dict[str, str]:
    one = {"name": "rows", "topic": "rows", "source": "servicenow", "registry": registry}
    return {"SLAMON_INPUTS": json.dumps([one])}


def test_an_input_with_a_registry_opens_what_was_written_through_it_and_others_do_not(tmp_path: Path) -> None:
    (tmp_path / "user").write_text("me:a-password\n")
    loaded = load(None, with_registry(url=URL, user_file=str(tmp_path / "user"), timeout="2s"))
    (feed,) = feeds_of(loaded.settings)
    assert isinstance(feed.opener, Opener)
    assert "a-password" not in print_config(loaded) + repr(loaded) + repr(feed)
    (plain,) = feeds_of(load(None, {"SLAMON_INPUTS": "[{name: a, topic: t, source: jira}]"}).settings)
    assert plain.opener is None


@pytest.mark.parametrize(
    ("registry", "problem"),
    [
        ({}, "registry.url: expected a value, got nothing"),
        ({"url": "registry:8081"}, "registry.url: expected"),
        ({"url": "https://me:secret-of-mine@registry"}, "registry.url: expected"),
        ({"url": URL, "token_file": "/nowhere"}, "registry.token_file: expected a readable file, got '/nowhere'"),
        ({"url": "http://r", "ca_file": __file__}, "registry.ca_file: expected nothing without https"),
        ({"url": URL, "token_file": __file__, "user_file": __file__}, "registry.token_file: expected either user_file or token_file"),
        ({"url": URL, "format": "avro"}, "registry.format: "),
    ],
)  # fmt: skip
def test_a_registry_that_can_not_be_meant_is_refused(registry: dict[str, Any], problem: str) -> None:
    (found,) = refused(with_registry(**registry))
    assert found.startswith(f"SLAMON_INPUTS: inputs[0].{problem}"), found
    assert "secret-of-mine" not in found


def test_without_the_extra_a_registry_is_refused_with_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name == "slamon.registry.opener":
            raise ModuleNotFoundError("No module named 'fastavro'", name="fastavro")
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(
        WorkerMustEnd,
        match=r"inputs\[0\].registry \(rows\): .* got no fastavro \(hint: pip install 'slamon\[registry\]'\)",
    ):
        feeds_of(load(None, with_registry(url=URL)).settings)
