"""A registry for each test."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.registry.serving import Served


@pytest_asyncio.fixture
async def served() -> AsyncIterator[Served]:
    found = await Served().start()
    yield found
    await found.stop()
