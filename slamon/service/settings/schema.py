"""The shape of the settings, walked once: which keys stand where, which hold secrets, how each is written."""

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from slamon.service.settings.models import Settings
from slamon.service.settings.problems import Path


def section_of(field: FieldInfo) -> type[BaseModel] | None:
    """The section below a field: its own type, or that of the entries of a list."""
    return next(
        (kind for kind in leaves(field.annotation) if isinstance(kind, type) and issubclass(kind, BaseModel)), None
    )


def leaves(annotation: Any) -> Iterator[Any]:
    """The plain types inside an annotation, and what they are annotated with."""
    if get_origin(annotation) in (Union, UnionType, list, Annotated):
        for part in get_args(annotation):
            yield from leaves(part)
    else:
        yield annotation


def walk(
    section: type[BaseModel] = Settings, above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    """Every field in the order it is written, sections before what stands in them; lists add nothing to the path."""
    for name, field in section.model_fields.items():
        yield (*above, name), field
        below = section_of(field)
        if below is not None:
            yield from walk(below, (*above, name))


def is_list(field: FieldInfo) -> bool:
    """Whether the setting is a list of things."""
    return get_origin(field.annotation) is list


def is_section(field: FieldInfo) -> bool:
    """Whether the setting holds further settings, one of each."""
    return section_of(field) is not None and not is_list(field)


def is_secret(field: FieldInfo) -> bool:
    """Whether the value must never be shown."""
    return SecretStr in leaves(field.annotation)


FIELDS: Mapping[tuple[str, ...], FieldInfo] = dict(walk())
# The names of secrets and of what holds them: a section that is text by mistake may hold one too.
SECRETS: frozenset[str] = frozenset(part for path, field in FIELDS.items() if is_secret(field) for part in path)
KNOWN_KEYS: Mapping[Path, tuple[str, ...]] = {
    (): tuple(Settings.model_fields),
    **{path: tuple(below.model_fields) for path, field in FIELDS.items() if (below := section_of(field))},
}
