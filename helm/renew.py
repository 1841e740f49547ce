# noqa: INP001  a script beside what it writes, not a package
"""What the chart holds of other places, made anew:   make chart

Helm reads only files inside the chart, so the rules and the dashboards are there a second time; tests hold them against the first.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import settings_schema
import yaml

from slamon.runtime.cluster import KafkaCluster
from slamon.runtime.grants import STRIMZI_KINDS, Grant, User, grants_of
from slamon.runtime.topic_specs import specs_of

ROOT = Path(__file__).parents[1]
CHART = Path(__file__).with_name("slamon")
SCHEMA = CHART / "values.schema.json"
RULES = ROOT / "deploy" / "prometheus" / "slamon.rules.yaml"
DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"


def topics() -> str:
    """The topics by role, as `slamon topics create` makes them."""
    made = [{"role": spec.role, "single": spec.single, "config": spec.all_configs()} for spec in specs_of(clocks=True)]
    return "# Made from slamon/runtime/topic_specs.py by `make chart`; do not edit.\n" + yaml.safe_dump(
        {"topics": made}, sort_keys=False
    )


def grants() -> str:
    """What the brokers must allow, as `slamon doctor --print-acls` says it; inputs are added where they are known."""
    found = {user: [_grant(*each) for each in _named(user)] for user in ("run", "notify")}
    found["clocks"] = [
        each for each in (_grant(*one) for one in _named("run", clocks=True)) if each not in found["run"]
    ]
    return "# Made from slamon/runtime/grants.py by `make chart`; do not edit.\n" + yaml.safe_dump(
        found, sort_keys=False
    )


def _named(user: User, *, clocks: bool = False) -> Iterator[tuple[Grant, str]]:
    cluster = KafkaCluster("kafka:9092", "P.")
    yield from ((grant, name) for grant in grants_of(user, cluster, clocks=clocks) for name in grant.names)


def _grant(grant: Grant, name: str) -> dict[str, Any]:
    """The name without what it begins with: the prefix, or the group, which is the prefix without its last dot."""
    begins = "prefix" if name.startswith("P.") else "group"
    return {
        "type": STRIMZI_KINDS[grant.kind],
        "begins": begins,
        "name": name.removeprefix("P." if begins == "prefix" else "P"),
        "patternType": "prefix" if grant.prefixed else "literal",
        "operations": list(grant.operations),
    }


def schema() -> str:
    """The schema of the values, with the settings as the code has them."""
    whole = json.loads(SCHEMA.read_text())
    whole["properties"]["settings"] = settings_schema.of_workers()
    whole["properties"]["notify"]["properties"]["settings"] = settings_schema.of_notify()
    return json.dumps(whole, indent=2) + "\n"


def files() -> Iterator[tuple[Path, str]]:
    """Every file and what must stand in it."""
    yield SCHEMA, schema()
    yield CHART / "files" / "topics.yaml", topics()
    yield CHART / "files" / "grants.yaml", grants()
    yield CHART / "files" / RULES.name, RULES.read_text()
    for board in sorted(DASHBOARDS.glob("*.json")):
        yield CHART / "files" / "dashboards" / board.name, board.read_text()


def stale() -> list[Path]:
    """What is not as it must be: differs, is missing, or belongs to nothing."""
    wanted = dict(files())
    different = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    there = (path for path in (CHART / "files").rglob("*") if path.is_file())
    return different + [path for path in there if path not in wanted]


if __name__ == "__main__":
    wanted = dict(files())
    for path in stale():
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path])
        else:
            path.unlink()
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
