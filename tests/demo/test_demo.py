"""The whole demo on its own broker: it warns, it breaches, and it leaves nothing behind however it ends."""

import asyncio
import importlib.util
import os
import pty
import re
import signal
import threading
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from tests.demo.running import PATIENCE_S, demo, process_of, remnants, until

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(importlib.util.find_spec("noida_db") is None, reason="noida-db is not installed"),
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no /proc to find what is left behind"),
]


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def output(temporary: Path, stream: str = "out") -> str:
    return temporary.with_name(stream).read_text()


def until_said(temporary: Path, words: str) -> None:
    until(lambda: words in output(temporary), lambda: output(temporary) + output(temporary, "err"))


def test_it_warns_and_breaches_within_half_a_minute_and_ends_by_itself(temporary):
    with demo(temporary, "--for", "25s", "--plain") as process:
        code = process.wait(PATIENCE_S + 25)
    said = output(temporary)
    assert (code, output(temporary, "err")) == (0, "")
    assert re.search(r"^\d\d:\d\d:\d\d\.\d  warning    INC-\d+ .* left$", said, re.MULTILINE), said
    assert re.search(r"^\d\d:\d\d:\d\d\.\d  breach     INC-\d+ .* are over, still not done$", said, re.MULTILINE), said
    assert re.search(r"^\d\d:\d\d:\d\d\.\d  -- \d+ tickets, .* next INC-\d+ \w+ in \d+\.\d s$", said, re.MULTILINE), (
        said
    )
    assert re.search(
        r"^\d\d:\d\d:\d\d\.\d  warning    checkout  availability     down  .* left$", said, re.MULTILINE
    ), said
    assert re.search(r"; checkout down, breach in \d+\.\d s", said), said
    (lag,) = map(int, re.findall(r"left (\d+) ms after they came true", said))
    assert 0 <= lag < 5_000
    assert remnants(temporary) == []


def test_a_terminal_shows_the_whole_view_and_ctrl_c_gives_it_back(temporary):
    reading, terminal = pty.openpty()
    shown = bytearray()

    def read() -> None:
        while chunk := _read(reading):
            shown.extend(chunk)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        with demo(temporary, stdout=terminal) as process:
            until(lambda: b"INC-100" in shown and b"checkout" in shown, lambda: shown.decode(errors="replace"))
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_S) == 0
        until(lambda: b"\x1b[?1049l" in shown and b"yours: " in shown, lambda: shown.decode(errors="replace"))
    finally:
        os.close(terminal)
        reader.join(5)
        os.close(reading)
    assert b"Services" in shown
    assert b"checkout" in shown
    assert shown.index(b"\x1b[?1049h") < shown.index(b"About to breach") < shown.index(b"\x1b[?1049l")
    assert remnants(temporary) == []


def _read(reading: int) -> bytes:
    try:
        return os.read(reading, 65536)
    except OSError:  # the other end is closed
        return b""


def test_asked_to_end_while_it_starts_it_leaves_nothing_either(temporary):
    with demo(temporary, "--plain") as process:
        until_said(temporary, "worker   starting")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
    assert remnants(temporary) == []


def test_killed_outright_it_leaves_nothing_a_moment_later(temporary):
    with demo(temporary, "--plain") as process:
        until_said(temporary, "worker   starting")
        process.kill()
        process.wait(PATIENCE_S)
    until(lambda: remnants(temporary) == [], lambda: str(remnants(temporary)))


def test_a_worker_that_dies_ends_the_demo_with_its_last_words(temporary):
    with demo(temporary, "--plain") as process:
        until_said(temporary, ", ready")
        os.kill(process_of(temporary, "slamon run"), signal.SIGKILL)
        assert process.wait(PATIENCE_S) == 1
    said = output(temporary, "err")
    assert said.startswith("slamon demo: the worker was ended by signal 9; its last lines:\n  ")
    assert "partition_entered" in said
    (log,) = re.findall(r"^all it said: (.+)$", said, re.MULTILINE)
    assert "http_started" in Path(log).read_text()
    assert remnants(temporary) == [Path(log).name]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--bootstrap", "foo"], "slamon demo: bootstrap: expected host:port, separated by commas, got 'foo'\n"),
        (["--bootstrap", "127.0.0.1:1"], "slamon demo: 127.0.0.1:1: expected a Kafka broker that answers, got "),
    ],
)
def test_a_broker_that_is_not_there_is_one_sentence(temporary, arguments, said):
    with demo(temporary, *arguments) as process:
        assert process.wait(PATIENCE_S) == 1
    assert output(temporary, "err").startswith(said)
    assert output(temporary, "err").count("\n") == 1
    assert remnants(temporary) == []


def test_without_the_embedded_broker_the_command_that_brings_it_is_named(temporary):
    hidden = temporary.with_name("hidden")
    hidden.mkdir()
    # As if it were not installed: found nowhere, whatever is on the path.
    (hidden / "sitecustomize.py").write_text(
        "import importlib.util as util\nfind = util.find_spec\n"
        "util.find_spec = lambda name, *more: None if name == 'noida_db' else find(name, *more)\n"
    )
    with demo(temporary, path=hidden) as process:
        assert process.wait(PATIENCE_S) == 1
    assert output(temporary, "err") == (
        "slamon demo: the demo's broker is not installed: pip install 'slamon[demo]' brings it "
        "(or name a Kafka that is there: slamon demo --bootstrap HOST:PORT)\n"
    )


async def test_on_a_given_broker_it_has_a_prefix_of_its_own_and_takes_its_topics_away(temporary, kafka):
    with demo(temporary, "--plain", "--bootstrap", kafka.bootstrap, "--for", "6s") as process:
        assert await asyncio.to_thread(process.wait, PATIENCE_S) == 0
    (prefix,) = re.findall(r"topics (slamon-demo-\w+\.)\*", output(temporary))
    assert output(temporary).count(" tickets, ") >= 2
    assert not [name for name in await topics_on(kafka.bootstrap) if name.startswith(prefix)]
    assert remnants(temporary) == []


async def topics_on(bootstrap: str) -> list[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return list(await admin.list_topics())
    finally:
        await admin.close()
