"""docs/openapi.json is what the code says, is OpenAPI, and names what the server has."""

import json
import re
from pathlib import Path

import aiohttp
import jsonschema
import pytest
from openapi_spec_validator import validate

from slamon.policy_file import load
from slamon.service.due import LOOK_SECONDS, MAX_HEADS
from slamon.service.feed import KEPT, MAX_VIEWERS, MAX_WAITING
from slamon.service.http import MAX_AT_ONCE, HttpServer
from slamon.service.http.asked import BAD, MAX_ID, MAX_LISTED, USUAL_LISTED
from slamon.service.http.events import LOOK_EVERY, WORD_EVERY, WRITE_SECONDS
from slamon.service.http.openapi import DOCUMENT, PATHS
from slamon.service.http.peers import MAX_BYTES, SECONDS
from slamon.service.http.reading import UNKNOWN
from slamon.service.metrics import Metrics
from slamon.service.status import Published
from tests.service.told import NOW, Client, Worker

ROOT = Path(__file__).parents[2]
POLICIES = ROOT / "examples" / "quickstart" / "policies.yaml"


def test_the_document_in_the_docs_is_current():
    assert json.loads((ROOT / "docs" / "openapi.json").read_text()) == DOCUMENT, (
        "python -m slamon.service.http > docs/openapi.json"
    )


def test_it_is_openapi():
    validate(json.loads(json.dumps(DOCUMENT)))


def test_every_path_stands_in_the_docs_and_no_other():
    page = (ROOT / "docs" / "http.md").read_text()
    told = {path.split("?")[0] for path in re.findall(r"^\| `/api/v1(/[^`]*)`", page, re.MULTILINE)}
    assert told - {"/..."} == set(PATHS)


def test_every_word_of_a_refusal_stands_in_the_docs():
    page = (ROOT / "docs" / "http.md").read_text()
    sources = [path.read_text() for path in (ROOT / "slamon" / "service" / "http").glob("*.py")]
    words = {word for text in sources for word in re.findall(r'Problem\(\s*\d{3},\s*"(\w+)"', text)}
    words |= {*BAD.values(), *UNKNOWN.values()}
    assert len(words) > 15
    assert [word for word in sorted(words) if f"`{word}`" not in page] == []


@pytest.mark.parametrize(
    "said",
    [
        f"more than {MAX_HEADS:,} tickets and services",
        f"its share of {LOOK_SECONDS} s",
        f"no answer within {SECONDS:.0f} s",
        f"wait {SECONDS:.0f} s, read {MAX_BYTES >> 20} MiB at most",
        f"longer than {MAX_ID} characters",
        f"more than {MAX_AT_ONCE} requests at once",
        f"more than {MAX_VIEWERS} viewers",
        f"At most {MAX_VIEWERS} watch one worker",
        f"It keeps the last {KEPT}",
        f"{MAX_WAITING} facts wait, or a write takes {WRITE_SECONDS:.0f} s",
        f"looked at every {LOOK_EVERY:.0f} s",
        f"about every {WORD_EVERY:.0f} s",
        f"{USUAL_LISTED} unless you say 1 to {MAX_LISTED}",
    ],
)
def test_a_number_in_the_docs_is_the_one_in_the_code(said):
    assert said in (ROOT / "docs" / "http.md").read_text()


@pytest.mark.parametrize("path", [path for path, one in PATHS.items() if "{" not in path and not one.stream])
async def test_every_path_is_there(path):
    worker = Worker()
    loaded = load([POLICIES], NOW)
    worker.published = Published(loaded.policies, loaded.text)
    server = HttpServer(worker, Metrics(), "127.0.0.1", 0)
    await server.start()
    async with aiohttp.ClientSession() as session:
        assert (await Client(session, server.port).get(f"/api/v1{path}"))[0] == 200
    await server.stop()


async def test_the_policies_in_force_are_told_each_with_its_text_and_in_words():
    worker = Worker()
    loaded = load([POLICIES], NOW)
    worker.published = Published(loaded.policies, loaded.text, NOW - 1000, "next", NOW + 10_000)
    server = HttpServer(worker, Metrics(), "127.0.0.1", 0)
    await server.start()
    async with aiohttp.ClientSession() as session:
        client = Client(session, server.port)
        _, every = await client.get("/api/v1/policies")
        status, gold = await client.get("/api/v1/policies/gold")
        unknown, refused = await client.get("/api/v1/policies/silver")
    await server.stop()
    assert (every["version"], every["since"]) == (loaded.policies.version, "2024-01-05T11:44:59Z")
    assert every["following"] == {"version": "next", "since": "2024-01-05T11:45:10Z"}
    assert [(one["name"], one["customer"]) for one in every["policies"]] == [
        ("everybody", "Acme Ltd"), ("gold", "Acme Ltd"), ("no-tests", None),
    ]  # fmt: skip
    assert (status, gold["kind"], gold["of"], gold["level"]) == (200, "SLA", "tickets", "customer")
    assert gold["text"].startswith("apiVersion: slamon/v1\nkind: TicketSLA\n")
    assert gold["words"].startswith("gold, promised towards the customer\n")
    assert (unknown, refused["error"]) == (404, "unknown_policy")
    for name, body in (("Policies", every), ("Policy", gold)):
        schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
        jsonschema.validate(body, schema)
