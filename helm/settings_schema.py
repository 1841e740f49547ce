# noqa: INP001  a script beside what it writes, not a package
"""The settings of docs/settings.md as the JSON Schema of the chart's values, made from the models so that it cannot lag behind."""

from collections.abc import Collection
from typing import Any

from pydantic.fields import FieldInfo

from slamon.service.settings.models import Settings
from slamon.service.settings.quantities import Duration, Quantity
from slamon.service.settings.schema import FIELDS, is_list, is_secret, section_of

# The chart decides these itself: folders and port of its containers, the pod's name and address, and secrets by reference.
# Those of `notify` have a place of their own in the values.
SET_BY_THE_CHART = {"policies", "datadir", "http_host", "http_port", "access", "instance_id", "security", "notify"}
SPAN = r"^[0-9]{1,12}(ms|s|m|h|d|w)$"
SIZE = r"^[0-9]{1,12}(B|KiB|MiB|GiB)$"
DROPPED = {"title", "default", "format", "writeOnly"}

Schema = dict[str, Any]


def of_workers() -> Schema:
    """What `settings` takes: the settings file of a worker, without what the chart sets."""
    return _section((), leaving_out=SET_BY_THE_CHART) | {
        "description": "The worker's settings file, docs/settings.md",
        "required": ["bootstrap"],
    }


def of_notify() -> Schema:
    """What `notify.settings` takes: receivers, routes, and addresses of tickets."""
    return _section(("notify",), leaving_out={"http_host", "http_port"}) | {
        "description": "The part `notify` of the settings file, docs/notify.md"
    }


def _section(path: tuple[str, ...], leaving_out: Collection[str] = ()) -> Schema:
    """An object that takes the settings below the path and no others."""
    model = section_of(FIELDS[path]) if path else Settings
    assert model is not None, path
    fields = {name: field for name, field in model.model_fields.items() if name not in leaving_out}
    plain = model.model_json_schema(mode="validation")["properties"]
    made: Schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _setting((*path, name), field, plain[name]) for name, field in fields.items()},
    }
    required = [name for name, field in fields.items() if field.is_required()]
    if "secret_files" in fields:
        required.append("secret_files")  # the only way in that is open here
        made["properties"]["secret_files"]["minItems"] = 1
    return made | ({"required": required} if required else {})


def _setting(path: tuple[str, ...], field: FieldInfo, plain: Schema) -> Schema:
    said = {"description": field.description or ""}
    if is_secret(field):
        return {"type": "array", "maxItems": 0, "description": "Never in a ConfigMap: name files"}
    if section_of(field) is None:
        return _value(field, plain) | said
    below = _section(path)
    if not is_list(field):
        return below | said
    return {
        **{key: plain[key] for key in ("minItems", "maxItems") if key in plain},
        "type": "array",
        "items": below,
    } | said


def _value(field: FieldInfo, plain: Schema) -> Schema:
    quantity = _quantity(field)
    if quantity is not None:
        return {"type": "string", "pattern": SPAN if isinstance(quantity, Duration) else SIZE}
    return _without_null(plain)


def _quantity(field: FieldInfo) -> Quantity | None:
    """How the setting is written, if it is a span or a size; that of an optional one stands within its type."""
    inner = [each for part in getattr(field.annotation, "__args__", ()) for each in getattr(part, "__metadata__", ())]
    return next((each for each in (*field.metadata, *inner) if isinstance(each, Quantity)), None)


def _without_null(plain: Schema) -> Schema:
    """The type as pydantic says it; what may be left out is left out here rather than null."""
    options = [option for option in plain.get("anyOf", ()) if option.get("type") != "null"]
    found = {**plain, **(options[0] if len(options) == 1 else {})}
    kept = {key: value for key, value in found.items() if key not in DROPPED | {"anyOf", "description"}}
    return kept | ({"items": _without_null(kept["items"])} if "items" in kept else {})
