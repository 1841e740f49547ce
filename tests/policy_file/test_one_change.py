"""One good file, one thing in it changed, and everything that is then said about it: the cases are in one_change.yaml."""

from pathlib import Path

import pytest
import yaml

from tests.policy_file.writing import GOOD, changed, complaints

CASES = yaml.safe_load(Path(__file__).with_name("one_change.yaml").read_text(encoding="utf-8"))


def test_the_good_file_has_no_problem(tmp_path: Path) -> None:
    assert complaints(tmp_path, GOOD) == []


@pytest.mark.parametrize("case", CASES, ids=[case["to"].strip()[:60] for case in CASES])
def test_one_change_is_answered_with_place_expectation_value_and_way_out(
    tmp_path: Path, case: dict[str, list[str]]
) -> None:
    assert complaints(tmp_path, changed(case["change"], case["to"])) == case["says"]
