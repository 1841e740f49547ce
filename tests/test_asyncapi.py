"""docs/asyncapi.yaml is what the code says, names every topic that is not the workers' own, and means the records that really leave.

References, headers, keys and payloads are checked here; AsyncAPI's own parser is asked where it is there (.ci/asyncapi).
"""

import json
import runpy
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from slamon.engine.letters import dead
from slamon.engine.render import Reading
from slamon.runtime.policy_log import Publication, text_key
from slamon.runtime.topic_specs import specs_of
from slamon.sla.events import InvalidRecord

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
INTERNAL = {"changelog", "pages"}
DOCUMENT = yaml.safe_load((DOCS / "asyncapi.yaml").read_text())
MESSAGES = DOCUMENT["components"]["messages"]
PARSER = ROOT / ".ci" / "cache" / "node" / "node_modules" / "@asyncapi" / "parser"
NOW = 1_700_000_000_000


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for below in part.values():
            yield from references(below)
    elif isinstance(part, list):
        for below in part:
            yield from references(below)


def pointed(reference: str) -> Any:
    """What a reference of the document leads to."""
    file, _, pointer = reference.partition("#")
    found = json.loads((DOCS / file).read_text()) if file else DOCUMENT
    for step in filter(None, pointer.split("/")):
        found = found[step]
    return found


def valid_headers(message: str, headers: list[tuple[str, bytes]]) -> None:
    Draft202012Validator(MESSAGES[message]["headers"]).validate({name: value.decode() for name, value in headers})


def test_the_file_is_what_the_code_says() -> None:
    made = runpy.run_path(str(DOCS / "asyncapi.py"))
    assert (DOCS / "asyncapi.yaml").read_text() == made["text"](), "run: python docs/asyncapi.py"


def test_every_topic_is_a_channel_but_those_that_are_slamons_own() -> None:
    assert {name: each["address"] for name, each in DOCUMENT["channels"].items()} == {
        spec.role: f"slamon.{spec.role}" for spec in specs_of(clocks=True) if spec.role not in INTERNAL
    }


def test_every_topic_has_the_settings_it_is_made_with() -> None:
    for spec in specs_of(clocks=True):
        if spec.role not in INTERNAL:
            kafka = DOCUMENT["channels"][spec.role]["bindings"]["kafka"]
            told = {
                name: ",".join(value) if isinstance(value, list) else str(value)
                for name, value in kafka["topicConfiguration"].items()
            }
            assert told.items() <= spec.all_configs().items(), spec.role
            assert kafka["partitions"] == spec.partitions(8)


@pytest.mark.parametrize("reference", sorted(set(references(DOCUMENT))))
def test_every_reference_leads_somewhere(reference: str) -> None:
    assert pointed(reference)


def test_each_operation_is_one_of_its_channel() -> None:
    for name, operation in DOCUMENT["operations"].items():
        assert operation["action"] in ("send", "receive")
        channel = operation["channel"]["$ref"]
        assert name == f"{operation['action']}_{channel.rsplit('/', 1)[1]}"
        assert all(each["$ref"].startswith(f"{channel}/messages/") for each in operation["messages"])


@pytest.mark.parametrize("behind", [True, False])
def test_a_fact_leaves_with_the_headers_that_are_told(behind: bool) -> None:
    origin = ("ticket", "canonical")
    reading = Reading(now=NOW, page_within=1, behind=behind, silent={origin} if behind else frozenset())
    headers = reading.headers(NOW - 5, origin)
    valid_headers("fact", headers)
    assert {name for name, _ in headers} <= set(MESSAGES["fact"]["headers"]["properties"])


def test_a_dead_letter_has_the_headers_that_are_told() -> None:
    record = SimpleNamespace(key=b"T-1", value=b"x" * 20, headers=[("h", b"1")], offset=7, timestamp=NOW)
    letter = dead(InvalidRecord("not_json", "value: expected JSON"), "in", 3, record, max_record=10)
    valid_headers("deadLetter", list(letter.headers))
    own = {name for name, _ in letter.headers if not name.startswith("original.")}
    assert own <= set(MESSAGES["deadLetter"]["headers"]["properties"])


def test_what_is_published_has_the_keys_and_the_form_that_are_told() -> None:
    published = Publication("5f3c", NOW, NOW, by="ada")
    keys = [MESSAGES[name]["bindings"]["kafka"]["key"] for name in ("policyText", "policyActivation")]
    for schema, key in zip(keys, (text_key("5f3c"), published.key), strict=True):
        Draft202012Validator(schema).validate(key.decode())
    Draft202012Validator(MESSAGES["policyActivation"]["payload"]).validate(json.loads(published.value))


@pytest.mark.parametrize("name", MESSAGES)
def test_every_payload_and_key_is_a_json_schema(name: str) -> None:
    payload = MESSAGES[name]["payload"]
    schema = pointed(payload["$ref"]) if "$ref" in payload else payload
    Draft202012Validator.check_schema(schema)
    Draft202012Validator.check_schema(MESSAGES[name]["bindings"]["kafka"]["key"])


# What AsyncAPI's own parser says is wrong with the document of argument 2.
PROGRAM = """
const { Parser, fromFile } = require(process.argv[1]);
fromFile(new Parser(), process.argv[2]).parse().then(({ document, diagnostics }) => {
  const wrong = diagnostics.filter(({ severity }) => severity <= 1).map(({ path, message }) => `${path.join(".")}: ${message}`);
  console.log(wrong.join("\\n"));
  process.exit(document && !wrong.length ? 0 : 1);
});
"""
needs_parser = pytest.mark.skipif(not PARSER.exists(), reason="AsyncAPI's parser is not here (.ci/asyncapi brings it)")


def parsed(folder: Path) -> "subprocess.CompletedProcess[str]":
    command = ["node", "-e", PROGRAM, PARSER, folder / "asyncapi.yaml"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@needs_parser
def test_asyncapis_own_parser_takes_it() -> None:
    ran = parsed(DOCS)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@needs_parser
@pytest.mark.parametrize(
    ("file", "right", "wrong", "said"),
    [
        ("asyncapi.yaml", "action: send", "action: give", "operations.send_tickets.action"),
        ("schema/fact.schema.json", '"type": "object"', '"type": "objekt"', '"type" property must be equal to one of'),
        ("schema/fact.schema.json", '"specversion": {', '"specversion": {"$ref": "#/$defs/gone"},\n"of": {', "gone"),
    ],
)
def test_asyncapis_own_parser_looks_into_the_schemas_too(
    tmp_path: Path, file: str, right: str, wrong: str, said: str
) -> None:
    for path in (DOCS / "asyncapi.yaml", *DOCS.glob("schema/*.json")):
        copy = tmp_path / path.relative_to(DOCS)
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(path.read_text())
    broken = tmp_path / file
    assert right in broken.read_text()
    broken.write_text(broken.read_text().replace(right, wrong, 1))
    ran = parsed(tmp_path)
    assert ran.returncode == 1
    assert said in ran.stdout
