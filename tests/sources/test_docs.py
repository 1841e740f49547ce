"""docs/sources.md says what the sources are."""

import re
from pathlib import Path

import pytest
import yaml

from slamon.sla import canonical
from slamon.sources import SIGNALS, SOURCES, custom, tables

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs/sources.md").read_text()
HINT = "run `python -m slamon.sources.tables` and paste the table"


@pytest.mark.parametrize("name", ["objectives", "signals", "record_ids"])
def test_the_tables_are_those_of_the_sources(name: str) -> None:
    found = re.search(rf"<!-- {name}: .*? -->\n(.*?)\n?<!-- /{name} -->", DOCS, re.DOTALL)
    assert found is not None
    assert found[1] == getattr(tables, name)(), HINT


def test_the_tables_show_every_signal() -> None:
    assert all(f" {signal} |" in tables.signals().splitlines()[0] for signal in SIGNALS)


@pytest.mark.parametrize("name", [*SOURCES, "custom"])
def test_every_source_is_described(name: str) -> None:
    assert f"\n## {name}\n" in DOCS or f"- `{name}` " in DOCS


def test_the_mapping_in_the_docs_works() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL)
    assert custom.load(yaml.safe_load(text)).name == "helpdesk"


def test_the_record_in_the_docs_is_one() -> None:
    (text,) = re.findall(r"```json\n(.*?)```", DOCS, re.DOTALL)
    assert canonical.parse(yaml.safe_load(text)).ticket == "T-1"


def test_the_files_that_the_docs_name_are_there() -> None:
    assert all((ROOT / "docs" / path).exists() for path in re.findall(r"\]\((schema/[^)#]+)\)", DOCS))
