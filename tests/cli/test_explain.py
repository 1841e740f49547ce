"""`slamon explain`: from files and from a worker, in the same words."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import orjson
import pytest

from tests.cli.calling import POLICIES, TICKETS, call

FILES = ("--policies", POLICIES, TICKETS)

RESOLUTION = """\
resolution: missed
  policy      gold (SLA, version {version})
  target      2h (priority=P1)
  elapsed     2h10m, 10m over
  due_at      2024-01-08 12:00
  breached_at 2024-01-08 12:00
  ended_at    2024-01-08 12:10 (resolve)
  calendar    office, on the wall clock of Europe/Berlin
  started 2024-01-08 09:00; counted:
    from              to                time   sum
    2024-01-08 09:00  2024-01-08 09:30  30m    30m
    2024-01-08 10:30  2024-01-08 12:10  1h40m  2h10m
  paused:
    from              to                reason
    2024-01-08 09:30  2024-01-08 10:30  status=waiting for customer
  by status   new 30m, open 1h40m
  by group    service desk 30m, mail 1h40m
  thresholds  50% at 2024-01-08 11:00, 90% at 2024-01-08 11:48
"""


def explained(*words: object) -> dict:
    return orjson.loads(call("explain", *words, "--json").out)


def test_a_clock_is_told_so_that_a_pencil_can_check_it():
    said = call("explain", "T-1", *FILES)
    version = explained("T-1", *FILES)["clocks"][0]["version"]
    assert (said.code, said.err) == (0, "")
    assert said.out.endswith(RESOLUTION.format(version=version))


def test_it_tells_how_things_stood_at_an_instant():
    told = explained("T-1", *FILES, "--at", "2024-01-08T09:00:00Z")
    resolution = next(clock for clock in told["clocks"] if clock["objective"] == "resolution")
    assert (told["at"], resolution["stage"], resolution["elapsed_seconds"]) == ("2024-01-08T09:00:00Z", "paused", 1800)


def test_an_open_clock_runs_up_to_the_last_record():
    told = explained("T-2", *FILES)
    resolution = next(clock for clock in told["clocks"] if clock["objective"] == "resolution")
    assert (resolution["stage"], resolution["elapsed_seconds"]) == ("active", 4 * 3600 + 20 * 60)


def test_an_unknown_ticket_is_answered_with_the_nearest_one():
    assert call("explain", "T-11", *FILES) == (
        1, "", "ticket: expected one with records in these files, got 'T-11' (did you mean 'T-1'?)\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["T-1"], "expected --policies PATH and files, or --from URL"),
        (["T-1", "--policies", "p.yaml"], "expected --policies PATH and files, or --from URL"),
        (["T-1", "x.csv", "--from", "http://x"], "expected --from URL alone, got files"),
    ],
)
def test_what_does_not_go_together_is_said(words: list[str], wrong: str):
    said = call("explain", *words)
    assert said.code == 2
    assert wrong in said.err


@contextmanager
def worker(
    status: int, body: bytes, location: str = "", headers: list[dict[str, str]] | None = None
) -> Iterator[tuple[str, list[str]]]:
    """An HTTP server that answers everything alike; the paths it was asked for."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if headers is not None:
                headers.append(dict(self.headers))
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_worker_is_asked_and_told_in_the_same_words():
    with worker(200, orjson.dumps(explained("T-1", *FILES))) as (url, asked):
        said = call("explain", "T-1", "--from", url)
    assert said == call("explain", "T-1", *FILES)
    assert asked == ["/api/v1/tickets/T-1"]


def test_a_worker_is_shown_the_token_of_the_file(tmp_path: Path):
    shown = []
    (tmp_path / "tokens").write_text("first-token-0123\nsecond-token-0123\n")
    with worker(200, orjson.dumps(explained("T-1", *FILES)), headers=shown) as (url, _):
        assert call("explain", "T-1", "--from", url, "--token-file", tmp_path / "tokens").code == 0
        said = call("explain", "T-1", "--from", url, "--token-file", tmp_path / "nowhere")
    assert [headers["Authorization"] for headers in shown] == ["Bearer first-token-0123"]
    assert (said.code, said.err.startswith("--token-file: expected a file with a token")) == (1, True)


def test_a_token_goes_nowhere_a_worker_sends_it(tmp_path: Path):
    (tmp_path / "tokens").write_text("first-token-0123")
    body = orjson.dumps(explained("T-1", *FILES))
    with worker(200, body) as (elsewhere, asked), worker(302, b"{}", location=elsewhere) as (url, _):
        said = call("explain", "T-1", "--from", url, "--token-file", tmp_path / "tokens")
    assert (said.code, asked) == (1, [])


def test_a_ticket_id_is_quoted_on_the_way():
    with worker(404, b'{"error":"unknown_ticket","detail":"no event of it was read yet"}') as (url, asked):
        said = call("explain", "a/b ?", "--from", f"{url}/")
    assert asked == ["/api/v1/tickets/a%2Fb%20%3F", "/api/v1/services/a%2Fb%20%3F"]
    assert said == (
        1, "", f"{url}/api/v1/tickets/a%2Fb%20%3F: expected the ticket, got 404 unknown_ticket (no event of it was read yet)\n",
    )  # fmt: skip


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"clocks": 1}'])
def test_something_that_is_no_worker_is_recognised(body: bytes):
    with worker(200, body) as (url, _):
        said = call("explain", "T-1", "--from", url)
    assert (said.code, said.err.endswith("(is this a slamon worker?)\n")) == (1, True)


def test_a_worker_that_is_not_there_is_said():
    with worker(200, b"") as (url, _):
        pass
    said = call("explain", "T-1", "--from", url)
    assert said.code == 1
    assert "expected a running worker, got: [Errno" in said.err


@pytest.mark.parametrize("url", ["file:///etc/passwd", "localhost:8080", "http://"])
def test_only_http_addresses_are_asked(url: str):
    assert call("explain", "T-1", "--from", url) == (
        1, "", f"--from: expected an address like http://localhost:8080, got '{url}'\n",
    )  # fmt: skip


def test_an_unreadable_policy_ends_with_two(tmp_path: Path):
    said = call("explain", "T-1", "--policies", tmp_path / "none.yaml", TICKETS)
    assert said.code == 2
    assert "expected a policy file" in said.err
