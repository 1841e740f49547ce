"""`slamon test`: what it says of scenarios that hold, that do not, and that can not be read."""

from pathlib import Path

import pytest

from tests.cli.calling import call

GOOD = """\
title: Four hours
targets: {resolution: 4h}
timeline:
  - [2024-01-08 10:00, created]
expect:
  - [2024-01-08 14:00, breach, resolution]
"""


@pytest.fixture
def scenario(tmp_path: Path):
    def write(text: str, name: str = "one.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_scenario_that_holds_is_ok(scenario):
    path = scenario(GOOD)
    assert call("test", path) == (0, f"ok      {path}: Four hours\n1 passed, 0 failed\n", "")


def test_verbose_lists_the_facts(scenario):
    assert "    2024-01-08 14:00  breach  resolution\n" in call("test", "-v", scenario(GOOD)).out


def test_what_differs_is_listed_by_instant(scenario):
    path = scenario(GOOD.replace("14:00, breach, resolution", "15:00, breach, resolution"))
    assert call("test", path) == (
        1,
        (
            f"FAILED  {path}: Four hours\n"
            "  expected (-), got (+), otherwise (~)\n"
            "  + 2024-01-08 14:00  breach  resolution  T-1\n"
            "  - 2024-01-08 15:00  breach  resolution\n"
            "0 passed, 1 failed\n"
        ),
        "",
    )


def test_a_fact_that_says_something_else_shows_both(scenario):
    said = call("test", scenario(GOOD.replace("resolution]", "resolution, {stage: paused, elapsed: 3h}]")))
    assert "  ~ 2024-01-08 14:00  breach  resolution\n" in said.out
    assert "      stage: expected 'paused', got 'active'\n      elapsed: expected 3h, got 4h\n" in said.out


def test_a_fact_nobody_expected_fails_too(scenario):
    said = call(
        "test",
        scenario(GOOD.replace("  - [2024-01-08 14:00, breach, resolution]\n", "").replace("expect:", "expect: []")),
    )
    assert (said.code, "  + 2024-01-08 14:00  breach" in said.out) == (1, True)


def test_files_that_can_not_be_read_end_with_two_after_all_others_ran(scenario, tmp_path: Path):
    good, bad = scenario(GOOD), scenario(GOOD.replace("created", "creatd"), "two.yaml")
    said = call("test", bad, tmp_path / "none.yaml", good)
    assert said.code == 2
    assert said.out == (
        f"FAILED  {bad}\nFAILED  {tmp_path / 'none.yaml'}\nok      {good}: Four hours\n1 passed, 0 failed, 2 unreadable\n"
    )
    assert said.err == (
        f"{bad}:4: timeline[0]: expected an event or a state, got 'creatd' (did you mean 'created'?)\n"
        f"{tmp_path / 'none.yaml'}: expected a scenario file, got nothing there\n"
    )


def test_a_directory_is_searched_and_policy_files_in_it_are_left_alone(scenario, tmp_path: Path):
    scenario(GOOD, "deep/down/one.yml")
    scenario("apiVersion: slamon/v1\nkind: Calendar\n", "deep/policies.yaml")
    assert call("test", tmp_path).out.endswith("1 passed, 0 failed\n")


def test_a_directory_without_scenarios_is_not_a_success(tmp_path: Path):
    said = call("test", tmp_path)
    assert (said.code, said.err) == (2, f"slamon test: expected scenarios in {tmp_path}, got none\n")


def test_what_is_hidden_in_a_directory_is_not_looked_at(scenario, tmp_path):
    scenario(GOOD)
    scenario("nothing: of ours", ".venv/lib/other.yaml")
    assert call("test", tmp_path).out.endswith("1 passed, 0 failed\n")
