"""What conditions say, as a clause; and whether they hold for a customer of whose tickets nothing else is known."""

from collections.abc import Mapping

from slamon.in_words.language import listed
from slamon.sla.conditions import All, Any, Changed, Condition, Event, Field, Not, same
from slamon.sla.events import Kind, Value

Known = Mapping[str, tuple[Value, ...]]  # a field, and the names any of which it may go by
HAPPENS: Mapping[Kind, str] = {
    Kind.CREATED: "it is opened",
    Kind.REPLIED: "it is answered",
    Kind.RESOLVED: "it is resolved",
    Kind.CLOSED: "it is closed",
}


def judged(condition: Condition | None, known: Known) -> bool | None:
    """True or False where what is known decides it, else None."""
    match condition:
        case None:
            return True
        case Field(name, values):
            if name not in known:
                return None
            return any(same(one, wanted) for one in known[name] for wanted in values)
        case Not(part):
            found = judged(part, known)
            return None if found is None else not found
        case All(parts):
            found_all = [judged(part, known) for part in parts]
            return False if False in found_all else None if None in found_all else True
        case Any(parts):
            found_any = [judged(part, known) for part in parts]
            return True if True in found_any else None if None in found_any else False
    return None


def clause(condition: Condition, known: Known | None = None) -> str:
    """`the status is waiting or pending`; parts that are known to hold are left out."""
    known = known or {}
    match condition:
        case Field(name, values):
            return f"the {name.replace('_', ' ')} is {listed([_value(value) for value in values], 'or')}"
        case Changed(name):
            return f"the {name.replace('_', ' ')} changes"
        case Event():
            return _event(condition)
        case Not(part):
            return f"it is not so that {clause(part, known)}"
        case All(parts):
            return _joined([part for part in parts if judged(part, known) is not True], "and", known)
        case Any(parts):
            return _joined([part for part in parts if judged(part, known) is not False], "or", known)


def _joined(parts: list[Condition], word: str, known: Known) -> str:
    said = [clause(part, known) for part in parts]
    inner = [f"({text})" if isinstance(part, All | Any) and len(said) > 1 else text
             for part, text in zip(parts, said, strict=True)]  # fmt: skip
    return f" {word} ".join(inner) or "always"


def _value(value: Value) -> str:
    return "not set" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _event(event: Event) -> str:
    said = [HAPPENS.get(kind, f"it is {kind.value.replace('_', ' ')}") for kind in event.kinds]
    who = f" by {'an agent' if event.by == 'agent' else f'the {event.by}'}" if event.by else ""
    public = "" if event.public is None else " in public" if event.public else " internally"
    return f"{listed(list(dict.fromkeys(said)), 'or')}{public}{who}"
