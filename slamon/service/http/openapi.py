"""The OpenAPI 3.1 document, and with it the paths of the API: the server has exactly those that stand here."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from slamon import __version__
from slamon.service.http.asked import HOP, ID, MAX_LISTED, USUAL_LISTED, WITHIN
from slamon.service.http.paging import MAX_CURSOR
from slamon.service.http.schemas import SCHEMAS, ref
from slamon.service.problem import PROBLEM_JSON

Parameter = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """A GET: the method that answers it, what it is called, its answer, parameters, and the ways it can be refused."""

    handler: str
    summary: str
    schema: str | None
    parameters: tuple[Parameter, ...] = ()
    refusals: tuple[int, ...] = ()
    stream: bool = False  # of server-sent events


def _query(name: str, description: str, **schema: Any) -> Parameter:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _id(description: str, example: str) -> Parameter:
    schema = {"type": "string", "pattern": f"^{ID}$", "minLength": 1, "maxLength": 512}
    told = {"description": description, "schema": schema, "example": example}
    return {"name": "id", "in": "path", "required": True, **told}


def _named(name: str, description: str) -> Parameter:
    return _query(name, description, type="string", pattern=f"^{ID}$")


LIMIT = _query("limit", "At most so many.", type="integer", minimum=1, maximum=MAX_LISTED, default=USUAL_LISTED)
CURSOR = _query("cursor", "`next` of the page before.", type="string", pattern="^[A-Za-z0-9_-]+$", maxLength=MAX_CURSOR)
HOPS: Parameter = {
    "name": HOP,
    "in": "header",
    "description": "Asks this worker alone; workers send it when they ask each other.",
    "schema": {"type": "string", "enum": ["1"]},
}
FILTERS = (
    _named("policy", "Of this policy alone."),
    _named("customer", "Of this customer alone."),
    _named("group", "Of tickets in this group alone."),
    _query("within", "Due so soon: `30m`, `4h`, `2d`.", type="string", pattern=f"^{WITHIN}$", examples=["4h"]),
)
LAST: Parameter = {
    "name": "Last-Event-ID",
    "in": "header",
    "description": "`id` of the last event: what came after it follows, if this worker still has it; else everything anew.",
    "schema": {"type": "string"},
}
ONE = (404, 421)  # of one ticket or service
ALWAYS = (400, 401, 403, 503, 504)

# Below /api/v1.
PATHS: Mapping[str, Operation] = {
    "/status": Operation("status", "All workers with their partitions and inputs", "Status", (HOPS,)),
    "/tickets/{id}": Operation(
        "ticket", "A ticket's clocks, explained", "Ticket", (_id("Its id.", "INC-1042"), HOPS), ONE
    ),
    "/tickets/{id}/clocks": Operation(
        "clocks", "A ticket's clocks, in short", "TicketClocks", (_id("Its id.", "INC-1042"), HOPS), ONE
    ),
    "/at-risk": Operation(
        "at_risk",
        "The open clocks that are due soonest",
        "AtRisk",
        (LIMIT, CURSOR, *FILTERS, HOPS),
    ),
    "/events": Operation(
        "events",
        "The newest warnings and breaches, and what is at risk, as they change: server-sent events",
        "Event",
        (LIMIT, *FILTERS, LAST, HOPS),
        stream=True,
    ),
    "/services": Operation("services", "How services stand", "Services", (LIMIT, CURSOR, HOPS)),
    "/services/{id}": Operation(
        "service", "A service's clocks, explained", "Service", (_id("Its id.", "checkout"), HOPS), ONE
    ),
    "/policies": Operation("policies", "The policies in force", "Policies", (HOPS,)),
    "/policies/{id}": Operation(
        "policy", "One policy: its text, and in plain words", "Policy", (_id("Its name.", "gold"), HOPS), (404,)
    ),
    "/openapi.json": Operation("openapi", "This document", None, (HOPS,)),
}
DESCRIPTION = (
    "How the promises on tickets and services stand. Any worker answers for all partitions, where workers know each"
    " other's addresses (docs/http.md). Everything is read; nothing can be changed here."
)


def _operation(operation: Operation) -> dict[str, Any]:
    schema = {"type": "object"} if operation.schema is None else ref(operation.schema)
    media = "text/event-stream" if operation.stream else "application/json"
    answers: dict[str, Any] = {"200": {"description": "Found.", "content": {media: {"schema": schema}}}}
    for status in sorted({*ALWAYS, *operation.refusals}):
        answers[str(status)] = {"$ref": f"#/components/responses/{status}"}
    return {
        "operationId": operation.handler,
        "summary": operation.summary,
        "parameters": list(operation.parameters),
        "responses": answers,
    }


def _refusal(status: int) -> dict[str, Any]:
    return {"description": HTTPStatus(status).phrase, "content": {PROBLEM_JSON: {"schema": ref("Problem")}}}


DOCUMENT: Mapping[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "slamon",
        "version": __version__,
        "description": DESCRIPTION,
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    },
    "servers": [{"url": "/api/v1"}],
    "security": [{"bearer": []}, {"certificate": []}],
    "paths": {path: {"get": _operation(operation)} for path, operation in PATHS.items()},
    "components": {
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "description": "A token of `access.token_files`."},
            "certificate": {"type": "mutualTLS", "description": "Of an authority of `access.client_ca_file`."},
        },
        "responses": {str(status): _refusal(status) for status in sorted({*ALWAYS, *ONE})},
        "schemas": SCHEMAS,
    },
}
