"""A private door of a library that changed stops the start with a sentence; and no door is used that is not pinned."""

import ast
import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import slamon.runtime
from slamon.runtime import pins
from slamon.runtime.errors import WorkerMustEnd

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "slamon" / "runtime").glob("*.py"))
LIBRARIES = {"faust", "mode", "aiokafka", "rocksdict"}
NOT_OVERRIDDEN = {"_abc_impl", "logger"}  # made for every class by its metaclass
STANDARD = {"os._exit", "sys._current_frames"}


def refusal() -> str:
    with pytest.raises(WorkerMustEnd) as told:
        pins.check_pins()
    return str(told.value)


def test_the_pinned_libraries_are_the_ones_installed() -> None:
    pins.check_pins()


def test_another_version_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pins.VERSIONS, "rocksdict", "9.9")
    monkeypatch.setitem(pins.VERSIONS, "no-such-library", "1.0")
    told = refusal()
    assert "rocksdict 0.3.29 instead of 9.9" in told
    assert "no-such-library missing instead of 1.0" in told


def place_of(place: str) -> tuple[Any, str]:
    """The owner of a door and the door's name there."""
    module, _, path = place.partition(" ")
    owner: Any = importlib.import_module(module)
    *holders, name = path.split(".")
    for holder in holders:
        owner = getattr(owner, holder)
    return owner, name


@pytest.mark.parametrize("place", pins.DOORS)
def test_another_signature_stops_the_start(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.setattr(*place_of(place), lambda self, something_new: None)
    assert f"{place}(self, something_new) instead of ({pins.DOORS[place]})" in refusal()


@pytest.mark.parametrize("place", [place for place in pins.DOORS if "." not in place.split(" ")[1]])
def test_a_class_or_function_that_is_gone_stops_the_start(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.delattr(*place_of(place))
    assert f"{place} is gone" in refusal()


def test_a_method_that_is_gone_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    place = "aiokafka.consumer.group_coordinator GroupCoordinator._do_heartbeat"
    monkeypatch.delattr(*place_of(place))
    assert f"{place} is gone" in refusal()


def test_a_module_that_is_gone_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiokafka.consumer.subscription_state", None)  # importing it fails from now on
    told = refusal()
    assert "aiokafka.consumer.subscription_state Assignment.state_value is gone" in told
    assert "aiokafka.consumer.subscription_state TopicPartitionState.position is gone" in told


def test_an_attribute_that_no_code_of_its_class_knows_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if aiokafka had renamed what slamon reads of its consumer."""

    class Renamed:
        def __init__(self) -> None:
            self._the_coordinator, self._fetch_max_wait_ms, self._subscription = 1, 2, 3

    monkeypatch.setattr("aiokafka.AIOKafkaConsumer", Renamed)
    told = refusal()
    assert "aiokafka AIOKafkaConsumer._coordinator is gone" in told
    assert "_fetch_max_wait_ms" not in told


def test_a_constant_that_is_gone_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("aiokafka.consumer.fetcher.READ_COMMITTED")
    assert "aiokafka.consumer.fetcher READ_COMMITTED is gone" in refusal()


def test_streams_in_pure_python_stop_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faust.streams._CStreamIterator", None)
    assert "Faust's streams in pure Python instead of the compiled ones" in refusal()


# -- nothing is used that is not pinned


def pinned_names() -> set[str]:
    doors = {place.rpartition(" ")[2].rpartition(".")[2] for place in pins.DOORS}
    return doors | {name for names in pins.ATTRIBUTES.values() for name in names.split()}


def own_names(tree: ast.AST) -> set[str]:
    """Every name that slamon itself gives to a method or an attribute of its own classes."""
    named = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self":
            named.add(node.attr)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            named.add(node.target.id)
    return named


def private_uses(tree: ast.AST, own: set[str]) -> Iterator[tuple[int, str]]:
    """(line, expression) of everything with a leading underscore that is not `self`'s own."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or not node.attr.startswith("_") or node.attr.startswith("__"):
            continue
        if ast.unparse(node.value) in ("self", "cls") and node.attr in own:
            continue
        yield node.lineno, ast.unparse(node)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_private_of_a_library_is_used_that_is_not_pinned(path: Path) -> None:
    tree = ast.parse(path.read_text())
    wrong = [
        f"{path.name}:{line} {what}"
        for line, what in private_uses(tree, own_names(tree))
        if what not in STANDARD and what.rpartition(".")[2] not in pinned_names()
    ]
    assert not wrong, f"pin what is private and not ours (slamon/runtime/pins.py): {wrong}"


def test_a_private_use_is_found_where_there_is_one() -> None:
    tree = ast.parse("class C(Consumer):\n    def _own(self):\n        self._own(); self._theirs; other._theirs_too.x")
    assert [what for _, what in private_uses(tree, own_names(tree))] == ["self._theirs", "other._theirs_too"]


def foreign_subclasses() -> Iterator[type]:
    for module in pkgutil.iter_modules(slamon.runtime.__path__, "slamon.runtime."):
        found = importlib.import_module(module.name)
        for kind in vars(found).values():
            if inspect.isclass(kind) and kind.__module__ == module.name and theirs(kind):
                yield kind


def theirs(kind: type) -> list[type]:
    return [parent for parent in kind.__mro__ if parent.__module__.partition(".")[0] in LIBRARIES]


def test_nothing_of_a_library_is_overridden_that_is_not_pinned() -> None:
    overridden = {
        f"{kind.__name__}.{name}"
        for kind in foreign_subclasses()
        if not issubclass(kind, Exception)
        for name in {*vars(kind)} - NOT_OVERRIDDEN
        if not name.startswith("__") and any(name in vars(parent) for parent in theirs(kind))
    }
    assert len(overridden) > 15
    wrong = sorted(name for name in overridden if name.rpartition(".")[2] not in pinned_names())
    assert not wrong, f"pin what is overridden (slamon/runtime/pins.py): {wrong}"


PATCHED = """
import sys
from {module} import {owner}
{change}
from slamon.__main__ import main
sys.exit(main(["run"]))
"""


@pytest.mark.parametrize(
    ("module", "owner", "change", "sentence"),
    [
        (
            "faust.transport.consumer", "Consumer", "Consumer._drain_messages = lambda self, fetcher, more: None",
            "Consumer._drain_messages(self, fetcher, more) instead of (self, fetcher)",
        ),
        ("aiokafka.consumer", "fetcher", "del fetcher.READ_COMMITTED", "aiokafka.consumer.fetcher READ_COMMITTED is gone"),
        (
            "aiokafka.consumer.group_coordinator", "GroupCoordinator", "del GroupCoordinator._do_heartbeat",
            "GroupCoordinator._do_heartbeat is gone",
        ),
    ],
)  # fmt: skip
def test_slamon_run_on_a_changed_library_ends_with_1_and_the_sentence(
    tmp_path: Path, module: str, owner: str, change: str, sentence: str
) -> None:
    script = tmp_path / "patched.py"
    script.write_text(PATCHED.format(module=module, owner=owner, change=change))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SLAMON_")}
    settings = {"SLAMON_BOOTSTRAP": "127.0.0.1:1", "SLAMON_DATADIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, str(script)],
        env=kept | settings, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    told = ended.stdout + ended.stderr
    assert ended.returncode == 1, told
    assert "expected the libraries slamon was built on, got" in told
    assert sentence in told
    assert "Traceback" not in told
