"""No setting that holds a secret is ever shown: each of them gets a marker, which is looked for everywhere.

The settings are found by their type, so that one that comes later is tested from its first day.
"""

import json
import traceback
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog
import yaml

from slamon.service import logs
from slamon.service.settings import Settings, SettingsError, load, print_config
from slamon.service.settings.schema import FIELDS, is_list, is_secret
from slamon.service.wiring import cluster_of, runtime_settings

MARKER = "marker-of-a-secret-5f1c09"
PLAIN = {"protocol": "SASL_PLAINTEXT", "mechanism": "PLAIN", "username": "ann", "password": MARKER}
BEARER = {"protocol": "SASL_PLAINTEXT", "mechanism": "OAUTHBEARER"}
AROUND: Mapping[tuple[str, ...], dict[str, Any]] = {
    ("security", "password"): {"security": PLAIN},
    ("security", "token"): {"security": BEARER | {"token": MARKER}},
    ("security", "client_secret"): {
        "security": BEARER | {"token_url": "https://a.example/t", "client_id": "c", "client_secret": MARKER}
    },
    ("security", "key_password"): {"security": {"protocol": "SSL", "key_password": MARKER}},
    ("access", "tokens"): {"access": {"tokens": [MARKER]}},
    ("inputs", "ingest", "secrets"): {
        "inputs": [{"name": "desk", "topic": "desk", "source": "canonical", "ingest": {"secrets": [MARKER]}}]
    },
}
SECRET = sorted(path for path, field in FIELDS.items() if is_secret(field))


def test_every_secret_setting_has_its_marker() -> None:
    assert set(SECRET) == set(AROUND), "a new secret setting: say here in which settings it can stand"


def loaded(path: tuple[str, ...], folder: Path) -> Any:
    file = folder / "slamon.yaml"
    file.write_text(yaml.safe_dump(AROUND[path]))
    return load(file, {})


def traced(settings: Settings) -> str:
    """The traceback of an error somewhere near the settings."""
    try:
        raise RuntimeError(f"tripped over {settings!r} and {cluster_of(settings)!r}")
    except RuntimeError:
        return traceback.format_exc()


@pytest.mark.parametrize("path", SECRET, ids=".".join)
def test_it_is_in_no_text_of_the_settings(path: tuple[str, ...], tmp_path: Path) -> None:
    found = loaded(path, tmp_path)
    settings = found.settings
    runtime = runtime_settings(settings)
    security = cluster_of(settings).client("x")
    shown = [
        print_config(found), repr(found), str(settings), f"{settings!r}", settings.model_dump_json(), repr(runtime),
        str(cluster_of(settings)), repr(security), str(list(security.values())), traced(settings),
    ]  # fmt: skip
    assert not [text for text in shown if MARKER in text]
    assert "***" in print_config(found)


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("path", SECRET, ids=".".join)
def test_it_is_in_no_line_of_the_log(path: tuple[str, ...], form: Any, tmp_path: Path) -> None:
    settings, out = loaded(path, tmp_path).settings, StringIO()
    logs.configure(form, "debug", out)
    log = structlog.get_logger("slamon.test")
    client = cluster_of(settings).client("x")
    log.info("settings_read", settings=settings, section=getattr(settings, path[0]), **client)
    log.info("settings_dumped", **{path[-1]: MARKER, "config": {path[-1]: MARKER}})
    try:
        raise RuntimeError(f"{path[-1]}={MARKER}")
    except RuntimeError:
        log.exception("tripped")
    assert "settings_read" in out.getvalue()
    assert MARKER not in out.getvalue()


@pytest.mark.parametrize("path", SECRET, ids=".".join)
def test_it_is_in_no_refusal_of_the_settings(path: tuple[str, ...], tmp_path: Path) -> None:
    """Of another setting, of itself in another type, of itself one level too high."""
    file = tmp_path / "slamon.yaml"
    good = json.dumps(AROUND[path])
    marked = json.dumps([MARKER]) if is_list(FIELDS[path]) else json.dumps(MARKER)
    bad = [
        {**AROUND[path], "partitions": 0},
        json.loads(good.replace(marked, json.dumps({"x": MARKER}))),
        json.loads(good.replace(marked, json.dumps([[MARKER]]))),
        {path[0]: MARKER},
        {path[0]: [MARKER]},
    ]
    for values in bad:
        file.write_text(yaml.safe_dump(values))
        with pytest.raises(SettingsError) as error:
            load(file, {})
        assert MARKER not in str(error.value), values
        assert MARKER not in "".join(traceback.format_exception(error.value)), values
