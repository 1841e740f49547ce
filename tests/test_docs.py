"""What the documentation names is there: files, headings, commands with their options, settings, metrics, rules."""

import re
import shlex
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from slamon import cli
from slamon.commands.parser import Exit, Parser
from slamon.engine.render import MAX_EVENT, MAX_TEXT
from slamon.policy_file.calendars import YEARS_AHEAD
from slamon.runtime.directory import SAFE_SHARE
from slamon.runtime.policy_log import NOTICE_MS
from slamon.runtime.settings import RuntimeSettings
from slamon.service.metrics.catalogue import BY_NAME
from slamon.service.metrics.notify_catalogue import NOTIFY_FAMILIES
from slamon.service.settings.environment import NOT_SETTINGS, VARIABLES
from slamon.service.settings.schema import FIELDS
from slamon.sla import clock, explain, ticket
from slamon.sla.texts import MAX_TITLE

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
IDS = [str(page.relative_to(ROOT)) for page in PAGES]
each_page = pytest.mark.parametrize("page", PAGES, ids=IDS)


def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def anchor(heading: str) -> str:
    """As GitHub makes it of a heading."""
    plain = re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    return {anchor(found) for found in re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)}


@each_page
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"https?:", target):
            continue
        name, _, heading = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), target
        assert not heading or heading in anchors(file), target


@each_page
def test_every_path_in_code_type_is_there(page: Path) -> None:
    for name in re.findall(r"`((?:slamon|docs|examples|deploy|helm|tests)/[\w./-]+)`", prose(page)):
        assert (ROOT / name).exists(), name


def commands(page: Path) -> Iterator[str]:
    """Every `slamon ...` in code type, and every line of a block that begins with it."""
    text = page.read_text()
    yield from re.findall(r"`(slamon [a-z][^`\n]*)`", text)
    for block in re.findall(r"^```(?:sh|console)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield from re.findall(r"^(?:\$ )?(slamon .*)$", block, re.MULTILINE)


def known(command: str) -> None:
    """Parses it, if it is a whole one; a mention like `slamon deadletter list|replay` must at least name a command."""
    words = shlex.split(command.partition(" #")[0])[1:]
    name = next((n for n in (" ".join(words[:2]), words[0]) if n in cli.COMMANDS), None)
    assert name is not None, command
    module = cli._load(name)
    assert module is not None, command
    out = StringIO()
    parser = Parser(f"slamon {name}", "", out, out)
    module.add_arguments(parser)
    rest = words[len(name.split()) :]
    options = {option for each in parsers(parser) for option in each._option_string_actions}
    assert {word for word in rest if word.startswith("--")} <= options, command
    choices = {choice for each in parsers(parser, own=False) for choice in each}
    if choices and rest:
        assert set(rest[0].split("|")) <= choices, command


def parsers(parser: Parser, own: bool = True) -> Iterator[Any]:
    """The parser and those of its subcommands; or (`own` false) the names of the subcommands."""
    if own:
        yield parser
    if parser._subparsers is not None:
        for action in parser._subparsers._group_actions:
            yield from action.choices.values() if own else [action.choices]


@each_page
def test_every_command_named_exists_and_takes_its_options(page: Path) -> None:
    for command in commands(page):
        known(command)


@pytest.mark.parametrize("wrong", ["slamon fly", "slamon check --wings", "slamon topics destroy"])
def test_a_command_that_does_not_exist_would_be_found(wrong: str) -> None:
    with pytest.raises((AssertionError, Exit)):
        known(wrong)


@each_page
def test_every_setting_named_exists(page: Path) -> None:
    text = page.read_text()
    sections = {path[0] for path in FIELDS if len(path) > 1}
    for section, name in re.findall(r"`(\w+)\.(\w+)`", text):
        if section in sections:
            assert (section, name) in FIELDS, f"{section}.{name}"
    for name in re.findall(r"\bSLAMON_[A-Z][A-Z_]*\b", text):
        assert name in VARIABLES or NOT_SETTINGS.fullmatch(name.removeprefix("SLAMON_")), name


@each_page
def test_every_metric_named_exists(page: Path) -> None:
    names = set(BY_NAME) | {family.name for family in NOTIFY_FAMILIES}
    for name in re.findall(r"`(slamon_[a-z_]+)(?:\{[^`]*)?`", page.read_text()):
        assert name.removesuffix("_total") in names, name


def rules() -> set[str]:
    """Every number of docs/rules.md, and its sections."""
    found, section = set(), ""
    for line in (ROOT / "docs" / "rules.md").read_text().splitlines():
        if heading := re.match(r"## (\d)\. ", line):
            section = heading[1]
            found.add(section)
        elif number := re.match(r"(\d+)\. ", line):
            found.add(f"{section}.{number[1]}")
    return found


def test_every_rule_that_is_cited_stands_among_the_rules() -> None:
    listed = rules()
    files = [*PAGES, *(ROOT / "slamon").rglob("*.py"), *(ROOT / "examples").rglob("*.yaml")]
    for file in files:
        for cited in re.findall(r"semantics (\d(?:\.\d+)?(?:(?:-|, )\d\.\d+)*)", file.read_text()):
            for number in re.split(r"-|, ", cited):
                assert number in listed, f"{file}: semantics {cited}"
    for cited in re.findall(r"\((\d\.\d+(?:, \d\.\d+)*)\)", (ROOT / "README.md").read_text()):
        assert set(cited.split(", ")) <= listed, cited


def test_the_docs_name_no_machine() -> None:
    for page in (*PAGES, *(ROOT / "docs").rglob("*.*")):
        assert not re.search(rb"/(?:work|root|tmp)/|/home/\w", page.read_bytes()), page


RUNTIME = RuntimeSettings("localhost:9092", Path(), 1)
NUMBERS = [
    (
        "decisions.md",
        f"Of more than {clock.KEPT_SPANS} stretches, running or paused, the oldest {clock.KEPT_SPANS // 2} become",
    ),
    ("decisions.md", f"After {clock.KEPT_NAMES} names the rest is added up under `{clock.OTHERS}`"),
    ("decisions.md", f"The last {ticket.KEPT_HISTORY} changes of status"),
    ("decisions.md", f"A ticket keeps {ticket.KEPT_FIELDS} fields and {ticket.KEPT_SIZE // 1024} Ki characters"),
    ("decisions.md", f"Cut to {MAX_TITLE} characters"),
    ("decisions.md", f"shows {explain.SHOWN_INTERVALS} intervals at most"),
    ("decisions.md", f"above {MAX_EVENT // 1024} KiB has totals for lists, and texts cut to {MAX_TEXT} characters"),
    ("decisions.md", f"gives {NOTICE_MS // 1000} s notice"),
    ("decisions.md", f"after {SAFE_SHARE:.0%} of".replace("%", " %")),
    ("decisions.md", f"{RUNTIME.unit_records:,} records, {RUNTIME.unit_bytes >> 20} MiB or {RUNTIME.unit_seconds} s"),
    ("decisions.md", f"committed every {RUNTIME.position_every:.0f} s"),
    ("decisions.md", f"after {RUNTIME.renew_id_after / 3600:.0f} hours"),
    ("decisions.md", f"to {['one', 'two', 'three', 'four', 'five', 'six'][YEARS_AHEAD - 1]} years ahead"),
]


@pytest.mark.parametrize(("page", "said"), NUMBERS)
def test_a_number_in_the_docs_is_the_one_in_the_code(page: str, said: str) -> None:
    assert said in (ROOT / "docs" / page).read_text()


WORDS_OF_OTHERS = {"not_found", "not_planned", "send_resolved"}  # of HTTP, of GitHub, of Alertmanager


def sources_of_words() -> str:
    files = [*(ROOT / "slamon").rglob("*.py"), *(ROOT / "deploy").rglob("*.yaml"), *(ROOT / "helm").rglob("*.yaml")]
    return "\n".join(file.read_text() for file in files)


@each_page
def test_every_word_of_ours_in_code_type_is_used_in_the_code(page: Path) -> None:
    """Log events, reasons, keys and states: whatever has an underscore in it."""
    code = sources_of_words()
    for word in set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", prose(page))) - WORDS_OF_OTHERS:
        assert word in code or word.removesuffix("_total").removeprefix("slamon_") in code, word
