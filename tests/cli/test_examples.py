"""What the README and the examples show is what the commands really print."""

import re
import shlex

import pytest

from tests.cli.calling import POLICIES, ROOT, call

WEEKEND = """\
ok      examples/weekend.yaml: A ticket paused on Friday breaches on Monday, three working hours after it resumes
    2024-01-08 12:00  warning  resolution 75%
    2024-01-08 13:00  breach  resolution
    2024-01-08 14:30  missed  resolution
1 passed, 0 failed
"""


def test_the_weekend_of_the_readme(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    assert call("test", "-v", "examples/weekend.yaml") == (0, WEEKEND, "")


def _shown() -> list[tuple[str, str]]:
    """Each `$ slamon test|check|replay|explain ...` of the README with the output it shows."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    blocks = re.findall(r"```(?:console|text|sh)?\n(\$ slamon (?:test|check|replay|explain) .*?)```", text, re.DOTALL)
    return [(block.split("\n", 1)[0].removeprefix("$ slamon "), block.split("\n", 1)[1]) for block in blocks]


def _pattern(output: str) -> str:
    """The output as a pattern: a line of three dots stands for any lines, dots in a line for any text."""
    lines = (re.escape(line).replace(re.escape("..."), ".*?") for line in output.splitlines())
    return "".join("(.*\n)*?" if line == ".*?" else f"{line}\n" for line in lines)


@pytest.mark.parametrize(("command", "output"), _shown(), ids=lambda text: text.split("\n", 1)[0][:40])
def test_the_readme_shows_what_is_printed(command: str, output: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    said = call(*shlex.split(command))
    assert re.fullmatch(_pattern(output), said.out), said.out


def test_the_example_scenarios_hold_in_all_ways():
    said = call("test", "--thorough", ROOT / "examples")
    assert said.code == 0, said.out
    assert said.out.endswith("5 passed, 0 failed\n")


@pytest.mark.parametrize("name", ["quickstart", "servicenow"])
def test_the_example_policies_are_free_of_problems(name: str):
    said = call("check", ROOT / "examples" / name / "policies.yaml")
    assert (said.code, said.err) == (0, "")
    assert "no problems" in said.out


def test_the_quickstart_tickets_are_understood_one_and_all():
    said = call("replay", "--strict", "--policies", POLICIES, POLICIES.with_name("tickets.ndjson"))
    assert (said.code, said.err) == (0, "")
    assert "breaches" in said.out
