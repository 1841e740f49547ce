"""Conditions as mappings in a policy file -> conditions of the rules: a mapping holds if each of its keys does."""

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any as Anything

from slamon.policy_file.problems import Finding, listed, meant, shown
from slamon.sla.conditions import All, Any, Changed, Condition, Event, Field, Not
from slamon.sla.events import ENDINGS, Kind

MAX_DEPTH = 8
MAX_PARTS = 500
AUTHORS = ("agent", "customer", "system")
NEVER = Any(())  # what `pause: []` says; the rules know it, and let not even an explicit hold pause

# Short names for what people mean most often; the words are those of the sources' table of signals.
_ALIASES: Mapping[str, Event] = {
    "public_reply": Event((Kind.REPLIED,), by="agent", public=True),
    "customer_message": Event((Kind.REPLIED,), by="customer"),
    "ended": Event(tuple(sorted(ENDINGS))),
}
EVENTS: Mapping[str, Event] = {**{kind.value: Event((kind,)) for kind in Kind}, **_ALIASES}
WORDS = ("event", "by", "public", "changed", "all", "any", "not", "fields")
_LONG_WORDS = ("event", "public", "changed", "fields")


def findings(raw: Anything, about: str, depth: int = 0) -> list[Finding]:
    """What is wrong with a condition; `about` is the key it stands under: `when` and `pause` can not look at records."""
    if depth > MAX_DEPTH:
        return [Finding((), f"conditions nested at most {MAX_DEPTH} deep", "more")]
    if isinstance(raw, str | list) and depth == 0 and about != "when" and (raw or about == "pause"):
        return _value_findings(raw)
    if not isinstance(raw, dict) or not raw:
        example = "{customer: acme}" if about == "when" else "{status: [Waiting]}"
        return [Finding((), f"a condition like {example}", shown(raw))]
    found = _misspelt(raw)
    found += [f.under(key) for key, value in raw.items() for f in _part_findings(key, value, about, depth)]
    return found + _lone_findings(raw)


def condition(raw: Anything) -> Condition:
    """The condition that a checked mapping (or a bare status, or a list of them) says."""
    if raw == []:
        return NEVER
    if isinstance(raw, str | list):
        return Field("status", tuple(raw) if isinstance(raw, list) else (raw,))
    parts = tuple(_parts(raw))
    return parts[0] if len(parts) == 1 else All(parts)


def _parts(raw: Mapping[str, Anything]) -> Iterator[Condition]:
    for key in sorted(raw):  # the order of keys means nothing, so it must not make another version
        if key == "event":
            yield _event(raw)
        elif key not in ("by", "public"):
            yield _MEANINGS.get(key, lambda value, key=key: _field(key, value))(raw[key])


def _event(raw: Mapping[str, Anything]) -> Condition:
    events = [EVENTS[word] for word in _as_list(raw["event"])]
    made = tuple(Event(e.kinds, raw.get("by", e.by), raw.get("public", e.public)) for e in events)
    if all((e.by, e.public) == (made[0].by, made[0].public) for e in made):
        return Event(tuple(kind for e in made for kind in e.kinds), made[0].by, made[0].public)
    return Any(made)


def _field(name: str, value: Anything) -> Condition:
    return Field(name, tuple(_as_list(value)))


def _fields(value: Mapping[str, Anything]) -> Condition:
    return All(tuple(_field(name, wanted) for name, wanted in sorted(value.items())))


_MEANINGS: Mapping[str, Callable[[Anything], Condition]] = {
    "changed": lambda value: _one_of([Changed(name) for name in _as_list(value)]),
    "all": lambda value: All(tuple(map(condition, value))),
    "any": lambda value: Any(tuple(map(condition, value))),
    "not": lambda value: Not(condition(value)),
    "fields": _fields,
}


def _one_of(parts: list[Changed]) -> Condition:
    return parts[0] if len(parts) == 1 else Any(tuple(parts))


def _as_list(value: Anything) -> list[Anything]:
    return value if isinstance(value, list) else [value]


def _part_findings(key: str, value: Anything, about: str, depth: int) -> list[Finding]:
    if key in _RECORD_WORDS:
        if about in ("when", "pause"):
            return [Finding((), "conditions on fields only", f"'{key}'", "a single record can not decide this")]
        return _RECORD_WORDS[key](value)
    match key:
        case "all" | "any":
            return _list_findings(value, about, depth)
        case "not":
            return findings(value, about, depth + 1)
        case "fields":
            return _fields_findings(value)
        case _:
            return _held_findings(value)


def _event_findings(value: Anything) -> list[Finding]:
    if value == []:
        return [Finding((), "an event", shown(value))]
    words = [((n,) if isinstance(value, list) else (), word) for n, word in enumerate(_as_list(value))]
    unknown = [(loc, word) for loc, word in words if not isinstance(word, str) or word not in EVENTS]
    everything = f"known: {', '.join(EVENTS)}"
    return [Finding(loc, "an event", shown(word), meant(word, EVENTS) or everything) for loc, word in unknown]


def _author_findings(value: Anything) -> list[Finding]:
    return [] if value in AUTHORS else [Finding((), listed(AUTHORS), shown(value), meant(value, AUTHORS))]


def _public_findings(value: Anything) -> list[Finding]:
    return [] if isinstance(value, bool) else [Finding((), "true or false", shown(value))]


def _changed_findings(value: Anything) -> list[Finding]:
    names = _as_list(value)
    named = names and all(isinstance(name, str) and name for name in names)
    return [] if named else [Finding((), "the name of a field, or a list of them", shown(value))]


_RECORD_WORDS: Mapping[str, Callable[[Anything], list[Finding]]] = {
    "event": _event_findings,
    "by": _author_findings,
    "public": _public_findings,
    "changed": _changed_findings,
}


def _fields_findings(value: Anything) -> list[Finding]:
    if not isinstance(value, dict) or not value:
        return [Finding((), "a mapping of field names and values", shown(value))]
    return [f.under(name) for name, wanted in value.items() for f in _held_findings(wanted)]


def _held_findings(value: Anything) -> list[Finding]:
    return [Finding((), "at least one value", "none")] if value == [] else _value_findings(value)


def _list_findings(value: Anything, about: str, depth: int) -> list[Finding]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_PARTS:
        return [Finding((), "a list of conditions", shown(value))]
    return [f.under(n) for n, part in enumerate(value) for f in findings(part, about, depth + 1)]


def _value_findings(value: Anything) -> list[Finding]:
    values = _as_list(value)
    if len(values) > MAX_PARTS:
        return [Finding((), f"at most {MAX_PARTS} values", str(len(values)))]
    return [
        Finding((n,) if isinstance(value, list) else (), "a value: text, number, true, false or null", shown(wanted))
        for n, wanted in enumerate(values)
        if isinstance(wanted, dict | list)
    ]


def _misspelt(raw: Mapping[str, Anything]) -> list[Finding]:
    """Keys that would be fields, but look like a word of conditions: an `evnt` would never hold, and nobody would know."""
    near = {key: get_close_matches(key.casefold(), _LONG_WORDS, n=1, cutoff=0.8) for key in raw if key not in WORDS}
    hint = "did you mean '{}'? A field of that name is written {{fields: {{{}: ...}}}}"
    return [
        Finding((key,), "a field or one of " + listed(WORDS), f"'{key}'", hint.format(*words, key))
        for key, words in near.items()
        if words
    ]


def _lone_findings(raw: Mapping[str, Anything]) -> list[Finding]:
    if "event" in raw:
        return []
    hint = "add `event: replied`, or write {fields: {by: ...}} for a field of that name"
    return [Finding((key,), "an event beside it", "none", hint) for key in ("by", "public") if key in raw]
