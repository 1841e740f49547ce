"""The setting that lets an input read what was written through a schema registry."""

import re
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from slamon.service.settings.quantities import Duration
from slamon.service.settings.section import FilePath, Finding, Section, refuse

_ADDRESS = re.compile(r"https?://[^\s@?#]{1,480}")


def _address(given: Any) -> Any:
    """An address without a user in it; what has one is not repeated, for it may be a password."""
    if isinstance(given, str) and not _ADDRESS.fullmatch(given):
        told = {"expected": "an address like https://registry.example.com", "got": "***" if "@" in given else given}
        hint = "a user and password stand in user_file" if "@" in given else None
        raise PydanticCustomError("expected", "{expected}", {**told, "hint": hint})
    return given


class Registry(Section):
    """The schema registry of this input's records: Avro, Protobuf, JSON Schema (docs/registry.md)."""

    url: Annotated[str, BeforeValidator(_address)] = Field(
        description="Address of the registry: `https://registry.example.com`; no user in it."
    )
    user_file: FilePath | None = Field(
        None, description="File of one line `user:password`, for basic authentication; read at each question."
    )
    token_file: FilePath | None = Field(None, description="File of one line, a bearer token; read at each question.")
    ca_file: FilePath | None = Field(None, description="PEM of the authorities to trust; unset: those of the system.")
    timeout: Annotated[int, Duration("100ms", "1m")] = Field(
        "5s", description="Longest wait for an answer; then it is asked again, for as long as it takes."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        found: list[Finding] = []
        if self.user_file and self.token_file:
            found.append(("token_file", "either user_file or token_file", "both", None))
        if self.ca_file and not self.url.startswith("https:"):
            found.append(("ca_file", "nothing without https", str(self.ca_file), None))
        for name in ("user_file", "token_file", "ca_file"):
            path = getattr(self, name)
            if path is not None and not path.is_file():
                found.append((name, "a readable file", str(path), "is the secret mounted?"))
        refuse(found)
        return self
