"""The settings as YAML with origin and description of each value, and the page of the docs that lists them all."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from slamon.service.settings.environment import VARIABLES
from slamon.service.settings.load import Loaded
from slamon.service.settings.problems import Path as SettingPath
from slamon.service.settings.problems import origin
from slamon.service.settings.quantities import Quantity
from slamon.service.settings.schema import FIELDS, is_list, is_secret, is_section, leaves, section_of

HIDDEN = "***"


def print_config(loaded: Loaded) -> str:
    """Every setting in force as YAML that can be loaded again, with description and origin; secrets are `***`."""
    values = loaded.settings.model_dump(mode="json")
    return "\n".join(_section(values, (), loaded.origins)) + "\n"


def _section(values: Mapping[str, Any], above: tuple[str, ...], origins: Mapping[SettingPath, str]) -> Iterator[str]:
    indent = "  " * len(above)
    for name, value in values.items():
        path = (*above, name)
        field = FIELDS[path]
        yield f"{indent}# {field.description}"
        if is_section(field):
            yield f"{indent}{name}:"
            yield from _section(value, path, origins)
        else:
            yield f"{indent}{name}: {_shown(field, value)}  # {origin(path, origins) or 'default'}"


def _shown(field: FieldInfo, value: Any) -> str:
    """JSON, which is YAML too: no text can turn into a number or a truth value on its way."""
    return json.dumps(HIDDEN if is_secret(field) and value not in (None, []) else value, ensure_ascii=False)


HEAD = """# Settings

Made from `slamon/service/settings/models.py` by `python -m slamon.service.settings`; do not edit.

A worker reads defaults, then the YAML file named by `--config` or `SLAMON_CONFIG`, then the environment.
An unknown key is refused; so is a variable `SLAMON_...` that names no setting. `slamon run --print-config` shows what is in force and where it came from.
Durations are written with their unit (`500ms`, `30s`, `15m`, `4h`, `90d`, `2w`), sizes likewise (`512KiB`, `8MiB`).
"""


def reference() -> str:
    """docs/settings.md."""
    return "\n".join([HEAD, *_table(()), ""])


def _table(above: tuple[str, ...]) -> Iterator[str]:
    rows = {path: field for path, field in FIELDS.items() if path[:-1] == above}
    yield "| setting | variable | default | allowed | what for |"
    yield "|---|---|---|---|---|"
    yield from (_row(path, field) for path, field in rows.items() if not is_section(field))
    for path, field in rows.items():
        below = section_of(field)
        if below is not None:
            yield f"\n## {_heading(path)}\n\n{below.__doc__}\n"
            yield from _table(path)


def _heading(path: tuple[str, ...]) -> str:
    """The path with `[]` behind each list: `inputs[].ingest`."""
    parts = (path[:end] for end in range(1, len(path) + 1))
    return ".".join(f"{part[-1]}[]" if is_list(FIELDS[part]) else part[-1] for part in parts)


def _row(path: tuple[str, ...], field: FieldInfo) -> str:
    name = next((name for name, of in VARIABLES.items() if of == path), None)
    cells = [
        f"`{path[-1]}`",
        f"`{name}`" if name else "file only",
        _default(field),
        _allowed(field),
        field.description or "",
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value == []:
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _allowed(field: FieldInfo) -> str:
    """The bounds of the value in a few words."""
    parts = [*leaves(field.annotation), *field.metadata]
    texts = [f"{part.least} to {part.most}" for part in parts if isinstance(part, Quantity)]
    choices = [", ".join(f"`{choice}`" for choice in get_args(part)) for part in parts if get_origin(part) is Literal]
    least, most = (next((getattr(p, name) for p in parts if hasattr(p, name)), None) for name in ("ge", "le"))
    numbers = [f"{least} to {most}"] if least is not None else []
    kinds = [text for kind, text in KINDS.items() if kind in parts]
    return (texts or choices or numbers or kinds or ["text"])[0] + (", a list" if is_list(field) else "")


KINDS: Mapping[Any, str] = {SecretStr: "secret text", bool: "`true`, `false`", Path: "path"}
