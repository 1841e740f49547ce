"""Whatever comes in from outside is taken or refused in words of ours; a short run, `make fuzz` makes it long."""

import pytest

from tests.fuzz.mangle import Mangler
from tests.fuzz.run import run
from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_mangled_inputs_are_taken_or_refused(name: str) -> None:
    found = run(100 * TARGETS[name].share, 7, {name: TARGETS[name]})
    assert not found.told, "\n".join(found.told)


def test_a_finding_is_told_with_the_seed_that_makes_it_again() -> None:
    def trips(mangle: Mangler) -> None:
        if mangle.value({"a": "x"}) == {"a": []}:
            raise KeyError("tripped")

    found = run(900, 1, {"t": Target(trips)})
    assert 0 < found.wrong["t"] < 900
    seed = found.told[0].split("input ")[1].split(":\n")[0]
    with pytest.raises(KeyError):
        trips(Mangler(seed))


def test_an_input_that_costs_a_second_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.run.SLOW", 0.0)
    assert run(1, 1, {"t": Target(lambda mangle: None)}).wrong["t"] == 1


def test_the_same_seed_makes_the_same_input() -> None:
    good = {"a": [1, {"b": "x"}]}
    assert Mangler("1:t:5").value(good) == Mangler("1:t:5").value(good)
    assert Mangler("1:t:5").torn(b"abcdef") == Mangler("1:t:5").torn(b"abcdef")


def test_inputs_before_it_change_no_input() -> None:
    good = {"a": {"b": "x"}}
    first = [Mangler(f"1:t:{number}").value(good) for number in range(3000)]
    assert [Mangler(f"1:t:{number}").value(good) for number in range(3000)] == first
