"""Every scenario in four ways that must lead to the same facts (semantics 4.1).

Streamed as it says; by the rules alone; restarted after every step, with a tick after every record; in other orders with
every record twice.
"""

from pathlib import Path

import pytest

from slamon.scenario import MODES, compare, read, run
from slamon.scenario.find import find

ROOT = Path(__file__).parents[1]
FILES = [path.relative_to(ROOT) for path in find([ROOT / "tests" / "scenarios", ROOT / "examples"])]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("path", FILES, ids=str)
def test_every_scenario_ends_with_the_facts_it_expects(path: Path, mode: str):
    scenario = read(ROOT / path)
    if mode != "stream" and scenario.arrival_decides:
        pytest.skip("records are refused here, which depends on the order of arrival")
    for outcome in run(scenario, mode):
        differences = compare(scenario, outcome)
        assert not differences, f"{path}, {mode}:\n" + "\n".join(map(str, differences))


def test_there_are_scenarios():
    assert FILES
