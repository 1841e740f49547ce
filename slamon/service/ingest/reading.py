"""What of a request becomes a record: a JSON body of bounded size, and the headers a source may need."""

import asyncio
from urllib.parse import unquote

from aiohttp import web

from slamon.service.ingest.refusal import Refusal

READ_SECONDS = 10.0
# Those a source reads. Any other may hold a secret of somebody between the sender and us.
KEPT = ("content-type", "x-github-delivery", "x-github-event")
EVENT = "ce-"  # CloudEvents in HTTP's binary form; in Kafka's it is `ce_`


def check_type(request: web.Request) -> None:
    """Refuses what is not plain JSON by its own word."""
    coding = request.headers.get("Content-Encoding", "identity")
    if coding.lower() != "identity":
        raise Refusal(415, "wrong_type", f"content-encoding: expected none, got {coding!r:.60}")
    said = request.headers.get("Content-Type", "")
    kind = said.split(";")[0].strip().lower()
    if kind not in ("application/json", "text/json") and not (
        kind.startswith("application/") and kind.endswith("+json")
    ):
        got = f"{said!r:.60}" if said else "nothing"
        raise Refusal(415, "wrong_type", f"content-type: expected application/json, got {got}")


async def body_of(request: web.Request, most: int, seconds: float = READ_SECONDS) -> bytes:
    """The body, counted while it is read: what it says of its length is only believed when that is too much."""
    if (request.content_length or 0) > most:
        raise _too_large(most)
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for part in request.content.iter_any():
                body += part
                if len(body) > most:
                    raise _too_large(most)
    except TimeoutError:
        raise Refusal(503, "slow_body", f"body: expected all of it within {seconds:g} s") from None
    except (web.RequestPayloadError, ConnectionError) as error:
        raise Refusal(400, "bad_body", "body: expected it whole, as its headers announce it") from error
    return bytes(body)


def headers_of(request: web.Request) -> list[tuple[str, bytes]]:
    """The headers the record keeps, by lower-case name."""
    kept = [(name, request.headers[name].encode("utf-8", "replace")) for name in KEPT if name in request.headers]
    events = [
        (f"ce_{name[len(EVENT) :].lower()}", unquote(value).encode("utf-8", "replace"))
        for name, value in request.headers.items()
        if name.lower().startswith(EVENT)
    ]
    return kept + events


def _too_large(most: int) -> Refusal:
    return Refusal(413, "too_large", f"body: expected at most {most} bytes", headers={"Connection": "close"})
