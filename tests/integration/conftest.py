"""A Kafka that lets nobody in without papers, one for each file of tests that asks for it."""

from collections.abc import Iterator

import pytest

from tests.integration.secured_kafka import Secured, secured_kafka


@pytest.fixture(scope="module")
def secured() -> Iterator[Secured]:
    with secured_kafka() as broker:
        yield broker
