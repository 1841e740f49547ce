"""The JSON Schema that editors use: current, valid, and in agreement with the loader on form."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from slamon.policy_file import json_schema
from slamon.policy_file.editors import text
from slamon.policy_file.schema import SHIPPED
from slamon.policy_file.yaml_documents import read
from tests.policy_file.writing import GOOD, SERVICES, changed, complaints

EXAMPLES = sorted(Path(__file__).parents[2].glob("examples/*/policies.yaml"))


def faults(content: str) -> list[Any]:
    """What the schema has against the documents of a file."""
    validator = Draft202012Validator(json_schema())
    return [
        error for document in read("p.yaml", content.encode())[0] for error in validator.iter_errors(document.value)
    ]


def test_the_shipped_schema_is_current() -> None:
    assert SHIPPED.read_text(encoding="utf-8") == text(), "run python -m slamon.policy_file.schema"


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())
    assert json.loads(text()) == json_schema()


def test_the_schema_tells_what_keys_mean() -> None:
    policy = json_schema()["$defs"]["TicketSLASpec"]["properties"]
    assert policy["rank"]["description"] == "Within a level: the lowest wins."
    assert policy["level"]["enum"] == ["corporate", "service", "customer"]


@pytest.mark.parametrize("example", EXAMPLES, ids=[path.parent.name for path in EXAMPLES])
def test_the_examples_fit_the_schema_and_name_it(example: Path) -> None:
    content = example.read_text(encoding="utf-8")
    assert faults(content) == []
    assert content.startswith("# yaml-language-server: $schema=../../slamon/policy_file/schema.json\n")


@pytest.mark.parametrize(
    "condition",
    ["Waiting", "[Waiting, null]", "{event: [created, public_reply], by: agent, public: true}", "{changed: [group]}",
     "{any: [{a: 1}, {not: {b: null}}], all: [{event: closed}]}", "{fields: {event: [fire]}}"],
)  # fmt: skip
def test_conditions_that_load_fit_the_schema(tmp_path: Path, condition: str) -> None:
    written = changed("first_response: {target: 30m}", f"first_response: {{target: 30m, start: {condition}}}")
    assert (complaints(tmp_path, written), faults(written)) == ([], [])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: Override", "kind: KPI"),
        ("rank: 10", "rnak: 10"),
        ("rank: 10", "rank: ten"),
        ("level: customer", "level: gold"),
        ("when: {customer: acme}", "when: [acme]"),
        ("when: {customer: acme}", "when: {customer: {name: acme}}"),
        ("first_response: {target: 30m}", "first_response: {target: 30m, start: {event: opened}}"),
        ("warn: [50%, 15m before]", "warn: [{severity: low}]"),
        ("  reason: A storm\n", ""),
    ],
)
def test_what_editors_underline_the_loader_refuses(tmp_path: Path, old: str, new: str) -> None:
    assert faults(changed(old, new)) != []
    assert complaints(tmp_path, changed(old, new)) != []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("period: month", "period: [month]"),
        ("degraded: 0.5", "degraded: 2"),
        ("burn_rates: standard", "burn_rates: standrad"),
        ("maintenance: {at_most: 8h, notice: 3d}", "maintenance: excluded"),
        ("stale_after: 3m", "no_data: none"),
        ("outages: {target: 3,", "outages: {target: 0,"),
        ("lasts: 2h", "length: 2h"),
    ],
)
def test_what_editors_underline_of_services_the_loader_refuses(tmp_path: Path, old: str, new: str) -> None:
    assert faults(changed(old, new, SERVICES)) != []
    assert complaints(tmp_path, changed(old, new, SERVICES)) != []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("period: month", "period: Q"),
        ("maintenance: {at_most: 8h, notice: 3d}", "maintenance: count_up"),
        ("services: [checkout, search]", "services: checkout"),
        ("target: 99.95%}", "target: 99.95%, burn_rates: [standard, {factor: 2, long: 2d, short: 1h}]}"),
        ("period: year, target: 99.95%", "period: {rolling: 30d}, target: 99.95%"),
    ],
)
def test_what_loads_of_services_fits_the_schema(tmp_path: Path, old: str, new: str) -> None:
    written = changed(old, new, SERVICES).replace("{at_most: 8h, notice: 3d}", "{notice: 3d}")
    assert (complaints(tmp_path, written), faults(written)) == ([], [])


@pytest.mark.parametrize("good", [GOOD, SERVICES])
def test_the_good_files_fit_the_schema(good: str) -> None:
    assert faults(good) == []
