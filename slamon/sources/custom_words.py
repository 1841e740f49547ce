"""What both custom mappings, of tickets and of services, are made of: words, names of fields, parts of a payload."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slamon.sla import record_parts
from slamon.sla.events import InvalidRecord
from slamon.sla.refusals import UNKNOWN_SHAPE, did_you_mean, refusal
from slamon.sla.texts import check_name
from slamon.sources.custom_parts import NOTHING, Compiler, Expression, Table
from slamon.sources.reading import text


@dataclass(frozen=True, slots=True)
class Always:
    """A value that stands in the mapping itself."""

    value: Any

    def __call__(self, payload: Any) -> Any:
        return self.value


Said = Always | Table


def words_of(table: Said) -> set[str] | None:
    """Every word that it can say, or None if that is only known of each payload."""
    if isinstance(table, Always):
        return {str(text(table.value))}
    if not table.rows:
        return None
    return {str(text(value)) for value in (*table.rows.values(), table.default)}


def parts_of(each: Expression | None, payload: Any) -> list[Any]:
    """The records inside a payload, or the payload itself."""
    if each is None:
        return [payload]
    found = each(payload)
    if found is None:
        raise refusal(UNKNOWN_SHAPE, "each", f"'{each.source}' to find records", payload)
    return found if isinstance(found, list) else [found]


def said(compiler: Compiler, path: str, raw: Any, words: tuple[Any, ...], what: str = "") -> Said:
    """One of the words for every record, or a table whose results are such words.

    `what` such a word is, if it can't be whatever an expression finds.
    """
    if _is_word(raw, words):
        return Always(raw)
    known = [str(text(word)) for word in words if word is not None]
    if what and not isinstance(raw, Mapping):
        hint = did_you_mean(raw, known) if isinstance(raw, str) else ""
        compiler.wrong(path, f"{what}, or `value` with a `map` to {what.partition(' ')[2]}s", raw, hint)
        return Always(None)
    table = compiler.table(path, raw)
    results = {f"map.{key}": value for key, value in table.rows.items()}
    results |= {} if table.default is NOTHING else {"default": table.default}
    for place, value in results.items():
        if not _is_word(value, words):
            compiler.wrong(f"{path}.{place}", "one of " + ", ".join(known), value)
    return table


def _is_word(raw: Any, words: tuple[Any, ...]) -> bool:
    """Whether it is one of the words; 1 is not true."""
    return any(raw is word or (isinstance(raw, str) and raw == word) for word in words)


def field_tables(compiler: Compiler, raw: Any) -> dict[str, Table]:
    """A table for each field; a value that stands in no row passes as it is."""
    if not isinstance(raw, Mapping) or len(raw) > record_parts.MAX_FIELDS:
        compiler.wrong("fields", f"a mapping of at most {record_parts.MAX_FIELDS} field names to expressions", raw)
        return {}
    return {
        name_of(compiler, name, "fields"): compiler.table(f"fields.{name}", value, strict=False)
        for name, value in raw.items()
    }


def name_of(compiler: Compiler, name: Any, path: str = "name") -> str:
    """The name itself, or another one beside the problem."""
    try:
        return check_name(path, name)
    except InvalidRecord:
        compiler.wrong(path, "a text of 1 to 256 characters", name)
        return "custom"


def true(found: Any) -> bool:
    """Truth as JMESPath has it: a zero is true."""
    return not (found is None or found is False or (isinstance(found, str | list | dict) and not found))
