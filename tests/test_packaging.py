"""What is shipped agrees with what the code says: pins, settings, variables, policies, versions."""

import json
import re
import runpy
import tomllib
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from packaging.requirements import Requirement

from slamon import __version__, policy_file
from slamon.runtime import pins
from slamon.service.settings import environment, load
from slamon.service.settings.schema import FIELDS
from tests.broker.container import IMAGE

ROOT = Path(__file__).parents[1]
CHART = ROOT / "helm" / "slamon"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NOW = 1_700_000_000_000
SET_BY_THE_CHART = runpy.run_path(str(ROOT / "helm" / "settings_schema.py"))["SET_BY_THE_CHART"]
VARIABLE = re.compile(r"\bSLAMON_[A-Z_]+\b")


def text(*parts: str) -> str:
    return ROOT.joinpath(*parts).read_text()


def chart_schema() -> dict[str, Any]:
    return json.loads(text("helm", "slamon", "values.schema.json"))


def merged(lower: Any, upper: Any) -> Any:
    """As helm lays a values file over the chart's own."""
    if not (isinstance(lower, dict) and isinstance(upper, dict)):
        return upper
    return {key: merged(lower.get(key), upper[key]) if key in upper else lower[key] for key in lower | upper}


def values_with(name: str) -> dict[str, Any]:
    return merged(
        yaml.safe_load(text("helm", "slamon", "values.yaml")), yaml.safe_load((CHART / "ci" / name).read_text())
    )


def test_every_dependency_has_an_upper_bound() -> None:
    runtime = [Requirement(line) for line in PROJECT["dependencies"]]
    unbounded = [each.name for each in runtime if not re.search(r"<|==", str(each.specifier))]
    assert unbounded == ["tzdata"]  # its newest is always the right one


def test_what_slamon_reaches_into_is_pinned_to_the_versions_it_was_read_in() -> None:
    exact = {
        each.name: str(each.specifier).removeprefix("==")
        for each in map(Requirement, PROJECT["dependencies"])
        if str(each.specifier).startswith("==")
    }
    assert dict(pins.VERSIONS).items() <= exact.items()
    assert exact.keys() == {"faust-streaming", "mode-streaming", "aiokafka", "rocksdict"}


def test_the_installed_package_asks_for_what_the_project_file_says() -> None:
    try:
        installed = requires("slamon") or []
    except ModuleNotFoundError:
        pytest.skip("slamon is not installed here, only on the path")
    plain = {Requirement(line).name for line in installed if "extra ==" not in line}
    assert plain == {Requirement(line).name for line in PROJECT["dependencies"]}


def test_the_chart_is_of_the_version_of_the_package() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (chart["appVersion"], chart["version"]) == (__version__, __version__)


def setting_paths(schema: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, below in schema.get("properties", {}).items():
        yield (*above, name)
        yield from setting_paths(below.get("items", below), (*above, name))


def test_the_chart_takes_the_settings_of_a_worker_and_no_others() -> None:
    known = {path for path in FIELDS if path[0] not in SET_BY_THE_CHART}
    assert set(setting_paths(chart_schema()["properties"]["settings"])) == known


def test_the_chart_takes_the_settings_of_the_notifier_and_no_others() -> None:
    known = {path[1:] for path in FIELDS if path[0] == "notify" and len(path) > 1} - {("http_host",), ("http_port",)}
    assert set(setting_paths(chart_schema()["properties"]["notify"]["properties"]["settings"])) == known


@pytest.mark.parametrize("schema", [chart_schema()], ids=["values.schema.json"])
def test_the_chart_refuses_unknown_values_at_every_level(schema: dict[str, Any]) -> None:
    def open_objects(part: Any, path: str) -> Iterator[str]:
        if isinstance(part, dict):
            if "properties" in part and part.get("additionalProperties") is not False:
                yield path
            for key, below in part.items():
                yield from open_objects(below, f"{path}.{key}")

    assert list(open_objects(schema, "")) == []


@pytest.mark.parametrize("name", sorted(path.name for path in (CHART / "ci").glob("*-values.yaml")))
def test_the_values_that_ci_renders_fit_the_schema_and_are_good_settings(name: str, tmp_path: Path) -> None:
    values = values_with(name)
    jsonschema.validate(values, chart_schema())
    file = tmp_path / "slamon.yaml"
    file.write_text(yaml.safe_dump(values["settings"]))
    if not any(
        {"ingest", "registry"} & one.keys() for one in values["settings"].get("inputs", [])
    ):  # their files are no test's
        assert load(file, {}).settings.bootstrap == values["settings"]["bootstrap"]


@pytest.mark.parametrize(
    "file",
    [
        "Dockerfile",
        "deploy/compose.yaml",
        "helm/slamon/templates/statefulset.yaml",
        "helm/slamon/templates/topics.yaml",
        "helm/slamon/templates/_secrets.tpl",
        "helm/slamon/templates/notify.yaml",
    ],
)
def test_every_variable_that_is_set_in_a_deployment_is_one_the_worker_reads(file: str) -> None:
    for_compose = {"SLAMON_IMAGE", "SLAMON_POLICY_FOLDER"}
    named = set(VARIABLE.findall(text(file))) - for_compose
    assert named
    assert named - {"SLAMON_CONFIG"} <= set(environment.VARIABLES)


def test_compose_starts_the_kafka_that_the_tests_ran_against() -> None:
    services = yaml.safe_load(text("deploy", "compose.yaml"))["services"]
    assert services["kafka"]["image"] == f"docker.io/{IMAGE}"


def test_the_policies_that_are_shipped_have_no_problem(tmp_path: Path) -> None:
    (tmp_path / "support.yaml").write_text(values_with("one-file-values.yaml")["policies"]["files"]["support.yaml"])
    for folder in (ROOT / "deploy" / "policies", tmp_path):
        assert policy_file.load([folder], NOW).policies.version
