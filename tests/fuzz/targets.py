"""Where inputs come in from outside, each with good inputs to bend and with what it may say to bad ones."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from slamon.engine import codec, heads, state
from slamon.engine.position import Position, decode_position, encode_position
from slamon.engine.service_state import decode_service_record, encode_service_record
from slamon.engine.version import UnknownVersion
from slamon.notify.incident import incident_of, to_json
from slamon.notify.signals import Unreadable, signal_of
from slamon.policy_file import PolicyFileError, from_text
from slamon.policy_file.entries import Entries
from slamon.policy_file.rules import problems
from slamon.policy_file.text import canonical
from slamon.policy_file.yaml_documents import read
from slamon.runtime.intake_mapping import MAPPING_FAILED, Feed, Mapper
from slamon.runtime.letter import letter_of
from slamon.runtime.policy_log import PolicyLog, Publication
from slamon.sla.events import InvalidRecord
from slamon.sources import SOURCES
from slamon.sources.custom import load as custom
from slamon.sources.custom_parts import MappingError
from tests.engine.test_state import HEAD
from tests.fuzz import ported, registered, shown
from tests.fuzz.mangle import Mangler
from tests.fuzz.target import Target
from tests.notify.facts import CLOCK, Desk, breach, cleared, correction, ended, topic_of, warning
from tests.policy_file.test_any_mistake import DOCUMENTS
from tests.policy_file.writing import GOOD as POLICIES
from tests.policy_file.writing import NOW, SERVICES
from tests.sources.payloads import RECEIVED
from tests.sources.test_custom import HELPDESK, TICKET
from tests.sources.test_custom_uptime import CHECK, PINGS
from tests.sources.test_every_source import GOOD

TICKETS = [
    *GOOD["canonical"],
    {
        "ticket": "T-2",
        "at": RECEIVED,
        "event": "snapshot",
        "fields": {"status": "open", "tags": ["a"]},
        "revision": [1, "b"],
    },
]
WORDS = [*GOOD["canonical_uptime"], {"service": "s", "at": RECEIVED, "state": "down", "monitor": "m", "id": "1"}]
ENVELOPES = [
    {"specversion": "1.0", "type": "t", "source": "s", "id": "1", "datacontenttype": "application/json", "data": TICKETS[0]},
    {"schema": {"type": "struct"}, "payload": TICKETS[0]},
    {"before": None, "after": TICKETS[0], "op": "u", "source": {"ts_ms": RECEIVED}, "ts_ms": RECEIVED},
]  # fmt: skip
HEADERS: Sequence[list[tuple[str, bytes]]] = (
    [], [("content-type", b"application/cloudevents+json")], [("ce_id", b"1"), ("ce_type", b"t"), ("content-type", b"x")],
    [("ce_specversion", b"\xff")], [("slamon", b"watermark")], [("__op", b"d")],
    [("slamon-replay", b"t:1:2:3")], [("slamon-replay", b"t:-1:-2:-999999999999999999999")], [("slamon-replay", None)],
)  # fmt: skip
KEYS = (None, b"", b"T-1", b"\xff", b'{"sys_id":"a"}', b"[1]", b"x" * 2000)


class Raw(NamedTuple):
    """A record as it would come from Kafka."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Any
    partition: int = 0
    topic: str = "x"
    timestamp_type: int = 0


def _bytes(mangle: Mangler, good: Sequence[Any]) -> bytes:
    """JSON bent, or torn as text."""
    one = mangle.pick(good)
    return orjson.dumps(mangle.value(one)) if mangle.pick((True, True, False)) else mangle.torn(orjson.dumps(one))


def _ticket(mangle: Mangler) -> None:
    event = codec.decode_ticket(
        _bytes(mangle, [*TICKETS, *ENVELOPES]), mangle.pick(HEADERS), mangle.pick(KEYS), mangle.number()
    )
    again = codec.decode_ticket(codec.encode_ticket(event), [], None, 0)
    assert codec.encode_ticket(again) == codec.encode_ticket(event), "what was taken is not what is kept"


def _word(mangle: Mangler) -> None:
    event = codec.decode_service(_bytes(mangle, WORDS), mangle.pick(HEADERS), mangle.pick(KEYS), mangle.number())
    again = codec.decode_service(codec.encode_service(event), [], None, 0)
    assert codec.encode_service(again) == codec.encode_service(event), "what was taken is not what is kept"


def _watermark(mangle: Mangler) -> None:
    codec.decode_watermark(
        _bytes(mangle, [{"worker": "w", "inputs": [["t", 0, RECEIVED]]}, {"worker": "w", "time": 1}])
    )


def _of_source(name: str, good: Sequence[Any]) -> Callable[[Mangler], None]:
    source, heads = SOURCES[name], ({}, {"X-GitHub-Event": "issues"}, {"x-github-delivery": "d"})

    def once(mangle: Mangler) -> None:
        for event in source.map(mangle.value(mangle.pick(good)), mangle.pick(heads), RECEIVED):
            encode = codec.encode_ticket if source.role == "tickets" else codec.encode_service
            encode(event)  # type: ignore[arg-type]

    return once


def _posted(mangle: Mangler) -> None:
    """What is posted to /ingest, or stands in an input's topic, on its whole way."""
    name = mangle.pick(list(GOOD))
    record = Raw(0, mangle.number(), mangle.pick(KEYS), _bytes(mangle, GOOD[name]), mangle.pick(HEADERS))
    try:
        Mapper(8).rows(Feed("x", SOURCES[name]), record, RECEIVED)  # type: ignore[arg-type]
    except InvalidRecord as error:
        if error.reason == MAPPING_FAILED:
            raise RuntimeError(f"{name}: {error}") from error
        raise


def _custom(mangle: Mangler) -> None:
    for event in CUSTOM.map(mangle.value({"tickets": [{**TICKET, "author": {"role": "staff"}}, TICKET]}), {}, RECEIVED):
        codec.encode_ticket(event)  # type: ignore[arg-type]


def _custom_uptime(mangle: Mangler) -> None:
    for event in CUSTOM_UPTIME.map(mangle.value({"checks": [CHECK, {**CHECK, "kind": "internal"}]}), {}, RECEIVED):
        codec.encode_service(event)  # type: ignore[arg-type]


def _mapping(mangle: Mangler) -> None:
    custom(mangle.value(mangle.pick((MAPPING, PINGS))))


def _policy_file(mangle: Mangler) -> None:
    content = mangle.torn(mangle.pick(FILES))
    documents, unread = read("p.yaml", content)
    entries = Entries(documents)
    if not [*unread, *problems(entries, NOW)]:
        from_text(canonical(entries.whole(), NOW))


def _policy_values(mangle: Mangler) -> None:
    documents, unread = read("p.yaml", orjson.dumps(mangle.value(mangle.pick(DOCUMENTS))))
    entries = Entries(documents)
    if not [*unread, *problems(entries, NOW)]:
        from_text(canonical(entries.whole(), NOW))


def _policy_text(mangle: Mangler) -> None:
    from_text(_bytes(mangle, [TEXT]))


def _publication(mangle: Mangler) -> None:
    good = {"version": "v", "at": RECEIVED, "published_at": RECEIVED, "to_open": False, "by": "me"}
    keys = Publication(**good).key, b"activation/x", b"text/v", b"\xff", b""
    PolicyLog().take(mangle.pick(keys), _bytes(mangle, [good]))


def _fact(mangle: Mangler) -> None:
    fact = mangle.pick(FACTS)
    signal_of(
        topic_of(fact),
        _bytes(mangle, [fact]),
        mangle.pick(([("live", b"true"), ("behind", b"true")], [], [("live", b"\xff")])),
    )


def _letter(mangle: Mangler) -> None:
    names = (
        "reason",
        "message",
        "source_topic",
        "source_partition",
        "source_offset",
        "source_timestamp",
        "cut",
        "digest",
    )
    values = (b"", b"1", b"-1", b"\xff", b"t", "²".encode(), b"9" * 30, b"1" * 5000, None)
    names = mangle.pick((names, tuple(f"original.{name}" for name in names)))
    headers = [(name, mangle.pick(values)) for name in names if mangle.pick((True, False))]
    letter_of(Raw(0, mangle.number(), mangle.pick(KEYS), mangle.pick((None, b"", b"x")), headers))


READERS: Mapping[str, Callable[[bytes], Any]] = {
    "ticket head": heads.decode_head,
    "ticket record": state.decode_record,
    "service record": decode_service_record,
    "position": decode_position,
}


def _state(mangle: Mangler) -> None:
    name, good = mangle.pick(STATES)
    READERS[name](mangle.torn(good))


def _page(mangle: Mangler) -> None:
    incident_of(mangle.value(PAGE))


STATES = [
    ("ticket head", HEAD),
    ("ticket record", state.encode_record(codec.decode_ticket(orjson.dumps(TICKETS[0]), [], None, 0))),
    ("service record", encode_service_record(codec.decode_service(orjson.dumps(WORDS[0]), [], None, 0))),
    ("position", encode_position(Position())),
    ("position", encode_position(Position(listed="json"))),
]
FACTS = [warning(0), cleared(1), breach(), ended("met", 2), correction(warning(0)), correction(breach(), again=True)]
PAGE = to_json(Desk().hear(warning(0), breach()).board.incident(CLOCK))
FILES = [POLICIES.encode(), SERVICES.encode()]
CUSTOM, CUSTOM_UPTIME = custom(HELPDESK), custom(PINGS)
MAPPING = orjson.loads(orjson.dumps(HELPDESK, option=orjson.OPT_NON_STR_KEYS))
TEXT = orjson.loads(canonical(Entries(read("p.yaml", (POLICIES).encode())[0]).whole(), NOW))
KNOWN = (ValueError, KeyError, TypeError, AttributeError)  # what their one caller takes for a record that is not ours
# State that this worker's own transactions wrote: one that is damaged ends it, whatever the words.
DAMAGED = (*KNOWN, IndexError, UnknownVersion, OverflowError)


def _all() -> Iterator[tuple[str, Target]]:
    yield "tickets", Target(_ticket, (InvalidRecord,), 30)
    yield "uptime", Target(_word, (InvalidRecord,), 20)
    yield "watermarks", Target(_watermark, (InvalidRecord,))
    yield "state", Target(_state, DAMAGED)
    for name, good in GOOD.items():
        yield f"source {name}", Target(_of_source(name, good), (InvalidRecord,))
    yield "source custom", Target(_custom, (InvalidRecord,), 3)
    yield "source custom_uptime", Target(_custom_uptime, (InvalidRecord,), 3)
    yield "mapping file", Target(_mapping, (MappingError,), 1)
    yield "posted", Target(_posted, (InvalidRecord,), 20)
    yield "policy file", Target(_policy_file, (PolicyFileError,), 1)
    yield "policy values", Target(_policy_values, (PolicyFileError,), 1)
    yield "policy text", Target(_policy_text, (PolicyFileError,), 1)
    yield "publications", Target(_publication, ())
    yield "facts", Target(_fact, (Unreadable,), 20)
    yield "pages", Target(_page, KNOWN, 3)
    yield "letters", Target(_letter, (), 10)
    yield from registered.targets()
    yield from shown.targets()
    yield from ported.targets()


TARGETS: Mapping[str, Target] = dict(_all())
