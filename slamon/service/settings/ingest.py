"""The setting that opens an input to HTTP, and the secrets that open it: text, or files of one secret a line."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from slamon.service.settings.quantities import Duration, Size
from slamon.service.settings.section import FilePath, Finding, Section, refuse

MAX_FILE_BYTES = 64 * 1024
LEAST_SECRET = 16  # characters: nobody counts wrong guesses here, so they must be hopeless

Scheme = Literal["bearer", "basic", "hmac-sha256", "token", "github", "jira", "pagerduty", "zendesk"]
# Where the proof stands unless the setting says otherwise; a token stands in the address.
USUAL: dict[Scheme, tuple[str, str]] = {
    "bearer": ("Authorization", "Bearer "),
    "basic": ("Authorization", "Basic "),
    "hmac-sha256": ("X-Hub-Signature-256", "sha256="),
    "token": ("", ""),
    "github": ("X-Hub-Signature-256", "sha256="),
    "jira": ("X-Hub-Signature", "sha256="),
    "pagerduty": ("X-PagerDuty-Signature", "v1="),
    "zendesk": ("X-Zendesk-Webhook-Signature", ""),
}
MOVABLE: frozenset[Scheme] = frozenset({"bearer", "hmac-sha256"})  # the header and prefix of all others are a given
STAMPS: dict[Scheme, str] = {"zendesk": "X-Zendesk-Webhook-Signature-Timestamp"}  # signed with the body: how old it is

Secret = Annotated[SecretStr, Field(min_length=LEAST_SECRET, max_length=1024)]


class Ingest(Section):
    """Opens `POST /ingest/NAME` for this input (docs/http.md); without this part there is no such address."""

    scheme: Scheme = Field(
        "bearer",
        description="How a sender proves itself: the secret in a header, a signature of the body as the vendor makes it, or `?token=` in the address.",
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
    max_age: Annotated[int, Duration("5s", "1d")] = Field(
        "5m", description="Older signatures are refused, where the sender signs the time too (zendesk)."
    )
    max_body: Annotated[int, Size("1KiB", "8MiB")] | None = Field(
        None, description="Longer bodies are refused; at most limits.max_record, which it is if unset."
    )

    @model_validator(mode="after")
    def _opens_with_a_secret(self) -> Self:
        found: list[Finding] = [*unreadable_secrets("secret_files", self.secret_files)]
        if not self.secret_files and not self.secrets:
            found.append(("secret_files", "a secret: nobody may post without one", None, "openssl rand -hex 32"))
        if self.scheme not in MOVABLE and (self.header or self.prefix):
            where = USUAL[self.scheme][0] or "the address"
            found.append(("header", f"nothing with {self.scheme}, which stands in {where}", "a header or prefix", None))
        if self.scheme not in STAMPS and "max_age" in self.model_fields_set:
            found.append(("max_age", f"nothing with {self.scheme}, which signs no time", "a span", None))
        refuse(found)
        return self

    @property
    def proof_in(self) -> tuple[str, str]:
        """The header the proof stands in and what precedes it there."""
        header, prefix = USUAL[self.scheme]
        return self.header or header, prefix if self.prefix is None else self.prefix

    @property
    def stamp(self) -> str | None:
        """The header of the time that is signed with the body, if the scheme signs one."""
        return STAMPS.get(self.scheme)


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
