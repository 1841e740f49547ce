"""docs/quickstart-kubernetes.md, step by step as far as it goes without a cluster: what helm would install, and that what is named is there."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from slamon import policy_file
from slamon.commands.parser import Parser
from slamon.commands.simulate import add_arguments
from tests.deploy.test_chart import HELMS, ROOT

PAGE = (ROOT / "docs" / "quickstart-kubernetes.md").read_text()
SHELL = "\n".join(re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
FILES = dict(re.findall(r"^cat >(\S+) <<'END'\n(.*?)^END$", SHELL, re.MULTILINE | re.DOTALL))
COMMANDS = [
    shlex.split(line, comments=True)
    for line in re.sub(r"^cat >.*?^END$", "", SHELL, flags=re.MULTILINE | re.DOTALL).replace("\\\n", " ").splitlines()
]
HELM = [words for words in COMMANDS if words[:2] in (["helm", "install"], ["helm", "upgrade"])]
VALUES = ROOT / "deploy" / "kubernetes" / "quickstart-values.yaml"


def rendered(words: list[str], folder: Path) -> list[dict[str, Any]]:
    """What the command would send to the cluster."""
    for name, text in FILES.items():
        (folder / name).write_text(text)
    arguments = [
        str(folder / word) if word in FILES else str(ROOT / word) if "/" in word else word for word in words[2:]
    ]
    ran = subprocess.run([HELMS[0], "template", *arguments], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return [each for each in yaml.safe_load_all(ran.stdout) if each]


@pytest.mark.skipif(not HELMS, reason="helm is not here (.ci/helm brings it)")
@pytest.mark.parametrize("words", HELM, ids=[" ".join(words) for words in HELM])
def test_helm_takes_every_step_and_every_secret_was_made_before(words: list[str], tmp_path: Path) -> None:
    objects = rendered(words, tmp_path)
    made = {
        words[4]: {each.split("=")[1] for each in words if each.startswith("--from-literal=")} for words in secrets()
    }
    for each in objects:
        for volume in each.get("spec", {}).get("template", {}).get("spec", {}).get("volumes", []):
            if "secret" in volume:
                assert volume["secret"]["secretName"] in made
    text = yaml.safe_dump_all(objects)
    for folder, secret in (("access", "slamon-api"), ("notify", "slamon-notify")):
        assert set(re.findall(rf"/etc/slamon/{folder}/([\w.-]+)", text)) <= made[secret]


def secrets() -> list[list[str]]:
    return [words for words in COMMANDS if words[:4] == ["kubectl", "create", "secret", "generic"]]


@pytest.mark.skipif(not HELMS, reason="helm is not here (.ci/helm brings it)")
def test_what_kubectl_is_asked_for_is_what_helm_installs(tmp_path: Path) -> None:
    there = {
        f"{each['kind'].lower()}/{each['metadata']['name']}" for words in HELM for each in rendered(words, tmp_path)
    }
    asked = {
        word for words in COMMANDS if words[:1] == ["kubectl"] for word in words if re.match(r"(statefulset|deployment|service)/", word)
    }  # fmt: skip
    assert asked == {"statefulset/slamon", "service/slamon", "deployment/slamon-notify"}
    assert asked <= there


def test_the_promises_have_no_problem(tmp_path: Path) -> None:
    for name, text in yaml.safe_load(VALUES.read_text())["policies"]["files"].items():
        (tmp_path / name).write_text(text)
    assert policy_file.load([tmp_path], 1_700_000_000_000).policies.version


def test_slamon_talks_to_the_kafka_that_is_made() -> None:
    (kafka,) = (
        each for each in yaml.safe_load_all((VALUES.parent / "kafka.yaml").read_text()) if each["kind"] == "Kafka"
    )
    values = yaml.safe_load(VALUES.read_text())
    assert values["strimzi"]["cluster"] == kafka["metadata"]["name"]
    ports = {
        f"{kafka['metadata']['name']}-kafka-bootstrap:{each['port']}" for each in kafka["spec"]["kafka"]["listeners"]
    }
    assert values["settings"]["bootstrap"] in ports
    assert f"--env=SLAMON_BOOTSTRAP={values['settings']['bootstrap']}" in shlex.split(SHELL.replace("'", ""))


def test_the_load_is_a_command_of_slamon() -> None:
    (words,) = (words for words in COMMANDS if words[:2] == ["kubectl", "run"])
    parser = Parser("slamon simulate", "", None, None)  # type: ignore[arg-type]
    add_arguments(parser)
    assert words[words.index("--") + 1] == "simulate"
    assert parser.parse_args(words[words.index("--") + 2 :]).services == 3
