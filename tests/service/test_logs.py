"""Logs: one form for everybody, constant events, no secrets, no tables."""

import ast
import io
import json
import logging
import re
from pathlib import Path

import pytest
import structlog

from slamon.service import logs

PACKAGE = Path(logs.__file__).parents[1]
LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}


@pytest.fixture(autouse=True)
def _as_before():
    """Logging is global: leave it as it was found."""
    root, names = logging.root, logs.LIBRARIES
    before = (root.handlers[:], root.level, {name: logging.getLogger(name).level for name in names})
    yield
    root.handlers[:], level = before[0], before[1]
    root.setLevel(level)
    for name in names:
        logging.getLogger(name).setLevel(before[2][name])
    logging.captureWarnings(False)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_record_is_one_json_object_with_its_ids_as_fields():
    stream = io.StringIO()
    logs.configure("json", "info", stream)
    structlog.get_logger("slamon.engine").info("sla_breached", ticket_id="T-1", at=5)
    (line,) = lines(stream)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line.pop("timestamp"))
    expected = {"event": "sla_breached", "logger": "slamon.engine", "level": "info", "ticket_id": "T-1", "at": 5}
    assert line == expected
    assert list(line) == ["level", "event", "logger", "ticket_id", "at"]


def test_a_library_speaks_through_the_same_handler_under_a_constant_event():
    stream = io.StringIO()
    logs.configure("json", "info", stream)
    logging.getLogger("aiokafka.consumer").warning("Heartbeat failed:\n  %s", "no coordinator")
    (line,) = lines(stream)
    assert (line["event"], line["message"]) == ("library_logged", "Heartbeat failed: no coordinator")
    assert line["logger"] == "aiokafka.consumer"


@pytest.mark.parametrize("level", ["info", "warning"])
def test_libraries_are_heard_from_warning_on(level):
    stream = io.StringIO()
    logs.configure("json", level, stream)
    logging.getLogger("aiokafka").info("joined group")
    logging.getLogger("mode.worker").info("starting")
    logging.getLogger("slamon.runtime.table").info("[^SlaTable: sla]: Stopping...")  # mode, under the name of our class
    assert lines(stream) == []


def test_debug_lets_the_libraries_speak_but_draws_no_tables():
    stream = io.StringIO()
    logs.configure("json", "debug", stream)
    logging.getLogger("faust.tables").info("Recovered:\n┌───┐\n│ a │\n└───┘")
    logging.getLogger("faust.tables").info("one line")
    assert [line["message"] for line in lines(stream)] == ["one line"]


def test_a_second_configuration_replaces_the_first():
    first, second = io.StringIO(), io.StringIO()
    logs.configure("json", "info", first)
    logs.configure("json", "info", second)
    structlog.get_logger("slamon").info("worker_started")
    assert (len(lines(first)), len(lines(second))) == (0, 1)


@pytest.mark.parametrize("form", ["json", "console"])
def test_nothing_secret_is_written(form):
    stream = io.StringIO()
    logs.configure(form, "info", stream)
    log = structlog.get_logger("slamon")
    log.info("tried", password="hunter2", sasl={"sasl_plain_password": "hunter2"}, urls=["amqp://me:hunter2@host"])
    logging.getLogger("aiokafka").warning("client(sasl_plain_password='hunter2', user=me)")
    logging.getLogger("elsewhere").warning("sent", extra={"api_key": "hunter2"})
    logging.getLogger("elsewhere").warning("Authorization: Bearer hunter2, Authorization: Basic hunter2")
    try:
        raise ValueError("password=hunter2")
    except ValueError:
        log.exception("unit_failed")
    assert "hunter2" not in stream.getvalue()
    assert "***" in stream.getvalue()


def test_what_is_no_secret_stays():
    event = {"event": "x", "key": "T-1", "text": "the pass through topic a:1", "n": 1, "password": None}
    assert logs.redact(None, "info", dict(event)) == event


def test_the_console_is_for_people():
    stream = io.StringIO()
    logs.configure("console", "info", stream)
    structlog.get_logger("slamon").info("worker_started", partitions=8)
    text = stream.getvalue()
    assert "worker_started" in text
    assert "partitions=8" in text
    assert "\x1b" not in text, "colours are for terminals"


def events_in(path: Path) -> list[tuple[str, ast.expr]]:
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return [
        (f"{path.name}:{call.lineno}", call.args[0])
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in LEVELS
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in {"log", "logger"}
        and call.args
    ]


def test_every_event_name_of_slamon_is_a_constant_in_snake_case():
    found = [event for path in PACKAGE.rglob("*.py") for event in events_in(path)]
    wrong = [
        where
        for where, name in found
        if not (isinstance(name, ast.Constant) and re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", str(name.value)))
    ]
    assert wrong == []
