"""Mapping files of uptime sources: everything that is wrong is told at once, with place, expectation and hint."""

from pathlib import Path

import pytest

from slamon.offline.sources import BadSource, source_of
from slamon.sources import SOURCES
from slamon.sources.custom_parts import MappingError
from tests.sources.payloads import configured


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(MappingError) as error:
        configured(
            "alertmanager",
            """
            service: []
            services: {a: 1, b: ""}
            severity: [a, b]
            states: {warning: degradd}
            otherwise: x
            ttl: 90
            fields: [service]
            labels: [a]
            """,
        )
    known = "expected one of up, degraded, down, maintenance, unknown, ignore"
    assert str(error.value).splitlines() == [
        "mapping: expected only known keys, got 'labels' (known: fields, otherwise, service, services, severity, states, ttl)",
        "service: expected a list of 1 to 16 labels, got a list of 0",
        "services.a: expected a text of 1 to 256 characters, got 1",
        "services.b: expected a text of 1 to 256 characters, got ''",
        "severity: expected a label, got a list of 2",
        f"states.warning: {known}, got 'degradd' (did you mean 'degraded'?)",
        f"otherwise: {known}, got 'x' (known: degraded, down, ignore, maintenance, unknown, up)",
        "ttl: expected a duration like '4h', '30m' or '1h30m', got 90 (add a unit: '90s', m, h, d or w)",
        "fields: expected other names, got 'service' (conditions see the id of the service under this name)",
    ]


@pytest.mark.parametrize(
    ("source", "mapping", "message"),
    [
        ("gatus", "[]", "mapping: expected a mapping with some of services, ttl, got a list of 0"),
        ("gatus", "{services: []}", "services: expected a mapping of the tool's names to services, of at most 10000, got a list of 0"),
        ("gatus", "{ttl: 400d}", "ttl: expected a span above 0 and of at most 366 days, got '400d'"),
        ("statuspage", "{states: {major_outge: down}}", "states: expected only known keys, got 'major_outge' (did you mean 'major_outage'?)"),
        ("uptime_kuma", "{service: x}", "mapping: expected only known keys, got 'service' (did you mean 'services'?)"),
    ],
)  # fmt: skip
def test_a_source_knows_its_own_keys_and_words(source: str, mapping: str, message: str) -> None:
    with pytest.raises(MappingError) as error:
        configured(source, mapping)
    assert str(error.value) == message


def test_a_key_without_value_leaves_what_is_usual() -> None:
    assert configured("prometheus", "{ttl: , service: }").shows == SOURCES["prometheus"].shows


def test_a_mapping_file_configures_a_source_and_its_problems_have_lines(tmp_path: Path) -> None:
    path = tmp_path / "alerts.yaml"
    path.write_text("service: app\nttl: soon\n")
    with pytest.raises(BadSource) as error:
        source_of("alertmanager", path)
    assert str(error.value).startswith(f"{path}:2: ttl: expected a duration like")
    path.write_text("service: app\nservices:\n  Old: null\n")
    assert source_of("alertmanager", path).name == "alertmanager"


def test_a_source_that_takes_no_mapping_says_which_do(tmp_path: Path) -> None:
    with pytest.raises(BadSource) as error:
        source_of("jira", tmp_path / "x.yaml")
    assert str(error.value) == (
        f"mapping: expected nothing for source 'jira', got {tmp_path}/x.yaml "
        "(alertmanager, custom, gatus, prometheus, statuspage, uptime_kuma take one)"
    )
