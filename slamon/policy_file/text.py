"""Forms <-> the canonical text of a policy set: JSON that says the same on every machine, and whose hash is the version."""

import json
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import TZPATH

from slamon.policy_file.calendars import expanded
from slamon.policy_file.forms import API_VERSION
from slamon.policy_file.kinds import CalendarDocument, FormDocument
from slamon.policy_file.yaml_documents import Document

MAX_TEXT_BYTES = 900 * 1024  # one record of the policies topic; brokers take 1 MiB unless told otherwise


def version_of(text: bytes) -> str:
    """The content hash that names a policy set: 16 hex digits."""
    return blake2b(text, digest_size=8).hexdigest()


def canonical(documents: Iterable[FormDocument], now_ms: int) -> bytes:
    """The text: documents in the order of kind and name, defaults left out, holidays as dates, zone data named."""
    forms = sorted(documents, key=lambda document: (document.kind, document.metadata.name))
    held = {key: value for form in forms for key, value in _activation(form).items() if value is not None}
    plain = [_plain(form, now_ms) for form in forms]
    return _json({"apiVersion": API_VERSION, "documents": plain, "tzdata": tzdata_version(), **held})


def documents_of(text: bytes) -> tuple[list[Document], dict[str, Any]]:
    """The documents of a canonical text (without lines) and everything else in it; ValueError if it is none."""
    held = json.loads(text)
    if (
        not isinstance(held, dict)
        or held.get("apiVersion") != API_VERSION
        or not isinstance(held.get("documents"), list)
    ):
        raise ValueError(f"not a policy set of {API_VERSION}")
    documents = [Document(f"document {number}", value) for number, value in enumerate(held.pop("documents"))]
    return documents, held


@cache
def tzdata_version() -> str:
    """The version of the time zone data that `zoneinfo` reads here: the system's before the package's."""
    for folder in map(Path, TZPATH):
        if (folder / "tzdata.zi").is_file():
            with (folder / "tzdata.zi").open(encoding="ascii", errors="replace") as lines:
                return lines.readline().removeprefix("# version ").strip()[:16]
        if (folder / "UTC").is_file():
            return "system"
    return str(import_module("tzdata").IANA_VERSION)


def _activation(form: FormDocument) -> dict[str, str | None]:
    return {"valid_from": form.metadata.valid_from, "apply_to": form.metadata.apply_to}


def _plain(form: FormDocument, now_ms: int) -> dict[str, Any]:
    held = {"metadata": {"valid_from", "apply_to", "description"}}  # of the set, or of no meaning
    plain = form.model_dump(by_alias=True, exclude_defaults=True, exclude=held)
    if isinstance(form, CalendarDocument):
        plain["spec"] = expanded(plain["spec"], now_ms)
    return {"apiVersion": API_VERSION, "kind": form.kind, "metadata": plain["metadata"], "spec": plain.get("spec", {})}


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
