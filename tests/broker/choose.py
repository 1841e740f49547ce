"""Which kind of broker a run gets: the first that is there, or the one that was asked for."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.broker import container, embedded, maven
from tests.broker.model import Broker, BrokerUnavailable
from tests.broker.will import Will


def given(_: Will) -> Broker:
    """The broker that the environment names; whoever names one vouches for it."""
    bootstrap = os.environ.get("SLAMON_TEST_BOOTSTRAP")
    if not bootstrap:
        raise BrokerUnavailable("SLAMON_TEST_BOOTSTRAP is not set")
    return Broker(bootstrap, "given", "SLAMON_TEST_BOOTSTRAP", real=True)


KINDS: dict[str, Callable[[Will], Broker]] = {
    "given": given,
    "docker": container.start,
    "maven": maven.start,
    "embedded": embedded.start,
}


def wanted_kinds() -> list[str]:
    """The kinds to try, best first; one alone when it is forced."""
    forced = os.environ.get("SLAMON_TEST_BROKER")
    if forced and forced not in KINDS:
        raise BrokerUnavailable(f"SLAMON_TEST_BROKER: expected one of {', '.join(KINDS)}, got {forced!r}")
    return [forced] if forced else list(KINDS)


def first_that_starts(will: Will, passed_over: list[str]) -> Broker:
    for kind in wanted_kinds():
        try:
            return KINDS[kind](will)
        except BrokerUnavailable as why:
            passed_over.append(f"{kind}: {why}")
    raise BrokerUnavailable("no broker for the tests:\n  " + "\n  ".join(passed_over))


@contextmanager
def chosen_broker(passed_over: list[str] | None = None) -> Iterator[Broker]:
    """A running broker, gone afterwards; `passed_over` collects why a better kind was not taken."""
    will = Will()
    try:
        yield first_that_starts(will, [] if passed_over is None else passed_over)
    finally:
        will.execute()
