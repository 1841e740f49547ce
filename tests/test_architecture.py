"""The rooms and the one direction of imports, read from the source itself (architecture 1)."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "slamon"
FILES = sorted(PACKAGE.rglob("*.py"))

# What a room may import besides itself; a room that is not named here is one of the outer ones.
MAY_IMPORT = {
    "sla": set(),
    "engine": {"sla"},
    "sources": {"sla"},
    "policy_file": {"sla"},
    "in_words": {"sla"},
    "report": {"sla", "engine"},
    "runtime": {"sla", "engine", "sources", "policy_file"},
    "notify": {"sla", "engine", "sources", "policy_file", "runtime", "service"},
}
PURE = {"sla", "engine"}
ALLOWED_HERE = {
    "sla": {"bisect", "collections", "dataclasses", "datetime", "difflib", "enum", "functools", "hashlib", "itertools", "json", "operator",
            "re", "struct", "types", "typing", "zoneinfo"},
    "engine": {"base64", "binascii", "bisect", "collections", "dataclasses", "functools", "hashlib", "itertools", "orjson",
               "struct", "types", "typing"},
}  # fmt: skip
TYPES = {"mypy_extensions"}  # machine words for the compiled form: no module is asked for them at run time
STREAM = {"faust", "mode", "aiokafka", "rocksdict"}
# Outside the runtime aiokafka may serve where no stream is: each with its reason.
ASKS_THE_BROKER = {
    "service": "doctor and topics ask a broker what it is, and the page reads facts as any consumer does",
    "notify": "the notifier reads facts as any consumer does, and keeps which pages are open in a topic of its own",
    "commands": "commands speak with a broker once and end",
    "demo": "the demo makes topics and reads facts as any client does",
    "simulation": "the simulated stream is a producer like any other",
}
NAMES_OF_THE_STREAM = {("service", "faust.types")}  # the type of a topic partition, where the worker is put together
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """(dotted module, line) of every import of the file, those under TYPE_CHECKING too."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            if node.module == "slamon":
                yield from ((f"slamon.{name.name}", node.lineno) for name in node.names)
            else:
                yield str(node.module), node.lineno


def of_rooms(*rooms: str) -> list[Path]:
    return [path for path in FILES if room_of(path) in rooms]


def test_there_is_something_to_look_at():
    assert {"sla", "engine", "runtime"} <= {room_of(path) for path in FILES}


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_a_room_imports_only_what_stands_left_of_it(room: str):
    allowed = MAY_IMPORT[room] | {room, "__init__"}
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in of_rooms(room)
        for name, line in imports(path)
        if name.split(".")[0] == "slamon" and name != "slamon" and name.split(".")[1] not in allowed
        if not (name.count(".") == 1 and name.split(".")[1].startswith("__"))
    ]
    assert not wrong, wrong


@pytest.mark.parametrize("room", sorted(PURE))
def test_the_pure_rooms_use_a_short_list_of_the_standard_library(room: str):
    found = {(name.split(".")[0], str(path.relative_to(ROOT))) for path in of_rooms(room) for name, _ in imports(path)}
    wrong = [(name, where) for name, where in sorted(found) if name not in {"slamon", *TYPES, *ALLOWED_HERE[room]}]
    assert not wrong, wrong
    assert ALLOWED_HERE[room] - {"orjson"} <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("path", of_rooms(*PURE), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_pure_rooms_read_no_clock_and_wait_for_nothing(path: Path):
    for node in ast.walk(ast.parse(path.read_bytes())):
        assert not isinstance(node, ast.AsyncFunctionDef | ast.Await), f"line {node.lineno}: async"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) not in CLOCKS, f"line {node.lineno}: {node.value.id}.{node.attr}"
            assert node.value.id != "time" or node.attr != "time", f"line {node.lineno}: time.time"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"open", "print", "eval", "exec", "input"}, (
                f"line {node.lineno}: {node.func.id}()"
            )


def test_only_the_runtime_touches_the_stream():
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in FILES
        if room_of(path) != "runtime"
        for name, line in imports(path)
        if (room_of(path), name) not in NAMES_OF_THE_STREAM
        if name.split(".")[0] in STREAM and not (name.startswith("aiokafka") and room_of(path) in ASKS_THE_BROKER)
    ]
    assert not wrong, wrong


def test_no_worker_knows_of_the_notifier():
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in FILES
        if room_of(path) not in {"notify", "commands"}
        for name, line in imports(path)
        if name.startswith("slamon.notify")
    ]
    assert not wrong, wrong


def test_nothing_is_unpickled():
    wrong = [
        str(path.relative_to(ROOT))
        for path in FILES
        for name, _ in imports(path)
        if name.split(".")[0] in {"pickle", "shelve", "marshal", "dill"}
    ]
    assert not wrong, wrong
