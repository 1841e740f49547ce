"""A port with the page, and pages of a real Chromium on it that must stay without an error."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from slamon.service.feed import Feed
from slamon.service.http import HttpServer
from slamon.service.metrics import Metrics
from slamon.service.settings import Access
from tests.page.desk import FACTS, Desk
from tests.service.test_feed import Source

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""
Opened = Callable[..., Awaitable[Any]]


@pytest_asyncio.fixture
async def chromium() -> AsyncIterator[Any]:
    playwright = pytest.importorskip(
        "playwright.async_api", reason="playwright is not installed: pip install playwright"
    )
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt install chromium")
    async with playwright.async_playwright() as running:
        browser = await running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def source() -> Source:
    source = Source()
    source.queue.put_nowait(FACTS)
    return source


@pytest_asyncio.fixture
async def server(desk: Desk, source: Source) -> AsyncIterator[HttpServer]:
    made = HttpServer(desk, Metrics(), "127.0.0.1", 0, feed=Feed(source.read))
    await made.start()
    yield made
    await made.stop()


@pytest_asyncio.fixture
async def guarded(desk: Desk, source: Source, tmp_path) -> AsyncIterator[HttpServer]:
    """The same behind a token."""
    (tmp_path / "tokens").write_text("a-token-of-the-test-0123")
    made = HttpServer(
        desk, Metrics(), "127.0.0.1", 0, None, Access(token_files=[tmp_path / "tokens"]), Feed(source.read)
    )
    await made.start()
    yield made
    await made.stop()


@pytest_asyncio.fixture
async def opened(chromium: Any) -> AsyncIterator[Opened]:
    """Opens a page with options of Playwright's; at the end none may have said an error or broken its policy."""
    pages: list[tuple[Any, list[str], tuple[str, ...]]] = []

    async def open_page(server: HttpServer, allowed: tuple[str, ...] = (), **options: Any) -> Any:
        told = {
            "viewport": {"width": 1280, "height": 900},
            "timezone_id": "Europe/Berlin",
            "locale": "en-GB",
            **options,
        }
        context = await chromium.new_context(**told)
        page = await context.new_page()
        page.set_default_timeout(8000)
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        await page.add_init_script(WATCH)
        await page.goto(f"http://127.0.0.1:{server.port}/")
        pages.append((page, said, allowed))
        return page

    yield open_page
    for page, said, allowed in pages:
        assert await page.evaluate("window.violations") == []
        assert [text for text in said if not any(word in text for word in allowed)] == []
        assert await page.evaluate("window.hit") is None  # a text of a ticket has run as code
