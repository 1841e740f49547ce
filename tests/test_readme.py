"""The README's commands are run and print what it says; its files and settings are good."""

import json
import re
import shlex
from fnmatch import fnmatchcase
from io import StringIO
from pathlib import Path

import pytest
import yaml

from slamon.cli import main
from slamon.service.settings import load
from tests.test_events_doc import is_part

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SAMPLE = ROOT.parent / "shared" / "data" / "servicenow-incidents-sample.csv.gz"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def said(words: list[str]) -> tuple[int, str]:
    out = StringIO()
    return main(words, out, out), out.getvalue()


def line_fits(line: str, printed: str) -> bool:
    """A line of the README may leave out a part as `...`."""
    pattern = line.replace("[", "[[]").replace("?", "[?]").replace("*", "[*]").replace("...", "*")
    return fnmatchcase(printed, pattern)


def fits(shown: list[str], printed: list[str]) -> bool:
    """Whether the lines shown are those printed, where a line `...` stands for any number of them."""
    if not shown:
        return not printed
    if shown[0] == "...":
        return any(fits(shown[1:], printed[skipped:]) for skipped in range(len(printed) + 1))
    return bool(printed) and line_fits(shown[0], printed[0]) and fits(shown[1:], printed[1:])


CONSOLE = blocks("console")


def test_there_are_commands_to_run() -> None:
    assert len(CONSOLE) >= 4


@pytest.mark.parametrize("block", CONSOLE, ids=[block.splitlines()[0] for block in CONSOLE])
def test_a_command_of_the_readme_prints_what_stands_below_it(block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    command, *shown = block.splitlines()
    prompt, program, *words = shlex.split(command)
    assert (prompt, program) == ("$", "slamon")
    code, printed = said(words)
    assert code == 0
    assert fits(shown, printed.splitlines()), printed


def test_output_that_is_not_printed_does_not_fit() -> None:
    assert not fits(["a", "...", "c"], ["a", "b"])
    assert not fits(["a"], ["a", "b"])
    assert fits(["a ...", "..."], ["a b", "c", "d"])


def test_the_example_above_the_fold_is_the_file_that_is_run() -> None:
    assert blocks("yaml")[0] in (ROOT / "examples" / "weekend.yaml").read_text()


def test_the_promise_of_a_service_is_the_one_of_the_file_that_is_replayed() -> None:
    assert blocks("yaml")[1] in (ROOT / "examples" / "outage" / "policies.yaml").read_text()
    (record,) = re.findall(r'`(\{"service".*?\})`', README)
    assert record in (ROOT / "examples" / "outage" / "uptime.ndjson").read_text().splitlines()


def test_the_breach_shown_is_part_of_the_one_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (shown,) = blocks("json")
    (command,) = (block.splitlines()[0] for block in CONSOLE if "outage" in block)
    code, printed = said([*shlex.split(command)[2:], "--json"])
    told = [json.loads(line) for line in printed.splitlines()]
    (breach,) = [fact for fact in told if fact["data"]["what"] == "breach"]
    assert (code, is_part(json.loads(shown), breach)) == (0, True)


def test_the_settings_shown_are_good_settings(tmp_path: Path) -> None:
    (shown,) = (block for block in blocks("yaml") if block.startswith("bootstrap:"))
    file = tmp_path / "slamon.yaml"
    file.write_text(shown)
    assert load(file, {}).settings.inputs[0].name == yaml.safe_load(shown)["inputs"][0]["name"]


@pytest.mark.skipif(not SAMPLE.exists(), reason="needs ../shared/data, the sample of the public ServiceNow log")
def test_the_agreement_named_in_the_readme_is_the_one_measured() -> None:
    (claimed,) = re.findall(r"`(agreement [^`]+)`", README)
    policies = ROOT / "examples" / "servicenow" / "policies.yaml"
    options = ["--source", "servicenow_log", "--where", "priority=3 - Moderate", "--compare", "made_sla"]
    code, printed = said(["replay", "--policies", str(policies), *options, str(SAMPLE)])
    assert (code, printed.splitlines()[-1]) == (0, claimed)
