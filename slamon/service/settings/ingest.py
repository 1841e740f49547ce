"""The setting that opens an input to HTTP, and the secrets that open it: text, or files of one secret a line."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from slamon.service.settings.quantities import Size
from slamon.service.settings.section import FilePath, Finding, Section, refuse

MAX_FILE_BYTES = 64 * 1024
LEAST_SECRET = 16  # characters: nobody counts wrong guesses here, so they must be hopeless

Scheme = Literal["bearer", "hmac-sha256", "token"]
# Where the proof stands unless the setting says otherwise; a token stands in the address.
USUAL: dict[Scheme, tuple[str, str]] = {
    "bearer": ("Authorization", "Bearer "),
    "hmac-sha256": ("X-Hub-Signature-256", "sha256="),
    "token": ("", ""),
}

Secret = Annotated[SecretStr, Field(min_length=LEAST_SECRET, max_length=1024)]


class Ingest(Section):
    """Opens `POST /ingest/NAME` for this input (docs/http.md); without this part there is no such address."""

    scheme: Scheme = Field(
        "bearer",
        description="How a sender proves itself: the secret in a header, a signature of the body, or `?token=` in the address.",
    )
    secret_files: list[FilePath] = Field(
        default_factory=list,
        max_length=10,
        description="Files of one secret a line, each of which opens; read again when they change. These or secrets are required.",
    )
    secrets: list[Secret] = Field(
        default_factory=list,
        max_length=10,
        description="Secrets of at least 16 characters, each of which opens; files are better.",
    )
    header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")] | None = Field(
        None, description="Header of the proof; unset: `Authorization`, for hmac-sha256 `X-Hub-Signature-256`."
    )
    prefix: Annotated[str, Field(max_length=50)] | None = Field(
        None,
        description="What stands before the secret or the hex digest; unset: `Bearer` and a space, for hmac-sha256 `sha256=`.",
    )
    max_body: Annotated[int, Size("1KiB", "8MiB")] | None = Field(
        None, description="Longer bodies are refused; at most limits.max_record, which it is if unset."
    )

    @model_validator(mode="after")
    def _opens_with_a_secret(self) -> Self:
        found: list[Finding] = [*unreadable_secrets("secret_files", self.secret_files)]
        if not self.secret_files and not self.secrets:
            found.append(("secret_files", "a secret: nobody may post without one", None, "openssl rand -hex 32"))
        if self.scheme == "token" and (self.header or self.prefix):
            found.append(("header", "nothing with token, which stands in the address", "a header or prefix", None))
        refuse(found)
        return self

    @property
    def proof_in(self) -> tuple[str, str]:
        """The header the proof stands in and what precedes it there."""
        header, prefix = USUAL[self.scheme]
        return self.header or header, prefix if self.prefix is None else self.prefix


def secret_lines(path: Path) -> tuple[bytes, ...]:
    """The secrets of a file, one a line; raises OSError, or ValueError that says what is wrong and repeats nothing."""
    with path.open("rb") as file:
        text = file.read(MAX_FILE_BYTES + 1)
    lines = tuple(line.strip() for line in text.splitlines() if line.strip())
    if not lines or len(text) > MAX_FILE_BYTES:
        raise ValueError(f"expected 1 to {MAX_FILE_BYTES} bytes of secrets, one a line")
    if any(len(line) < LEAST_SECRET for line in lines):
        raise ValueError(f"expected secrets of at least {LEAST_SECRET} characters, one a line")
    return lines


def unreadable_secrets(setting: str, paths: Sequence[Path]) -> Iterator[Finding]:
    """The files of a setting that hold no secrets one can read."""
    for index, path in enumerate(paths):
        try:
            secret_lines(path)
        except OSError as error:
            expected, hint = "a readable file", f"{error.strerror}: is the secret mounted?"
        except ValueError as error:
            expected, hint = str(error).removeprefix("expected "), "openssl rand -hex 32"
        else:
            continue
        yield f"{setting}[{index}]", expected, str(path), hint


def too_large(ingests: Sequence[Ingest | None], max_record: int) -> Iterator[Finding]:
    """What admits bodies that intake would refuse."""
    for index, ingest in enumerate(ingests):
        if ingest is not None and ingest.max_body is not None and ingest.max_body > max_record:
            hint = "what is longer would end in the dead letter"
            yield f"inputs[{index}].ingest.max_body", "at most limits.max_record", f"{ingest.max_body} bytes", hint
