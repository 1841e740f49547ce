"""Fault points are for tests: nothing without the variable, loud with it, and never misread."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
import structlog

from slamon.runtime import faultpoints
from slamon.runtime.errors import WorkerMustEnd
from slamon.service.settings import load


@pytest.fixture(autouse=True)
def disarmed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(faultpoints, "_armed", None)
    yield
    faultpoints._reached.clear()


def test_without_the_variable_nothing_is_armed_and_nothing_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(faultpoints.VARIABLE, raising=False)
    assert not faultpoints.arm()
    faultpoints.reach("after_commit")
    assert not faultpoints._reached


def test_the_fault_happens_at_its_place_at_its_time_and_once() -> None:
    faultpoints.arm("after_commit:error:3")
    for _ in range(2):
        faultpoints.reach("after_commit")
        faultpoints.reach("before_ack")
    with pytest.raises(RuntimeError, match="at after_commit"):
        faultpoints.reach("after_commit")
    faultpoints.reach("after_commit")


def test_an_armed_worker_says_so_as_loudly_as_it_can() -> None:
    with structlog.testing.capture_logs() as logs:
        faultpoints.arm("before_ack:hang=0.01:1")
        faultpoints.reach("before_ack")
    assert [(line["event"], line["log_level"]) for line in logs] == [
        ("fault_points_armed", "critical"),
        ("fault_point_reached", "critical"),
    ]


@pytest.mark.parametrize("text", ["after_comit:kill", "after_commit:explode", "after_commit"])
def test_what_nobody_knows_ends_the_worker_with_a_sentence(text: str) -> None:
    with pytest.raises(WorkerMustEnd, match="PLACE:KIND"):
        faultpoints.arm(text)


def test_a_kill_is_sigkill() -> None:
    code = "from slamon.runtime import faultpoints as f; f.arm('fencing:kill'); f.reach('fencing')"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == -9


def test_the_settings_of_a_worker_know_that_the_variable_is_none_of_theirs() -> None:
    load(None, {faultpoints.VARIABLE: "after_commit:kill"})
