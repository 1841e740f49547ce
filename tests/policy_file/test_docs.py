"""docs/policies.md: every example in it loads, and what it lists is what there is."""

import re
from pathlib import Path

import pytest

from slamon.policy_file.conditions import EVENTS
from slamon.policy_file.forms import TicketSLASpec
from slamon.policy_file.kinds import LATER_KINDS
from slamon.policy_file.overlap import MANY_VALUED
from tests.policy_file.writing import complaints, policy

DOCS = Path(__file__).parents[2] / "docs" / "policies.md"
TEXT = DOCS.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
OTHERS = {
    "Agreement": (
        "acme",
        "---\napiVersion: slamon/v1\nkind: Agreement\nmetadata: {name: acme}\nspec: {zone: Europe/Berlin}\n",
    ),
    "Calendar": (
        "office",
        "---\napiVersion: slamon/v1\nkind: Calendar\nmetadata: {name: office}\nspec: {zone: UTC, hours: {mon: [09:00-17:00]}}\n",
    ),
    "TicketSLA": ("gold", policy(name="gold", more="level: service")),
}


def whole(block: str) -> str:
    """The block as a file: in a document if it is only a spec, and beside whatever it names."""
    file = block if block.startswith("apiVersion") else policy("", name="shown", more=block)
    missing = [
        text for name, text in OTHERS.values() if f"name: {name}" not in file and re.search(rf"\b{name}\b", file)
    ]
    return file + "".join(missing)


@pytest.mark.parametrize("block", BLOCKS, ids=[block.split("\n")[1][:40] for block in BLOCKS])
def test_an_example_of_the_docs_loads(tmp_path: Path, block: str) -> None:
    assert complaints(tmp_path, whole(block)) == []


def test_the_message_in_the_docs_is_a_real_one() -> None:
    (shown,) = re.findall(r"^```text\n(.*?)\n```", TEXT, re.MULTILINE | re.DOTALL)
    assert shown in (Path(__file__).parent / "one_change.yaml").read_text(encoding="utf-8")


def test_every_key_of_a_policy_is_in_the_docs() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)
    assert rows == list(TicketSLASpec.model_fields)


def test_words_that_the_docs_list_are_all_there_are() -> None:
    events = re.search(r"^Events: `([^`]+)`, and in short `(\w+)` .*?`(\w+)` .*?`(\w+)`", TEXT, re.MULTILINE)
    assert events is not None
    assert [*events[1].split(), *events.groups()[1:]] == list(EVENTS)
    many = re.search(r"Fields that hold several values \(`([^`]+)`\)", TEXT)
    assert many is not None
    assert set(many[1].split()) == MANY_VALUED
    assert all(f"`{kind}`" in TEXT for kind in LATER_KINDS)
