"""The short form of the harness: faults with fixed seeds, and mutants that it must find out (issue 5)."""

import os
import shutil

import pytest

from tests.broker.model import BrokerUnavailable
from tests.chaos.faults import SHORT, Wish
from tests.chaos.harness import Harness
from tests.chaos.mutants import MUTANTS, WISHES
from tests.chaos.table import closing, table, told

pytestmark = [
    pytest.mark.integration,
    pytest.mark.chaos,
    pytest.mark.skipif(
        not (shutil.which("java") and shutil.which("mvn")), reason="the harness kills its broker: it needs java and mvn"
    ),
]
AT_ONCE = int(os.environ.get("SLAMON_TEST_CHAOS_AT_ONCE", "4"))
SEED = 1


@pytest.mark.timeout(900)
async def test_no_fault_loses_invents_or_repeats_a_fact(capsys: pytest.CaptureFixture[str]) -> None:
    """Semantics 4.1 and 4.5, against the offline machine."""
    verdicts = await Harness(AT_ONCE).play([Wish(name, SEED) for name in SHORT])
    with capsys.disabled():
        print("", table(verdicts), closing(verdicts), sep="\n")
    assert [told(verdict) for verdict in verdicts if not verdict.good] == []
    assert len(verdicts) == len(SHORT)


@pytest.mark.timeout(900)
async def test_a_protocol_with_one_step_broken_is_found_out() -> None:
    """Each on the fault that needs the step; a harness that finds nothing here proves nothing above."""
    verdicts = await Harness(AT_ONCE).play(WISHES)
    found_out = {verdict.mutant for verdict in verdicts if verdict.found_out}
    # A kill may strike a unit that holds nothing to lose: two more seeds for whoever got away.
    again = [wish._replace(seed=seed) for wish in WISHES for seed in (2, 3) if wish.mutant not in found_out]
    if again:
        found_out |= {verdict.mutant for verdict in await Harness(AT_ONCE).play(again) if verdict.found_out}
    assert found_out == MUTANTS.keys()


def test_a_machine_without_java_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.chaos.broker import ChaosBroker

    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(BrokerUnavailable, match="no java"):
        ChaosBroker()
