"""What the forms ask for at a location: reads pydantic's models, so that messages can name keys, words and forms."""

from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from slamon.policy_file.problems import Loc, listed
from slamon.policy_file.words import Word


def wanted(model: type[BaseModel], loc: Loc) -> str:
    """What the model asks for at the location."""
    found = field_at(model, loc)
    word = next((m for m in found.metadata if isinstance(m, Word)), None) if found else None
    if word is not None:
        return word.expected
    words = choices(found)
    return listed([f"'{word}'" for word in words]) if words else "a mapping"


def choices(field: FieldInfo | None) -> list[str]:
    """The words a field takes, none if it takes any."""
    arguments = [get_args(part) or (part,) for part in _parts(field.annotation)] if field else []
    return [word for part in arguments for word in part if isinstance(word, str)]


def keys(annotation: Any) -> list[str]:
    """The keys of a mapping of that type, as they are written."""
    fields = annotation.model_fields if _is_form(annotation) else {}
    return [field.alias or name for name, field in fields.items()]


def field_at(model: type[BaseModel], loc: Loc) -> FieldInfo | None:
    """The field that stands at the location, None if the model knows none there."""
    parent = at(model, loc[:-1])
    if not _is_form(parent):
        return None
    return next((field for name, field in parent.model_fields.items() if (field.alias or name) == loc[-1]), None)


def at(annotation: Any, loc: Loc) -> Any:
    """The type that stands at the location below a type."""
    form = next((part for part in _parts(annotation) if _is_form(part)), None)
    if not loc:
        return form or annotation
    if form is not None:
        field = field_at(form, loc[:1])
        return at(field.annotation, loc[1:]) if field else None
    inner = next((get_args(part)[-1] for part in _parts(annotation) if get_origin(part) in (list, dict)), None)
    return at(inner, loc[1:])


def _parts(annotation: Any) -> list[Any]:
    """The annotation without its metadata, and each member of a union by itself."""
    if hasattr(annotation, "__metadata__"):
        return _parts(annotation.__origin__)
    if get_origin(annotation) in (Union, UnionType):
        return [part for member in get_args(annotation) for part in _parts(member)]
    return [annotation]


def _is_form(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
