"""One good file, one thing in it changed, and everything that is then said about it: the cases are in one_change*.yaml."""

from pathlib import Path

import pytest
import yaml

from tests.policy_file.writing import GOOD, SERVICES, changed, complaints

GOOD_FILES = {"one_change.yaml": GOOD, "one_change_services.yaml": SERVICES}
CASES = [
    (good, case)
    for name, good in GOOD_FILES.items()
    for case in yaml.safe_load(Path(__file__).with_name(name).read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("good", GOOD_FILES.values(), ids=GOOD_FILES)
def test_the_good_file_has_no_problem(tmp_path: Path, good: str) -> None:
    assert complaints(tmp_path, good) == []


@pytest.mark.parametrize(("good", "case"), CASES, ids=[case["to"].strip()[:60] for _, case in CASES])
def test_one_change_is_answered_with_place_expectation_value_and_way_out(
    tmp_path: Path, good: str, case: dict[str, list[str]]
) -> None:
    assert complaints(tmp_path, changed(case["change"], case["to"], good)) == case["says"]
