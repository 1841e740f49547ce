"""One port from the first second: metrics, health, readiness, the API to read, and the doors of inputs, if any."""

from slamon.service.http.guard import MAX_AT_ONCE
from slamon.service.http.server import HEADERS, HttpServer

__all__ = ["HEADERS", "MAX_AT_ONCE", "HttpServer"]
