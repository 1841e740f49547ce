"""Asks a Prometheus what the dashboards would ask; ends with 1 where one would be empty.    .ci/panels.py URL"""

import json
import re
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

DASHBOARDS = Path(__file__).parents[1] / "deploy" / "grafana" / "dashboards"
# What Grafana puts in: four scrapes, a range, the target that is chosen; of every other choice, all.
GRAFANA = {"$__rate_interval": "20s", "$__range": "5m", "$__interval": "5s", "$target": "0.95"}


def expressions(dashboard: Path) -> Iterator[str]:
    """What its panels ask."""
    for panel in json.loads(dashboard.read_text())["panels"]:
        for target in panel.get("targets", []):
            text = target["expr"]
            for variable, value in GRAFANA.items():
                text = text.replace(variable, value)
            yield re.sub(r"\$[a-z]+", ".*", text)


def series(prometheus: str, expression: str) -> int:
    """How many the answer has."""
    query = urllib.parse.urlencode({"query": expression})
    with urllib.request.urlopen(f"{prometheus}/api/v1/query?{query}", timeout=10) as answer:
        return len(json.load(answer)["data"]["result"])


def main(prometheus: str) -> int:
    """The exit code: 1 where a fifth of a dashboard has none."""
    code = 0
    for dashboard in sorted(DASHBOARDS.glob("*.json")):
        found = [series(prometheus, each) > 0 for each in expressions(dashboard)]
        print(f"{dashboard.stem}: {sum(found)} of {len(found)} queries have data")
        if 5 * sum(found) < 4 * len(found):
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
