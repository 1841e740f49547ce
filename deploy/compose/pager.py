# noqa: INP001  a program of a container, not a package
"""Prints what slamon notify and Alertmanager post, one line each: what a person would have been told."""

import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PORT = 9900
MOST = 4 * 1024 * 1024  # bytes


def lines(path: str, body: Any) -> Iterator[str]:
    """A page by its summary, an alert by what it describes."""
    if "alerts" not in body:
        yield f"{path}: {body['action']}: {body['summary']}"
    for alert in body.get("alerts", []):
        yield f"{path}: {alert['status']}: {alert['labels']['alertname']}: {alert['annotations'].get('description', '')}"


class Pager(BaseHTTPRequestHandler):
    """Takes every POST."""

    def do_POST(self) -> None:
        """Prints the body and says 202."""
        size = min(int(self.headers.get("Content-Length", 0)), MOST)
        body = json.loads(self.rfile.read(size))
        sys.stdout.write("".join(f"{line}\n" for line in lines(self.path.strip("/"), body)))
        sys.stdout.flush()
        self.send_response(202)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name in the class above
        """Nothing: a post says enough."""


if __name__ == "__main__":
    ThreadingHTTPServer(("", PORT), Pager).serve_forever()
