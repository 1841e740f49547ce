"""A replay in one go and a stream in the order of events lead to the very same records."""

from itertools import groupby

import pytest

from slamon.engine.subjects import Event
from slamon.offline.files import Bad, Files
from slamon.offline.intake import Intake
from slamon.offline.machine import Machine
from slamon.offline.replay import PATIENT, Replay
from slamon.offline.sources import source_of
from slamon.policy_file import load
from slamon.sla.policy import Activation, PolicyBook, PolicySet
from tests.cli.calling import POLICIES, ROOT, SAMPLE, TICKETS

NOW = 1_704_672_000_000
HOUR = 3_600_000
SERVICENOW = ROOT / "examples" / "servicenow" / "policies.yaml"
needs_sample = pytest.mark.skipif(not SAMPLE.is_file(), reason=f"{SAMPLE.name} is not beside the repository")


def fail(bad: Bad) -> None:
    pytest.fail(str(bad))


def replayed(policies: PolicySet, path: object, source: str) -> dict[str, bytes]:
    replay, intake = Replay(policies, None, fail), Intake(source_of(source, None), NOW)
    for row in Files([str(path)]).rows():
        replay.take(row, intake)
    replay.finish()
    return {one.value.split(b'"id":"', 1)[1][:32].decode(): one.value for one in replay.facts.left}


def streamed(policies: PolicySet, path: object, source: str) -> dict[str, bytes]:
    """The same records in their own order, with partition time passing every hour that has any."""
    intake = Intake(source_of(source, None), NOW)
    events: list[Event] = []
    for row in Files([str(path)]).rows():
        assert not isinstance(row, Bad)
        events += [record.event() for record in intake.take(row).records]
    machine = Machine(PolicyBook((Activation(0, policies),)), PATIENT)
    for hour, batch in groupby(sorted(events, key=lambda event: event.order), lambda event: event.at // HOUR):
        machine.tick(hour * HOUR)
        machine.deliver([(event, event.at) for event in batch], hour * HOUR, hour * HOUR)
    machine.tick(max(event.at for event in events) + 1)
    return {told.id: told.value for told in machine.world.standing()}


def test_the_tickets_of_the_tests_give_the_same_records_either_way():
    policies = load([POLICIES], NOW).policies
    assert replayed(policies, TICKETS, "canonical") == streamed(policies, TICKETS, "canonical") != {}


@needs_sample
def test_the_servicenow_sample_gives_the_same_records_either_way():
    policies = load([SERVICENOW], NOW).policies
    one, other = replayed(policies, SAMPLE, "servicenow_log"), streamed(policies, SAMPLE, "servicenow_log")
    assert one.keys() == other.keys()
    assert one == other
    assert len(one) > 2000
