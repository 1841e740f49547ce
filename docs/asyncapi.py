# noqa: INP001  a script beside what it writes, not a package
"""docs/asyncapi.yaml: the topics, their records and headers for machines.   python docs/asyncapi.py

Topics and their settings come from the code, values from docs/schema; tests hold that the file is what this writes.
"""

from pathlib import Path
from typing import Any

import yaml

from slamon import __version__
from slamon.runtime.topic_specs import TopicSpec, specs_of

FILE = Path(__file__).with_name("asyncapi.yaml")
PREFIX = "slamon."
INTERNAL = {"changelog", "pages"}  # the workers' own, and the notifier's
SEND, RECEIVE = "send", "receive"
TEXT = {"type": "string"}
TRUE = {"type": "string", "enum": ["true"]}
NUMBER = {"type": "string", "pattern": "^[0-9]+$"}

Object = dict[str, Any]


def headers(required: Object, optional: Object) -> Object:
    """Kafka's headers, all of them text."""
    return {"type": "object", "required": list(required), "properties": {**required, **optional}}


FACT_HEADERS = headers(
    {
        "content-type": {"type": "string", "const": "application/cloudevents+json; charset=UTF-8"},
        "live": {"type": "string", "enum": ["true", "false"], "description": "Page on live facts only."},
        "recordedtime": {"type": "string", "format": "date-time", "description": "When it left."},
    },
    {
        "behind": TRUE | {"description": "It left although an input had no owner and may hold earlier records."},
        "source_silent": TRUE | {"description": "Its source has an input that is silent for longer than it may be."},
    },
)
LETTER_HEADERS = headers(
    {
        "reason": TEXT | {"description": "One word, docs/dead-letters.md."},
        "message": TEXT | {"description": "The sentence: where, expected, got, hint."},
        "source_topic": TEXT,
        "source_partition": NUMBER,
        "source_offset": NUMBER,
        "source_timestamp": NUMBER | {"description": "Kafka's, in milliseconds."},
        "digest": TEXT | {"description": "BLAKE2b of the whole value, 16 bytes in hex."},
    },
    {
        "tombstone": TRUE | {"description": "The record had no value."},
        "headers_cut": NUMBER | {"description": "So many of its headers were too large to keep."},
        "cut": NUMBER | {"description": "The value is the beginning of so many bytes."},
    },
)
TICKET_KEY = TEXT | {"description": "The ticket."}
SERVICE_KEY = TEXT | {"description": "The service."}
SUBJECT_KEY = TEXT | {"description": "The ticket or service: the same partition as its records."}
ACTIVATION = {
    "type": "object",
    "required": ["version", "at", "published_at", "to_open", "by"],
    "properties": {
        "version": TEXT,
        "at": {"type": "integer", "description": "It holds from this instant, in milliseconds."},
        "published_at": {"type": "integer"},
        "to_open": {"type": "boolean", "description": "Whether clocks that run take it over."},
        "by": TEXT,
    },
}


def message(name: str, summary: str, key: Object, payload: Object, **more: Any) -> Object:
    """One kind of record."""
    said = {"name": name, "title": name, "summary": summary, "contentType": "application/json", **more}
    return said | {"payload": payload, "bindings": {"kafka": {"key": key, "bindingVersion": "0.5.0"}}}


def schema(name: str) -> Object:
    return {"$ref": f"./schema/{name}.schema.json"}


MESSAGES = {
    "ticketRecord": message(
        "ticketRecord", "Something happened to a ticket (docs/sources.md)", TICKET_KEY, schema("ticket-event")
    ),
    "serviceRecord": message("serviceRecord", "A monitor says how a service is", SERVICE_KEY, schema("service-event")),
    "fact": message(
        "fact",
        "Something became true of a clock (docs/events.md)",
        SUBJECT_KEY,
        schema("fact"),
        contentType="application/cloudevents+json",
        headers=FACT_HEADERS,
    ),
    "clock": message(
        "clock",
        "An open clock as it stands; without a value it has ended (docs/clocks.md)",
        TEXT | {"description": "The clock_id."},
        schema("clock"),
    ),
    "deadLetter": message(
        "deadLetter",
        "A record that was not understood: its own key and bytes, and why",
        TEXT | {"description": "That of the record."},
        {"description": "The bytes of the record, whatever they are."},
        contentType="application/octet-stream",
        headers=LETTER_HEADERS,
    ),
    "policyText": message(
        "policyText",
        "The text of a policy version, as published",
        TEXT | {"pattern": "^text/.+$"},
        {"type": "object", "description": "As `slamon policy publish` writes it."},
    ),
    "policyActivation": message(
        "policyActivation", "From when a version holds", TEXT | {"pattern": "^activation/[0-9]{15}/.+$"}, ACTIVATION
    ),
}
WRITERS, READERS = (
    "Written by your producers or by intake, read by the workers. Records with the header `slamon: watermark` are the workers' own: pass them over.",
    "Written by the workers, in transactions: read it with isolation.level=read_committed.",
)
# Role of the topic: what it is for, its messages, and what your program does with it.
CHANNELS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "tickets": (f"Canonical records of tickets. {WRITERS}", ("ticketRecord",), SEND),
    "uptime": (f"Canonical records of services. {WRITERS}", ("serviceRecord",), SEND),
    "warnings": (f"warning, cleared, and their corrections. {READERS}", ("fact",), RECEIVE),
    "breaches": (f"breach, and its corrections. {READERS}", ("fact",), RECEIVE),
    "outcomes": (f"met, missed, cancelled, statement, and every correction. {READERS}", ("fact",), RECEIVE),
    "deadletter": (f"What could not be understood. {READERS}", ("deadLetter",), RECEIVE),
    "clocks": (
        f"The open clocks, one key each; only with `clocks_topic: json`, and with `connect` in Kafka Connect's envelope. {READERS}",
        ("clock",),
        RECEIVE,
    ),
    "policies": (
        "Texts and activations of policies, in the order of their offsets; `slamon policy publish` writes it.",
        ("policyText", "policyActivation"),
        RECEIVE,
    ),
}


def document() -> Object:
    """The whole of it."""
    specs = {spec.role: spec for spec in specs_of(clocks=True) if spec.role not in INTERNAL}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "slamon",
            "version": __version__,
            "description": f"The topics of an installation with the prefix `{PREFIX}` and 8 partitions; both are settings.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {role: _channel(spec) for role, spec in specs.items()},
        "operations": {f"{CHANNELS[role][2]}_{role}": _operation(role) for role in specs},
        "components": {"messages": MESSAGES},
    }


def _channel(spec: TopicSpec) -> Object:
    description, messages, _ = CHANNELS[spec.role]
    configuration: Object = {
        "cleanup.policy": [spec.policy],
        "max.message.bytes": int(spec.configs["max.message.bytes"]),
    }
    if spec.retention_ms is not None:
        configuration["retention.ms"] = spec.retention_ms
    kafka = {"partitions": spec.partitions(8), "topicConfiguration": configuration, "bindingVersion": "0.5.0"}
    return {
        "address": PREFIX + spec.role,
        "description": description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"kafka": kafka},
    }


def _operation(role: str) -> Object:
    """What a program of yours does: sends records, receives facts."""
    messages, action = CHANNELS[role][1:]
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{role}"},
        "messages": [{"$ref": f"#/channels/{role}/messages/{name}"} for name in messages],
    }


class Plain(yaml.SafeDumper):
    """Writes what is said twice twice: anchors are for machines of another kind."""

    def ignore_aliases(self, data: Any) -> bool:
        """Always."""
        return True


def text() -> str:
    """The document as it stands in the file."""
    head = "# Made by `python docs/asyncapi.py` from slamon/runtime/topic_specs.py and docs/schema; do not edit.\n"
    return head + yaml.dump(document(), Dumper=Plain, sort_keys=False, width=140, allow_unicode=True)


if __name__ == "__main__":
    FILE.write_text(text())
