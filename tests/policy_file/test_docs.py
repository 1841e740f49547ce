"""docs/policies.md: every example in it loads, and what it lists is what there is."""

import re
from pathlib import Path

import pytest

from slamon.policy_file.conditions import EVENTS
from slamon.policy_file.forms import PolicySpec, TicketSLASpec
from slamon.policy_file.kinds import LATER_KINDS
from slamon.policy_file.overlap import MANY_VALUED
from slamon.policy_file.recurrence import PARTS
from slamon.policy_file.uptime_build import STANDARD
from slamon.policy_file.uptime_forms import UPTIME_KINDS, MaintenanceSpec, UptimeSLASpec
from slamon.sla.calendar import format_duration
from tests.policy_file.writing import complaints, policy, uptime

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
    "UptimeSLA": ("checkout-gold", uptime(name="checkout-gold")),
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


def section(title: str) -> str:
    """What the docs say below a heading of the second level."""
    return TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize(
    ("title", "keys"),
    [
        ("TicketSLA", list(TicketSLASpec.model_fields)),
        ("UptimeSLA", [key for key in UptimeSLASpec.model_fields if key not in PolicySpec.model_fields]),
        ("Maintenance", list(MaintenanceSpec.model_fields)),
    ],
)
def test_every_key_of_a_kind_is_in_the_docs(title: str, keys: list[str]) -> None:
    assert re.findall(r"^\| `(\w+)` \|", section(title), re.MULTILINE) == keys


def test_what_the_docs_list_of_services_is_all_there_is() -> None:
    services = section("UptimeSLA")
    shared = re.search(r"^`([a-z ]+)` are those of a \[TicketSLA\]", services, re.MULTILINE)
    assert shared is not None
    assert shared[1].split() == list(PolicySpec.model_fields)
    objectives = services.split("| objective | target | broken |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| (\w+) \|", objectives, re.MULTILINE)) == set(UPTIME_KINDS)
    rows = re.findall(r"^\| ([0-9.]+) \| (\w+) \| (\w+) \| (\w+) \|", services, re.MULTILINE)
    assert [(int(float(factor) * 100), long, short, severity) for factor, long, short, severity in rows] == [
        (factor, format_duration(long), format_duration(short), severity) for factor, long, short, severity in STANDARD
    ]
    parts = re.search(r"`HOURLY`, `([A-Z ]+)`", section("Maintenance"))
    assert parts is not None
    assert ["FREQ", *parts[1].split()] == list(PARTS)


def test_words_that_the_docs_list_are_all_there_are() -> None:
    events = re.search(r"^Events: `([^`]+)`, and in short `(\w+)` .*?`(\w+)` .*?`(\w+)`", TEXT, re.MULTILINE)
    assert events is not None
    assert [*events[1].split(), *events.groups()[1:]] == list(EVENTS)
    many = re.search(r"Fields that hold several values \(`([^`]+)`\)", TEXT)
    assert many is not None
    assert set(many[1].split()) == MANY_VALUED
    assert all(f"`{kind}`" in TEXT for kind in LATER_KINDS)
