"""A schema registry of the tests: the HTTP API and the wire format of Confluent's, over schemas in memory."""

import base64
import json
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from fastavro import parse_schema, schemaless_writer

TYPE = "application/vnd.schemaregistry.v1+json"


@dataclass
class Served:
    """`by_id` and `by_version` are answered as the registry does; `trouble` is answered first, each once."""

    by_id: dict[int, dict[str, Any]] = field(default_factory=dict)
    by_version: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    trouble: list[web.Response] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    said: list[str | None] = field(default_factory=list)
    server: TestServer | None = None

    @property
    def url(self) -> str:
        assert self.server is not None
        return f"http://{self.server.host}:{self.server.port}"

    async def start(self) -> "Served":
        app = web.Application()
        app.router.add_get("/schemas/ids/{id}", self._id)
        app.router.add_get("/subjects/{subject}/versions/{version}", self._version)
        self.server = TestServer(app, host="127.0.0.1")
        await self.server.start_server()
        return self

    async def stop(self) -> None:
        assert self.server is not None
        await self.server.close()

    async def _id(self, request: web.Request) -> web.Response:
        return self._answer(request, self.by_id.get(int(request.match_info["id"])), 40403, "Schema not found")

    async def _version(self, request: web.Request) -> web.Response:
        key = (request.match_info["subject"], int(request.match_info["version"]))
        return self._answer(request, self.by_version.get(key), 40401, "Subject not found")

    def _answer(self, request: web.Request, found: dict[str, Any] | None, code: int, why: str) -> web.Response:
        self.asked.append(request.path_qs)
        self.said.append(request.headers.get("Authorization"))
        if self.trouble:
            return self.trouble.pop(0)
        if found is None:
            return web.json_response({"error_code": code, "message": why}, status=404, content_type=TYPE)
        text = found["serialized"] if request.query.get("format") == "serialized" else found["schema"]
        if text is None:
            return web.json_response({"error_code": 0, "message": "Syntax error"}, status=500)
        told = {name: word for name, word in found.items() if name != "serialized"}
        return web.json_response({**told, "schema": text}, content_type=TYPE)


def avro(schema: Any, *references: dict[str, Any]) -> dict[str, Any]:
    """As the registry has it: AVRO is what it says nothing of."""
    return {"schema": json.dumps(schema), **({"references": list(references)} if references else {})}


def protobuf(descriptor: Any, *references: dict[str, Any]) -> dict[str, Any]:
    """A schema whose text is not read here, so that the descriptor (a FileDescriptorProto) is asked for."""
    serialized = base64.b64encode(descriptor.SerializeToString()).decode()
    told = {"schemaType": "PROTOBUF", "schema": 'edition = "2023";', "serialized": serialized}
    return {**told, **({"references": list(references)} if references else {})}


def framed(schema_id: int, body: bytes) -> bytes:
    return b"\0" + schema_id.to_bytes(4, "big") + body


def written(schema_id: int, schema: Any, value: Any) -> bytes:
    """As KafkaAvroSerializer writes it."""
    out = BytesIO()
    schemaless_writer(out, parse_schema(schema), value)
    return framed(schema_id, out.getvalue())
