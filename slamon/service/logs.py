"""One logging configuration for slamon, faust, mode and aiokafka: constant event names, ids as fields, no secrets."""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# Kafka's clients tell of every rebalance at info and of every fetch at debug.
LIBRARIES = ("aiokafka", "asyncio", "aiohttp", "faust", "kafka", "mode", "rocksdict")
HIDDEN = "***"
MAX_DEPTH = 4
MAX_TEXT = 8_000

_SECRET_KEY = re.compile(r"passw|secret|token|credential|authorization|api_?key|private_?key|cookie", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"(?P<url>://)[^/\s@]+@"
    r"|(?P<word>\b\w*(?:passw|secret|token|authorization|api_?key)\w*['\"]?\s*[=:]\s*['\"]?(?:(?:bearer|basic)\s+)?)"
    r"[^\s,'\")]+",
    re.IGNORECASE,
)


def configure(
    form: Literal["json", "console"] = "json", level: str = "info", stream: TextIO | None = None
) -> logging.Handler:
    """The handler everything is written through from now on; earlier handlers are gone. May be called again."""
    output = sys.stderr if stream is None else stream
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_chain(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(output)
    handler.addFilter(_Libraries(debug=level.upper() == "DEBUG"))
    handler.setFormatter(_formatter(form, colours=form == "console" and output.isatty()))
    logging.root.handlers[:] = [handler]
    _set_levels(level.upper())
    logging.captureWarnings(True)
    return handler


def _set_levels(level: str) -> None:
    logging.root.setLevel(level)
    for name in LIBRARIES:
        library = logging.getLogger(name)
        library.handlers.clear()  # aiokafka and faust may have brought their own
        library.propagate = True
        library.setLevel(level if level in {"DEBUG", "ERROR"} else "WARNING")


def _chain() -> list[Processor]:
    """What every record goes through, ours and theirs."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp"),
        redact,
    ]


def _formatter(form: str, colours: bool) -> logging.Formatter:
    renderer: Processor = structlog.processors.JSONRenderer(default=str)
    if form == "console":
        plain = structlog.dev.plain_traceback
        renderer = structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=plain)
    last = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        redact,  # again: a traceback is text only now
        _in_order,
        renderer,
    ]
    foreign = [structlog.stdlib.ExtraAdder(), _library_record, *_chain()]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=foreign, processors=last)


def _library_record(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A record of a library: its free text is a field, since event names are constant."""
    message = " ".join(str(event["event"]).split())
    return {**event, "event": "library_logged", "message": message}


def _in_order(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """When, how bad, what and where first."""
    first = {key: event[key] for key in ("timestamp", "level", "event", "logger") if key in event}
    return {**first, **event}


class _Libraries(logging.Filter):
    """Lets libraries speak from warning on, or at debug whatever fits a line: Faust draws its state as tables.

    Faust and mode also log under the names of our subclasses, so the name does not tell: a record of ours is a dict.
    """

    def __init__(self, debug: bool) -> None:
        super().__init__()
        self._debug = debug

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, dict) or record.levelno >= logging.WARNING:
            return True
        return self._debug and "\n" not in record.getMessage()


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The record without what looks like a secret, by key and by form."""
    return {key: _without_secrets(key, value, MAX_DEPTH) for key, value in event.items()}


def _without_secrets(key: object, value: Any, depth: int) -> Any:
    if isinstance(key, str) and _SECRET_KEY.search(key) and value is not None:
        return HIDDEN
    if isinstance(value, str):
        return _SECRET_TEXT.sub(_hide, value[:MAX_TEXT])
    if depth and isinstance(value, Mapping):
        return {inner: _without_secrets(inner, held, depth - 1) for inner, held in value.items()}
    if depth and isinstance(value, list | tuple) and type(value) in {list, tuple}:
        return type(value)(_without_secrets(None, held, depth - 1) for held in value)
    return value


def _hide(found: re.Match[str]) -> str:
    return f"{found['url']}{HIDDEN}@" if found["url"] else f"{found['word']}{HIDDEN}"
