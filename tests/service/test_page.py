"""The files of the page: open to everybody since they hold no data, allowed to load nothing but each other."""

import re
from collections.abc import AsyncIterator

import aiohttp
import pytest_asyncio
from yarl import URL

from slamon.service.http import HEADERS, HttpServer
from slamon.service.http.shell import FOLDER, POLICY, shell
from slamon.service.metrics import Metrics
from slamon.service.settings import Access
from tests.service.told import Client, Worker

FILES = sorted(shell())


@pytest_asyncio.fixture
async def client(tmp_path) -> AsyncIterator[Client]:
    (tmp_path / "tokens").write_text("a-token-of-the-test-0123")
    server = HttpServer(Worker(), Metrics(), "127.0.0.1", 0, None, Access(token_files=[tmp_path / "tokens"]))
    await server.start()
    async with aiohttp.ClientSession() as session:
        yield Client(session, server.port)
    await server.stop()


async def test_every_file_is_there_without_a_token_with_a_policy_of_its_own(client):
    assert {"/", "/page/page.css", "/page/page.js"} <= set(FILES)
    for path in FILES:
        async with client.session.get(client.root + path) as response:
            assert response.status == 200, path
            told = {**HEADERS, "Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
            assert {name: response.headers[name] for name in told} == told
            assert response.charset == "utf-8"
            assert await response.text()


async def test_what_has_not_changed_is_not_sent_again(client):
    async with client.session.get(client.root + "/page/page.js") as response:
        tag = response.headers["ETag"]
    for given, status in ((tag, 304), ('"other"', 200)):
        async with client.session.get(client.root + "/page/page.js", headers={"If-None-Match": given}) as response:
            assert (response.status, response.headers["ETag"]) == (status, tag)
            assert response.headers["Content-Security-Policy"] == POLICY


async def test_nothing_else_of_the_folder_is_there(client):
    for path in ("/page/", "/page/index.html", "/page/../feed.py", "/page/%2e%2e/feed.py", "/index.html"):
        async with client.session.get(URL(client.root + path, encoded=True)) as response:
            assert response.status == 404, path


def test_the_page_loads_nothing_of_others_and_names_only_files_that_are_there():
    for path in FOLDER.iterdir():
        text = path.read_text()
        assert not re.search(r"""(?:src|href|url\(|from|import)\s*[=(]?\s*["'](?:https?:)?//""", text), path
        for name in re.findall(r"""(?:from |src=|href=)"((?:\./|/page/)[\w.]+)\"""", text):
            assert (FOLDER / name.rsplit("/", 1)[1]).is_file(), f"{path.name}: {name}"


def test_no_text_is_ever_read_as_html_or_code():
    words = (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "srcdoc",
        "style=",
    )
    for path in FOLDER.iterdir():
        assert [word for word in words if word in path.read_text()] == [], path.name
