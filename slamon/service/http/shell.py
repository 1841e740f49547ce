"""The page at `/`: files of ours that hold no data, so everybody may have them; what it shows it asks of the API."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from slamon.service.http.guard import Handler

FOLDER = Path(__file__).parents[1] / "page"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types"
)


def shell() -> Mapping[str, Handler]:
    """A handler for each file by its path; `index.html` stands at the root."""
    files = sorted(path for path in FOLDER.iterdir() if path.suffix in TYPES)
    return {"/" if path.name == "index.html" else f"/page/{path.name}": _handler(path) for path in files}


def _handler(path: Path) -> Handler:
    body = path.read_bytes()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": POLICY, "ETag": tag}

    async def handle(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type=TYPES[path.suffix], charset="utf-8", headers=headers)

    return handle
